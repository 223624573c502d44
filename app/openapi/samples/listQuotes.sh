curl --get "$KABAIDO_URL/api/v1/quotes" \
  -H "Authorization: Bearer $KABAIDO_KEY" \
  -d status=sent \
  -d status=viewed \
  -d limit=10
