-- Verify kabaido:api_keys on pg

BEGIN;

SELECT org_id, key_id, name, scopes, requests_per_minute, created_by, created_at, expires_at,
       revoked_at
  FROM api_keys WHERE false;
SELECT public_id, org_id, key_id, salt, hash, created_at, expires_at FROM credentials WHERE false;
SELECT org_id, key_id, admitted, last_at, hour, hour_requests FROM key_window WHERE false;
SELECT org_id, key_id, hour, requests FROM usage_hourly WHERE false;
SELECT 1 / bool_and(relrowsecurity AND relforcerowsecurity)::int FROM pg_class
 WHERE oid IN ('api_keys'::regclass, 'credentials'::regclass, 'key_window'::regclass,
               'usage_hourly'::regclass);

ROLLBACK;
