-- Verify kabaido:products on pg

BEGIN;

SELECT org_id, product_id, sku, title, category, uom, price_minor, currency, stock_qty,
       lead_time_days, external_id, schema_id, attrs, created_at, updated_at FROM products WHERE
       false;
SELECT 1 / bool_and(relrowsecurity AND relforcerowsecurity)::int FROM pg_class
 WHERE oid IN ('products'::regclass);

ROLLBACK;
