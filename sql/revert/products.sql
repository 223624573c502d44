-- Revert kabaido:products from pg

BEGIN;

DROP TABLE products;

COMMIT;
