-- Revert kabaido:sessions from pg

BEGIN;

DROP POLICY oneself ON users;
DROP POLICY read_by_admins ON audit;
DROP POLICY made_by_admins ON key_window;
DROP POLICY changed_by_admins ON credentials;
DROP POLICY made_by_admins ON credentials;
DROP POLICY changed_by_admins ON api_keys;
DROP POLICY made_by_admins ON api_keys;
REVOKE SELECT (org_id, user_id, email, role, created_at, disabled_at),
       UPDATE (password_salt, password_hash, scrypt_n, scrypt_r, scrypt_p) ON users FROM kabaido_worker;
REVOKE SELECT ON users FROM kabaido_definer;
REVOKE SELECT, INSERT (org_id, actor, action, subject, details, address) ON audit FROM kabaido_worker;
REVOKE INSERT (org_id, key_id) ON key_window FROM kabaido_worker;
REVOKE INSERT (public_id, org_id, key_id, salt, hash), UPDATE (expires_at)
    ON credentials FROM kabaido_worker;
REVOKE INSERT (org_id, name, scopes, requests_per_minute, created_by, expires_at),
       UPDATE (name, requests_per_minute, revoked_at) ON api_keys FROM kabaido_worker;

DROP FUNCTION session_admit(uuid, bytea, boolean);
DROP FUNCTION sign_in_refund(bytea[], integer[]);
DROP FUNCTION sign_in_hold(uuid, uuid, bytea);
DROP FUNCTION sign_in_attempt(text, bytea[], integer[], integer[]);
DROP TRIGGER keep_sign_in ON users;
DROP FUNCTION users_keep_sign_in();
DROP TABLE sign_in_buckets;
DROP TABLE sessions;
DROP TABLE sign_ins;
DROP FUNCTION current_user_manages_keys();
DROP FUNCTION current_user_id();

COMMIT;
