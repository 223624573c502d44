curl "$KABAIDO_URL/api/v1/requests" \
  -H "Authorization: Bearer $KABAIDO_KEY" \
  -H "Content-Type: application/json" \
  -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" \
  -d '{ "text": "Please quote 40 pieces of EM-1204, delivered to Leeds.", "external_ref": "CRM-5521" }'
