-- Revert kabaido:orders from pg

BEGIN;

DROP TABLE order_lines;
DROP TABLE orders;

COMMIT;
