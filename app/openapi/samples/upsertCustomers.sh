curl "$KABAIDO_URL/api/v1/customers" \
  -H "Authorization: Bearer $KABAIDO_KEY" \
  -H "Content-Type: application/json" \
  -d '{ "customers": [
        { "company": "Harrow Gears Ltd", "external_id": "C-10077" } ] }'
