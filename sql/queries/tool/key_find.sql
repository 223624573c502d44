-- The key that a credential is of. $1 the credential's public id.
SELECT CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked'
            WHEN least(k.expires_at, c.expires_at) <= clock_timestamp() THEN 'expired'
            ELSE 'active' END AS status,
       k.key_id AS id, 'kbd_live_' || c.public_id AS prefix, k.name,
       to_jsonb(k.scopes) AS scopes, k.requests_per_minute AS "limit",
       k.created_at, least(k.expires_at, c.expires_at) AS expires_at, k.revoked_at,
       date_trunc('minute', w.last_at) AS last_used_at,
       jsonb_build_object('id', o.org_id, 'name', o.name, 'plan', o.plan,
                          'integrations', p.integrations) AS organisation
  FROM credentials c
  JOIN api_keys k ON k.org_id = c.org_id AND k.key_id = c.key_id
  JOIN key_window w ON w.org_id = k.org_id AND w.key_id = k.key_id
  JOIN organisations o ON o.org_id = k.org_id
  JOIN plans p ON p.plan = o.plan
 WHERE c.public_id = $1::text;
