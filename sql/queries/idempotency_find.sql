-- The answer that was given before, for a day. $1 API key, $2 Idempotency-Key.
SELECT encode(request_digest, 'hex') AS digest, status, location, body
  FROM idempotency
 WHERE org_id = current_org_id() AND key_id = $1 AND idempotency_key = $2
   AND created_at > now() - interval '24 hours';
