-- Verify kabaido:idempotency on pg

BEGIN;

SELECT org_id, key_id, idempotency_key, request_digest, created_at, status, location, body
  FROM idempotency WHERE false;
SELECT 1 / bool_and(relrowsecurity AND relforcerowsecurity)::int FROM pg_class
 WHERE oid IN ('idempotency'::regclass);

ROLLBACK;
