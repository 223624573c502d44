-- Makes a key with its first credential and its window, and notes it. No row: there is no such
-- organisation.
-- $1 organisation's id or null, $2 its name if $1 is null, $3 name, $4 scopes, $5 requests a minute,
-- $6 seconds until it expires or null, $7 public id, $8 salt, $9 hash, $10 who does it.
WITH organisation AS (
    SELECT o.org_id, o.name, o.plan, p.integrations
      FROM organisations o
      JOIN plans p ON p.plan = o.plan
     WHERE o.org_id = $1::uuid OR ($1::uuid IS NULL AND o.name = $2::text)
), key AS (
    INSERT INTO api_keys (org_id, name, scopes, requests_per_minute, created_by, expires_at)
    SELECT org_id, $3::text, $4::text[], $5::integer, 'kabaidoctl',
           clock_timestamp() + make_interval(secs => $6::double precision)
      FROM organisation
    RETURNING org_id, key_id, name, scopes, requests_per_minute, created_at, expires_at
), credential AS (
    INSERT INTO credentials (public_id, org_id, key_id, salt, hash)
    SELECT $7::text, org_id, key_id, $8::bytea, $9::bytea
      FROM key
), log AS (
    INSERT INTO key_window (org_id, key_id)
    SELECT org_id, key_id
      FROM key
), noted AS (
    INSERT INTO audit (org_id, actor, action, subject, details)
    SELECT org_id, 'kabaidoctl', 'key.create', 'kbd_live_' || $7::text,
           $10::jsonb || jsonb_build_object('name', name, 'scopes', scopes,
                                            'limit', requests_per_minute,
                                            'expires_at', to_char(expires_at AT TIME ZONE 'UTC',
                                                                  'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
      FROM key
)
SELECT k.key_id AS id, 'kbd_live_' || $7::text AS prefix, k.name, to_jsonb(k.scopes) AS scopes,
       k.requests_per_minute AS "limit", k.created_at, k.expires_at,
       jsonb_build_object('id', o.org_id, 'name', o.name, 'plan', o.plan,
                          'integrations', o.integrations) AS organisation
  FROM key k
  JOIN organisation o ON o.org_id = k.org_id;
