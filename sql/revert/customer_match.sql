-- Revert kabaido:customer_match from pg

BEGIN;

DROP INDEX customers_by_domain;
DROP INDEX customers_by_email;
ALTER TABLE customers
    DROP COLUMN email_domain,
    DROP COLUMN email_folded;

COMMIT;
