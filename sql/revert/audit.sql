-- Revert kabaido:audit from pg

BEGIN;

DROP TABLE audit;

COMMIT;
