-- Verify kabaido:customers on pg

BEGIN;

SELECT org_id, customer_id, company, email, phone, external_id, created_at, updated_at
  FROM customers WHERE false;
SELECT org_id, contact_id, customer_id, name, email, phone, is_primary, created_at
  FROM contacts WHERE false;
SELECT 1 / bool_and(relrowsecurity AND relforcerowsecurity)::int FROM pg_class
 WHERE oid IN ('customers'::regclass, 'contacts'::regclass);

ROLLBACK;
