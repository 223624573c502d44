curl --get "$KABAIDO_URL/api/v1/products" \
  -H "Authorization: Bearer $KABAIDO_KEY" \
  --data-urlencode 'search=end mill' \
  -d limit=20
