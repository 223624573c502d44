curl --get "$KABAIDO_URL/api/v1/requests" \
  -H "Authorization: Bearer $KABAIDO_KEY" \
  -d status=open
