-- The key that asks: $1 key, $2 public id of the credential that it was proved with.
-- remaining is filled in from the admission.
SELECT 'kbd_live_' || c.public_id AS prefix, k.name, to_jsonb(k.scopes) AS scopes,
       k.requests_per_minute AS "limit", NULL::int AS remaining,
       k.created_at, least(k.expires_at, c.expires_at) AS expires_at,
       date_trunc('minute', w.last_at) AS last_used_at,
       jsonb_build_object('id', o.org_id, 'name', o.name, 'plan', o.plan) AS organisation
  FROM api_keys k
  JOIN credentials c ON c.org_id = k.org_id AND c.key_id = k.key_id AND c.public_id = $2
  JOIN organisations o ON o.org_id = k.org_id
  LEFT JOIN key_window w ON w.org_id = k.org_id AND w.key_id = k.key_id
 WHERE k.org_id = current_org_id() AND k.key_id = $1;
