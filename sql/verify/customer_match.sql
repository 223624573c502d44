-- Verify kabaido:customer_match on pg

BEGIN;

SELECT email_folded, email_domain FROM customers WHERE false;
SELECT 1 / (count(*) = 2)::int FROM pg_class
 WHERE relkind = 'i' AND relname IN ('customers_by_email', 'customers_by_domain');

ROLLBACK;
