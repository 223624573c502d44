-- Lets a disabled user sign in again, and notes it, if they are. No row: there is no such user. Runs
-- after user_lock. $1 e-mail address, $2 who does it.
WITH before AS (
    SELECT org_id, user_id, email, role, disabled_at
      FROM users
     WHERE lower(email COLLATE "C") = lower($1::text COLLATE "C")
), changed AS (
    UPDATE users u SET disabled_at = NULL
      FROM before b
     WHERE u.org_id = b.org_id AND u.user_id = b.user_id AND u.disabled_at IS NOT NULL
    RETURNING u.org_id, u.user_id
), noted AS (
    INSERT INTO audit (org_id, actor, action, subject, details)
    SELECT b.org_id, 'kabaidoctl', 'user.enable', b.email,
           $2::jsonb || jsonb_build_object('disabled_at', b.disabled_at)
      FROM before b
      JOIN changed c ON c.org_id = b.org_id AND c.user_id = b.user_id
)
SELECT b.user_id AS id, b.email, b.role, b.disabled_at IS NOT NULL AS changed,
       jsonb_build_object('id', o.org_id, 'name', o.name, 'plan', o.plan) AS organisation
  FROM before b
  JOIN organisations o ON o.org_id = b.org_id;
