-- Verify kabaido:changes on pg

BEGIN;

SELECT org_id, at, held_by FROM change_clock WHERE false;
SELECT 1 / (relrowsecurity AND relforcerowsecurity)::int FROM pg_class WHERE oid = 'change_clock'::regclass;
SELECT 1 / (count(*) = 18)::int FROM pg_trigger
 WHERE tgname IN ('take_clock', 'stamp', 'stamp_owner') AND tgenabled = 'O';
SELECT 1 / (count(*) = 10)::int FROM pg_class
 WHERE relkind = 'i' AND relname ~ '^(products|customers|quotes|orders|requests)_(newest|changed|of_category)$';
SELECT 1 / has_function_privilege('kabaido_worker', 'change_time(uuid)', 'EXECUTE')::int;
SELECT 1 / (prosecdef AND proowner = 'kabaido_definer'::regrole)::int
  FROM pg_proc WHERE oid = 'change_time(uuid)'::regprocedure;

ROLLBACK;
