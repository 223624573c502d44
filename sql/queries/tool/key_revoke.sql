-- Revokes a key, and notes it, unless that was done before. No row: there is no such key.
-- Runs after key_lock. $1 public id of any of its credentials, $2 who does it.
WITH before AS (
    SELECT k.org_id, k.key_id, k.name, k.revoked_at, n.public_id
      FROM credentials c
      JOIN api_keys k ON k.org_id = c.org_id AND k.key_id = c.key_id
     CROSS JOIN LATERAL (SELECT n.public_id
                           FROM credentials n
                          WHERE n.org_id = k.org_id AND n.key_id = k.key_id
                          ORDER BY n.created_at DESC, n.public_id
                          LIMIT 1) AS n
     WHERE c.public_id = $1::text
), revoked AS (
    UPDATE api_keys k SET revoked_at = clock_timestamp()
      FROM before b
     WHERE k.org_id = b.org_id AND k.key_id = b.key_id AND k.revoked_at IS NULL
    RETURNING k.org_id, k.key_id, k.revoked_at
), noted AS (
    INSERT INTO audit (org_id, actor, action, subject, details)
    SELECT b.org_id, 'kabaidoctl', 'key.revoke', 'kbd_live_' || b.public_id,
           $2::jsonb || jsonb_build_object('name', b.name)
      FROM before b
      JOIN revoked r ON r.org_id = b.org_id AND r.key_id = b.key_id
)
SELECT b.key_id AS id, 'kbd_live_' || b.public_id AS prefix, b.name,
       coalesce(r.revoked_at, b.revoked_at) AS revoked_at, r.revoked_at IS NULL AS was_revoked,
       jsonb_build_object('id', o.org_id, 'name', o.name, 'plan', o.plan) AS organisation
  FROM before b
  JOIN organisations o ON o.org_id = b.org_id
  LEFT JOIN revoked r ON r.org_id = b.org_id AND r.key_id = b.key_id;
