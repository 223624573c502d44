-- A page of products in the order of their changes.
-- $1, $2 the position after which it begins; $3 rows.
SELECT product_id AS id, sku, title, title AS name, category, uom, price_minor,
       currency, trim_scale(stock_qty) AS stock_qty, lead_time_days, external_id,
       schema_id, attrs, created_at, updated_at
  FROM products
 WHERE org_id = current_org_id() AND (updated_at, product_id) > ($1::timestamptz, $2::uuid)
 ORDER BY updated_at, product_id
 LIMIT $3::int;
