-- Gives a user a new password, ends their sessions, and notes it. No row: there is no such user.
-- Runs after user_lock. $1 e-mail address, $2 salt, $3 hash, $4 to $6 what scrypt was told: n, r, p,
-- $7 who does it.
WITH changed AS (
    UPDATE users
       SET password_salt = $2::bytea, password_hash = $3::bytea,
           scrypt_n = $4::integer, scrypt_r = $5::integer, scrypt_p = $6::integer
     WHERE lower(email COLLATE "C") = lower($1::text COLLATE "C")
    RETURNING org_id, user_id, email, role, disabled_at
), ended AS (
    DELETE FROM sessions s
     USING changed c
     WHERE s.org_id = c.org_id AND s.user_id = c.user_id
    RETURNING s.user_id
), noted AS (
    INSERT INTO audit (org_id, actor, action, subject, details)
    SELECT org_id, 'kabaidoctl', 'user.set_password', email,
           $7::jsonb || jsonb_build_object('sessions_ended', (SELECT count(*) FROM ended))
      FROM changed
)
SELECT c.user_id AS id, c.email, c.role, c.disabled_at,
       (SELECT count(*) FROM ended) AS sessions_ended,
       jsonb_build_object('id', o.org_id, 'name', o.name, 'plan', o.plan) AS organisation
  FROM changed c
  JOIN organisations o ON o.org_id = c.org_id;
