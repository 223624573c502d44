-- Verify kabaido:attrs_limit on pg

BEGIN;

SELECT 1 / count(*) FROM pg_constraint
 WHERE conrelid = 'products'::regclass AND conname = 'products_attrs_at_most_16_kib' AND convalidated;

ROLLBACK;
