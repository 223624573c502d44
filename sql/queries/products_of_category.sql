-- A page of the products of a category, by SKU.
-- $1 the SKU after which it begins; $2 rows; $3 category.
SELECT product_id AS id, sku, title, title AS name, category, uom, price_minor,
       currency, trim_scale(stock_qty) AS stock_qty, lead_time_days, external_id,
       schema_id, attrs, created_at, updated_at
  FROM products
 WHERE org_id = current_org_id() AND category = $3 AND sku > $1
 ORDER BY sku
 LIMIT $2::int;
