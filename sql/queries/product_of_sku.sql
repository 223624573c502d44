-- The product with a SKU, as a page of one.
-- $1 SKU; $2 category or null; $3 term or null; $4, $5 the position in the order of changes after
-- which it must be, or null.
SELECT product_id AS id, sku, title, title AS name, category, uom, price_minor,
       currency, trim_scale(stock_qty) AS stock_qty, lead_time_days, external_id,
       schema_id, attrs, created_at, updated_at
  FROM products
 WHERE org_id = current_org_id() AND sku = $1
   AND ($2::text IS NULL OR category = $2)
   AND ($3::text IS NULL OR coalesce(search_text, search_long) LIKE search_pattern($3))
   AND ($4::timestamptz IS NULL OR (updated_at, product_id) > ($4, $5::uuid));
