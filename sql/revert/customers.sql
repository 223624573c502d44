-- Revert kabaido:customers from pg

BEGIN;

DROP TABLE contacts;
DROP TABLE customers;

COMMIT;
