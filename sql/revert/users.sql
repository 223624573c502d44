-- Revert kabaido:users from pg

BEGIN;

DROP TABLE users;

COMMIT;
