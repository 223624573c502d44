-- Revert kabaido:api_keys from pg

BEGIN;

DROP TABLE usage_hourly;
DROP TABLE key_window;
DROP TABLE credentials;
DROP TABLE api_keys;

COMMIT;
