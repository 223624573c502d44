-- Verify kabaido:quick_admission on pg

BEGIN;

SELECT base, admitted, share, last_count FROM key_window WHERE false;

SELECT 1 / (attstorage = 'p')::int FROM pg_attribute
 WHERE attrelid = 'key_window'::regclass AND attname = 'admitted';

SELECT 1 / (count(*) = 3)::int FROM pg_trigger
 WHERE tgenabled = 'O'
   AND (tgrelid, tgname) IN (('api_keys'::regclass, 'learn_plan'), ('plans'::regclass, 'tell_keys'),
                             ('organisations'::regclass, 'tell_keys'));

SELECT 1 / (count(*) = 7 AND bool_and(pg_get_userbyid(proowner) = 'kabaido_definer')
            AND bool_and(NOT has_function_privilege('public', oid, 'EXECUTE')))::int
  FROM pg_proc
 WHERE proname IN ('admit', 'api_keys_learn_plan', 'organisations_tell_keys',
                   'plans_tell_keys', 'window_mend', 'window_regroup', 'window_used');

SELECT 1 / count(*) FROM pg_proc
 WHERE proname = 'admit' AND prosecdef
   AND proconfig @> ARRAY['search_path=pg_catalog, public, pg_temp'];

ROLLBACK;
