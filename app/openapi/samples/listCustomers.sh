curl --get "$KABAIDO_URL/api/v1/customers" \
  -H "Authorization: Bearer $KABAIDO_KEY" \
  --data-urlencode 'search=tool' \
  -d limit=20
