-- Verify kabaido:users on pg

BEGIN;

SELECT org_id, user_id, email, role, password_salt, password_hash, scrypt_n, scrypt_r, scrypt_p,
       created_at, disabled_at FROM users WHERE false;
SELECT 1 / bool_and(relrowsecurity AND relforcerowsecurity)::int FROM pg_class
 WHERE oid IN ('users'::regclass);

ROLLBACK;
