curl "$KABAIDO_URL/api/v1/requests/$REQUEST_ID" \
  -H "Authorization: Bearer $KABAIDO_KEY"
