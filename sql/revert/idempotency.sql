-- Revert kabaido:idempotency from pg

BEGIN;

DROP TABLE idempotency;

COMMIT;
