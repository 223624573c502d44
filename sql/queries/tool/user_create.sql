-- Makes a user and notes it. No row: there is no such organisation.
-- $1 organisation's id or null, $2 its name if $1 is null, $3 e-mail address, $4 role, $5 salt,
-- $6 hash, $7 to $9 what scrypt was told: n, r, p, $10 who does it.
WITH organisation AS (
    SELECT org_id, name, plan
      FROM organisations
     WHERE org_id = $1::uuid OR ($1::uuid IS NULL AND name = $2::text)
), person AS (
    INSERT INTO users (org_id, email, role, password_salt, password_hash,
                       scrypt_n, scrypt_r, scrypt_p)
    SELECT org_id, $3::text, $4::text, $5::bytea, $6::bytea, $7::integer, $8::integer, $9::integer
      FROM organisation
    RETURNING org_id, user_id, email, role, created_at
), noted AS (
    INSERT INTO audit (org_id, actor, action, subject, details)
    SELECT org_id, 'kabaidoctl', 'user.create', email, $10::jsonb || jsonb_build_object('role', role)
      FROM person
)
SELECT u.user_id AS id, u.email, u.role, u.created_at,
       jsonb_build_object('id', o.org_id, 'name', o.name, 'plan', o.plan) AS organisation
  FROM person u
  JOIN organisation o ON o.org_id = u.org_id;
