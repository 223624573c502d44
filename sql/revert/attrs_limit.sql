-- Revert kabaido:attrs_limit from pg

BEGIN;

ALTER TABLE products DROP CONSTRAINT products_attrs_at_most_16_kib;

COMMIT;
