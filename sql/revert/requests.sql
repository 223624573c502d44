-- Revert kabaido:requests from pg

BEGIN;

DROP TABLE messages;
DROP TABLE requests;

COMMIT;
