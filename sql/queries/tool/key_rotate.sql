-- Gives a key a new credential and its former ones an end, and notes it, if the key is still good
-- for anything: status says so. No row: there is no such key. Runs after key_lock.
-- $1 public id of any of its credentials, $2 seconds of grace, $3 new public id, $4 salt, $5 hash,
-- $6 who does it.
WITH key AS (
    SELECT k.org_id, k.key_id, k.name, k.scopes, k.requests_per_minute, k.created_at, k.expires_at,
           CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked'
                WHEN k.expires_at <= clock_timestamp() THEN 'expired'
                ELSE 'active' END AS status
      FROM credentials c
      JOIN api_keys k ON k.org_id = c.org_id AND k.key_id = c.key_id
     WHERE c.public_id = $1::text
), ended AS (
    UPDATE credentials c
       SET expires_at = least(c.expires_at,
                              clock_timestamp() + make_interval(secs => $2::double precision))
      FROM key k
     WHERE k.status = 'active' AND c.org_id = k.org_id AND c.key_id = k.key_id
    RETURNING c.expires_at
), fresh AS (
    INSERT INTO credentials (public_id, org_id, key_id, salt, hash)
    SELECT $3::text, org_id, key_id, $4::bytea, $5::bytea
      FROM key
     WHERE status = 'active'
), noted AS (
    INSERT INTO audit (org_id, actor, action, subject, details)
    SELECT org_id, 'kabaidoctl', 'key.rotate', 'kbd_live_' || $3::text,
           $6::jsonb || jsonb_build_object('name', name, 'previous', 'kbd_live_' || $1::text,
                                           'previous_expires_at',
                                           (SELECT to_char(max(expires_at) AT TIME ZONE 'UTC',
                                                           'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                                              FROM ended))
      FROM key
     WHERE status = 'active'
)
SELECT k.status, k.key_id AS id, 'kbd_live_' || $3::text AS prefix, k.name,
       to_jsonb(k.scopes) AS scopes, k.requests_per_minute AS "limit", k.created_at, k.expires_at,
       (SELECT max(expires_at) FROM ended) AS previous_expires_at,
       jsonb_build_object('id', o.org_id, 'name', o.name, 'plan', o.plan,
                          'integrations', p.integrations) AS organisation
  FROM key k
  JOIN organisations o ON o.org_id = k.org_id
  JOIN plans p ON p.plan = o.plan;
