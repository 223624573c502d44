curl --get "$KABAIDO_URL/api/v1/orders" \
  -H "Authorization: Bearer $KABAIDO_KEY" \
  -d updated_since=2026-06-01T00:00:00Z \
  -d limit=200
