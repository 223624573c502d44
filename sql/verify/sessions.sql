-- Verify kabaido:sessions on pg

BEGIN;

SELECT email, org_id, user_id FROM sign_ins WHERE false;
SELECT org_id, token_hash, user_id, created_at, seen_at, expires_at, address FROM sessions
 WHERE false;
SELECT bucket, empty_at FROM sign_in_buckets WHERE false;
SELECT 1 / bool_and(relrowsecurity AND relforcerowsecurity)::int FROM pg_class
 WHERE oid IN ('sign_ins'::regclass, 'sessions'::regclass);
SELECT 1 / (count(*) = 7)::int FROM pg_policy
 WHERE polname IN ('made_by_admins', 'changed_by_admins', 'read_by_admins', 'oneself')
   AND NOT polpermissive
   AND polrelid IN ('api_keys'::regclass, 'credentials'::regclass, 'key_window'::regclass,
                    'audit'::regclass, 'users'::regclass);
SELECT 1 / bool_and(pg_get_userbyid(proowner) = 'kabaido_definer' AND prosecdef)::int FROM pg_proc
 WHERE oid IN ('users_keep_sign_in()'::regprocedure,
               'sign_in_attempt(text, bytea[], integer[], integer[])'::regprocedure,
               'sign_in_refund(bytea[], integer[])'::regprocedure,
               'sign_in_hold(uuid, uuid, bytea)'::regprocedure,
               'session_admit(uuid, bytea, boolean)'::regprocedure);
SELECT current_user_id(), current_user_manages_keys();

ROLLBACK;
