-- Verify kabaido:audit on pg

BEGIN;

SELECT org_id, audit_id, at, actor, action, subject, details, address FROM audit WHERE false;
SELECT 1 / bool_and(relrowsecurity AND relforcerowsecurity)::int FROM pg_class
 WHERE oid IN ('audit'::regclass);

ROLLBACK;
