curl "$KABAIDO_URL/api/v1/customers/$CUSTOMER_ID" \
  -H "Authorization: Bearer $KABAIDO_KEY"
