-- Keeps an answer, and forgets a few that are older than a day.
-- $1 API key, $2 Idempotency-Key, $3 digest in hex, $4 status, $5 location or null, $6 body.
WITH forgotten AS (
    DELETE FROM idempotency i
     USING (SELECT org_id, key_id, idempotency_key
              FROM idempotency
             WHERE org_id = current_org_id() AND created_at < now() - interval '24 hours'
             ORDER BY created_at
             LIMIT 10
               FOR UPDATE SKIP LOCKED) AS old
     WHERE i.org_id = old.org_id AND i.key_id = old.key_id
       AND i.idempotency_key = old.idempotency_key AND i.idempotency_key <> $2)
INSERT INTO idempotency (org_id, key_id, idempotency_key, request_digest, status, location, body)
VALUES (current_org_id(), $1, $2, decode($3, 'hex'), $4, $5, $6)
    ON CONFLICT (org_id, key_id, idempotency_key) DO UPDATE
   SET request_digest = excluded.request_digest, created_at = now(), status = excluded.status,
       location = excluded.location, body = excluded.body;
