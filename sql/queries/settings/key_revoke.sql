-- Revokes a key, and notes it, unless that was done before. Runs after key_lock.
-- $1 key, $2 who does it, $3 from which address or null.
WITH revoked AS (
    UPDATE api_keys
       SET revoked_at = clock_timestamp()
     WHERE org_id = current_org_id() AND key_id = $1::uuid AND revoked_at IS NULL
    RETURNING org_id, key_id, name
)
INSERT INTO audit (org_id, actor, action, subject, details, address)
SELECT r.org_id, $2::text, 'key.revoke', 'kbd_live_' || c.public_id,
       jsonb_build_object('name', r.name), $3::inet
  FROM revoked r
 CROSS JOIN LATERAL (SELECT n.public_id
                       FROM credentials n
                      WHERE n.org_id = r.org_id AND n.key_id = r.key_id
                      ORDER BY n.created_at DESC, n.public_id
                      LIMIT 1) AS c;
