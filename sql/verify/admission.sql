-- Verify kabaido:admission on pg

BEGIN;

SELECT 1 / (count(*) = 3 AND bool_and(pg_get_userbyid(proowner) = 'kabaido_definer')
            AND bool_and(proconfig @> ARRAY['search_path=pg_catalog, public, pg_temp'])
            AND bool_and(NOT has_function_privilege('public', oid, 'EXECUTE')))::int
  FROM pg_proc
 WHERE proname IN ('admit', 'credential_find', 'window_mend');

ROLLBACK;
