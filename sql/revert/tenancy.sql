-- Revert kabaido:tenancy from pg

BEGIN;

DROP TABLE organisations;
DROP TABLE plans;
DROP FUNCTION current_org_id();
DROP DOMAIN short_text;
DROP DOMAIN percentage;
DROP DOMAIN quantity;
DROP DOMAIN calendar_date;
DROP DOMAIN moment;
DROP DOMAIN iso_currency;

ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
REVOKE USAGE ON SCHEMA public
  FROM kabaido_definer, kabaido_worker, kabaido_tool, kabaido_application;
GRANT USAGE ON SCHEMA public TO PUBLIC;

COMMIT;
