-- An organisation's keys, newest first, each under the prefix of its newest credential.
-- $1 organisation's id or null, $2 its name if $1 is null.
SELECT k.key_id AS id, 'kbd_live_' || c.public_id AS prefix, k.name,
       to_jsonb(k.scopes) AS scopes, k.requests_per_minute AS "limit",
       CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked'
            WHEN k.expires_at <= clock_timestamp() THEN 'expired'
            ELSE 'active' END AS status,
       k.created_by, k.created_at, k.expires_at, k.revoked_at,
       date_trunc('minute', w.last_at) AS last_used_at
  FROM organisations o
  JOIN api_keys k ON k.org_id = o.org_id
  JOIN key_window w ON w.org_id = k.org_id AND w.key_id = k.key_id
 CROSS JOIN LATERAL (SELECT n.public_id
                       FROM credentials n
                      WHERE n.org_id = k.org_id AND n.key_id = k.key_id
                      ORDER BY n.created_at DESC, n.public_id
                      LIMIT 1) AS c
 WHERE o.org_id = $1::uuid OR ($1::uuid IS NULL AND o.name = $2::text)
 ORDER BY k.created_at DESC, k.key_id;
