-- Deploy kabaido:window_whole to pg
-- A busy key's row of key_window, up to 7 kB, stays whole. From 2 kB on PostgreSQL would compress it
-- and take it apart with every request, which doubles or triples what an admission costs. A row so
-- large has not always room for its next version on the same page, and is then no HOT update.

BEGIN;

ALTER TABLE key_window SET (toast_tuple_target = 8160);

COMMIT;
