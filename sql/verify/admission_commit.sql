-- Verify kabaido:admission_commit on pg

BEGIN;

SELECT 1 / count(*) FROM pg_proc
 WHERE proname = 'admit' AND prosecdef AND prosrc LIKE '%kabaido.admission_commit%'
   AND pg_get_userbyid(proowner) = 'kabaido_definer'
   AND NOT has_function_privilege('public', oid, 'EXECUTE')
   AND proconfig @> ARRAY['search_path=pg_catalog, public, pg_temp'];

ROLLBACK;
