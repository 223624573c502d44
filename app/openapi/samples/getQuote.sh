curl "$KABAIDO_URL/api/v1/quotes/$QUOTE_ID" \
  -H "Authorization: Bearer $KABAIDO_KEY"
