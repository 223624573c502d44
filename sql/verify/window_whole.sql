-- Verify kabaido:window_whole on pg

BEGIN;

SELECT 1 / ('toast_tuple_target=8160' = ANY (reloptions))::int FROM pg_class
 WHERE oid = 'key_window'::regclass;

ROLLBACK;
