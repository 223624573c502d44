-- Keeps a user from signing in, ends their sessions, and notes it, unless that was done before. No
-- row: there is no such user. Runs after user_lock. $1 e-mail address, $2 who does it.
WITH before AS (
    SELECT org_id, user_id, email, role, disabled_at
      FROM users
     WHERE lower(email COLLATE "C") = lower($1::text COLLATE "C")
), ended AS (
    DELETE FROM sessions s
     USING before b
     WHERE s.org_id = b.org_id AND s.user_id = b.user_id
    RETURNING s.user_id
), changed AS (
    UPDATE users u SET disabled_at = clock_timestamp()
      FROM before b
     WHERE u.org_id = b.org_id AND u.user_id = b.user_id AND u.disabled_at IS NULL
    RETURNING u.org_id, u.user_id, u.disabled_at
), noted AS (
    INSERT INTO audit (org_id, actor, action, subject, details)
    SELECT b.org_id, 'kabaidoctl', 'user.disable', b.email,
           $2::jsonb || jsonb_build_object('sessions_ended', (SELECT count(*) FROM ended))
      FROM before b
      JOIN changed c ON c.org_id = b.org_id AND c.user_id = b.user_id
)
SELECT b.user_id AS id, b.email, b.role, coalesce(c.disabled_at, b.disabled_at) AS disabled_at,
       c.disabled_at IS NOT NULL AS changed, (SELECT count(*) FROM ended) AS sessions_ended,
       jsonb_build_object('id', o.org_id, 'name', o.name, 'plan', o.plan) AS organisation
  FROM before b
  JOIN organisations o ON o.org_id = b.org_id
  LEFT JOIN changed c ON c.org_id = b.org_id AND c.user_id = b.user_id;
