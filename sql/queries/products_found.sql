-- A page of the products that contain a term, by SKU. It may end early: see products_search().
-- $1 the SKU after which it begins; $2 rows; $3 category or null; $4 term.
-- Of the function only SKUs are taken: the rows themselves pass row security here.
SELECT p.product_id AS id, p.sku, p.title, p.title AS name, p.category, p.uom, p.price_minor,
       p.currency, trim_scale(p.stock_qty) AS stock_qty, p.lead_time_days, p.external_id,
       p.schema_id, p.attrs, p.created_at, p.updated_at,
       f.listed AS _listed
  FROM products_search($4, $3, $1, $2::int) AS f
  JOIN products p ON p.org_id = current_org_id() AND p.sku = f.sku
 ORDER BY p.sku, f.listed DESC;
