-- Verify kabaido:tenancy on pg

BEGIN;

SELECT plan, integrations, product_limit FROM plans WHERE false;
SELECT org_id, name, plan, currency, created_at FROM organisations WHERE false;
SELECT 1 / (count(*) = 3)::int FROM plans WHERE plan IN ('free', 'team', 'business');
SELECT current_org_id();
SELECT 'GBP'::iso_currency, now()::moment, '2026-07-01'::calendar_date, 1::quantity, 0::percentage;
SELECT 1 / (relrowsecurity AND relforcerowsecurity)::int FROM pg_class
 WHERE oid = 'organisations'::regclass;

ROLLBACK;
