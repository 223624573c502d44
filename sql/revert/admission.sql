-- Revert kabaido:admission from pg

BEGIN;

DROP FUNCTION admit(uuid, uuid, text, text, boolean);
DROP FUNCTION window_mend(uuid, uuid, timestamptz);
DROP FUNCTION window_take(uuid, uuid, integer, timestamptz);
DROP FUNCTION credential_find(text);

COMMIT;
