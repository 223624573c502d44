-- Who is signed in, and where. $1 SHA-256 of the session's token.
SELECT jsonb_build_object('id', u.user_id, 'email', u.email, 'role', u.role) AS "user",
       jsonb_build_object('id', o.org_id, 'name', o.name, 'plan', o.plan,
                          'integrations', p.integrations) AS organisation,
       u.role IN ('owner', 'admin') AS may_manage_keys,
       jsonb_build_object(
           'created_at', to_char(s.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           'expires_at', to_char(s.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           'idle_seconds', 1800) AS session
  FROM sessions s
  JOIN users u ON u.org_id = s.org_id AND u.user_id = s.user_id
  JOIN organisations o ON o.org_id = s.org_id
  JOIN plans p ON p.plan = o.plan
 WHERE s.org_id = current_org_id() AND s.token_hash = $1;
