-- Deploy kabaido:operations to pg
-- What a worker may know of the schema itself: which changes are deployed, so that it can say
-- whether it is ready.

BEGIN;

GRANT USAGE ON SCHEMA sqitch TO kabaido_worker;
GRANT SELECT ON sqitch.changes TO kabaido_worker;

COMMIT;
