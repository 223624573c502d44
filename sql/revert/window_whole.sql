-- Revert kabaido:window_whole from pg

BEGIN;

ALTER TABLE key_window RESET (toast_tuple_target);

COMMIT;
