-- Revert kabaido:search from pg

BEGIN;

DROP FUNCTION customers_search(text, timestamptz, uuid, integer);
DROP FUNCTION customers_containing(uuid, text, integer);
DROP FUNCTION customers_step(uuid, timestamptz, uuid, integer);
DROP FUNCTION customers_walk(uuid, timestamptz, uuid, text, integer, integer);
DROP FUNCTION products_search(text, text, text, integer);
DROP FUNCTION products_containing(uuid, text, integer);
DROP FUNCTION products_step(uuid, text, text, integer);
DROP FUNCTION products_walk(uuid, text, text, text, integer, integer);

REVOKE SELECT (org_id, customer_id, created_at, search_text, search_long) ON customers
  FROM kabaido_definer;
REVOKE SELECT (org_id, sku, category, search_text, search_long) ON products FROM kabaido_definer;

ALTER TABLE customers RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor);
ALTER TABLE products RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor);

DROP INDEX customers_newest;
CREATE INDEX customers_newest ON customers (org_id, created_at, customer_id);
ALTER TABLE products
    DROP CONSTRAINT products_sku_unique,
    ADD CONSTRAINT products_sku_unique UNIQUE (org_id, sku);

-- Their indexes go with them.
ALTER TABLE customers DROP COLUMN search_long, DROP COLUMN search_text;
ALTER TABLE products DROP COLUMN search_long, DROP COLUMN search_text;

DROP FUNCTION search_has_trigrams(text);
DROP FUNCTION search_pattern(text);
DROP FUNCTION search_fold(text);

DROP EXTENSION IF EXISTS btree_gin;
DROP EXTENSION IF EXISTS pg_trgm;

COMMIT;
