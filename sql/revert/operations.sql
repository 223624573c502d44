-- Revert kabaido:operations from pg

BEGIN;

REVOKE SELECT ON sqitch.changes FROM kabaido_worker;
REVOKE USAGE ON SCHEMA sqitch FROM kabaido_worker;

COMMIT;
