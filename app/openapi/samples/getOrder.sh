curl "$KABAIDO_URL/api/v1/orders/$ORDER_ID" \
  -H "Authorization: Bearer $KABAIDO_KEY"
