-- Gives a key another name or limit, and notes what changed. Runs after key_lock, for a key that is
-- active. $1 key, $2 name or null, $3 requests a minute or null, $4 who does it, $5 from which
-- address or null.
WITH former AS (
    SELECT k.name, k.requests_per_minute, c.public_id
      FROM api_keys k
      JOIN credentials c ON c.org_id = k.org_id AND c.key_id = k.key_id
     WHERE k.org_id = current_org_id() AND k.key_id = $1::uuid
     ORDER BY c.created_at DESC, c.public_id
     LIMIT 1
), changed AS (
    UPDATE api_keys
       SET name = coalesce($2::text, name),
           requests_per_minute = coalesce($3::integer, requests_per_minute)
     WHERE org_id = current_org_id() AND key_id = $1::uuid
       AND (name, requests_per_minute) IS DISTINCT FROM
           (coalesce($2::text, name), coalesce($3::integer, requests_per_minute))
    RETURNING name, requests_per_minute
)
INSERT INTO audit (org_id, actor, action, subject, details, address)
SELECT current_org_id(), $4::text, 'key.update', 'kbd_live_' || f.public_id,
       jsonb_build_object('name', c.name, 'limit', c.requests_per_minute,
                          'former_name', f.name, 'former_limit', f.requests_per_minute), $5::inet
  FROM former f
 CROSS JOIN changed c;
