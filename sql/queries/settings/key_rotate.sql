-- Gives a key a new credential and its former ones an end, and notes it. Runs after key_lock, for a
-- key that is active. $1 key, $2 seconds of grace, $3 new public id, $4 salt, $5 hash, $6 who does it,
-- $7 from which address or null.
WITH newest AS (
    SELECT c.public_id, k.name
      FROM api_keys k
      JOIN credentials c ON c.org_id = k.org_id AND c.key_id = k.key_id
     WHERE k.org_id = current_org_id() AND k.key_id = $1::uuid
     ORDER BY c.created_at DESC, c.public_id
     LIMIT 1
), ended AS (
    UPDATE credentials
       SET expires_at = least(expires_at,
                              clock_timestamp() + make_interval(secs => $2::double precision))
     WHERE org_id = current_org_id() AND key_id = $1::uuid
    RETURNING public_id, expires_at
), fresh AS (
    INSERT INTO credentials (public_id, org_id, key_id, salt, hash)
    VALUES ($3::text, current_org_id(), $1::uuid, $4::bytea, $5::bytea)
)
INSERT INTO audit (org_id, actor, action, subject, details, address)
SELECT current_org_id(), $6::text, 'key.rotate', 'kbd_live_' || $3::text,
       jsonb_build_object('name', n.name, 'previous', 'kbd_live_' || n.public_id,
                          'previous_expires_at', to_char(e.expires_at AT TIME ZONE 'UTC',
                                                         'YYYY-MM-DD"T"HH24:MI:SS"Z"')), $7::inet
  FROM newest n
  JOIN ended e ON e.public_id = n.public_id;
