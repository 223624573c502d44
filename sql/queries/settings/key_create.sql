-- Makes a key with its first credential and its window, and notes it. No row: it would have expired.
-- $1 name, $2 scopes, $3 requests a minute, $4 when it expires or null, $5 public id, $6 salt,
-- $7 hash, $8 who does it, $9 from which address or null.
WITH key AS (
    INSERT INTO api_keys (org_id, name, scopes, requests_per_minute, created_by, expires_at)
    SELECT current_org_id(), $1::text, $2::text[], $3::integer, $8::text, $4::timestamptz
     WHERE $4::timestamptz IS NULL OR $4::timestamptz > clock_timestamp()
    RETURNING org_id, key_id, name, scopes, requests_per_minute, expires_at
), credential AS (
    INSERT INTO credentials (public_id, org_id, key_id, salt, hash)
    SELECT $5::text, org_id, key_id, $6::bytea, $7::bytea
      FROM key
), log AS (
    INSERT INTO key_window (org_id, key_id)
    SELECT org_id, key_id
      FROM key
), noted AS (
    INSERT INTO audit (org_id, actor, action, subject, details, address)
    SELECT org_id, $8::text, 'key.create', 'kbd_live_' || $5::text,
           jsonb_build_object('name', name, 'scopes', scopes, 'limit', requests_per_minute,
                              'expires_at', to_char(expires_at AT TIME ZONE 'UTC',
                                                    'YYYY-MM-DD"T"HH24:MI:SS"Z"')), $9::inet
      FROM key
)
SELECT key_id FROM key;
