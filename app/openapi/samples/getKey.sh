curl "$KABAIDO_URL/api/v1/key" \
  -H "Authorization: Bearer $KABAIDO_KEY"
