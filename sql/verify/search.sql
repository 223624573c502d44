-- Verify kabaido:search on pg

BEGIN;

SELECT search_text, search_long FROM products WHERE false;
SELECT search_text, search_long FROM customers WHERE false;
SELECT 1 / (search_pattern('Größe 100%_\') = '%grösse 100\%\_\\%')::int;
SELECT 1 / (count(*) = 8)::int FROM pg_proc
 WHERE proname ~ '^(products|customers)_(walk|step|containing|search)$'
   AND proowner = 'kabaido_definer'::regrole
   AND NOT has_function_privilege('public', oid, 'EXECUTE');
SELECT 1 / (count(*) = 2)::int FROM pg_proc
 WHERE proname ~ '^(products|customers)_search$' AND prosecdef
   AND has_function_privilege('kabaido_worker', oid, 'EXECUTE');
SELECT 1 / (count(*) = 4)::int FROM pg_class
 WHERE relkind = 'i' AND relname ~ '^(products|customers)_search(_long)?$';

ROLLBACK;
