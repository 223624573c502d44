-- Revert kabaido:quotes from pg

BEGIN;

DROP TABLE quote_lines;
DROP TABLE quotes;

COMMIT;
