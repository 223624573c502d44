-- A page of the products of a category, or that contain a term, in the order of their changes. It
-- ends early after 5,000 changes, with a row that is not listed but says where the next one begins.
-- $1, $2 the position after which it begins; $3 rows; $4 category or null; $5 term or null.
SELECT p.product_id AS id, p.sku, p.title, p.title AS name, p.category, p.uom, p.price_minor,
       p.currency, trim_scale(p.stock_qty) AS stock_qty, p.lead_time_days, p.external_id,
       p.schema_id, p.attrs, p.created_at, p.updated_at,
       v.listed AS _listed
  FROM (SELECT *, row_number() OVER (ORDER BY updated_at, product_id) AS step
          FROM products
         WHERE org_id = current_org_id() AND (updated_at, product_id) > ($1::timestamptz, $2::uuid)
         ORDER BY updated_at, product_id
         LIMIT 5000) AS p
  JOIN (VALUES (true), (false)) AS v (listed)
    ON CASE WHEN v.listed
            THEN ($4::text IS NULL OR p.category = $4)
                 AND ($5::text IS NULL
                      OR coalesce(p.search_text, p.search_long) LIKE search_pattern($5))
            ELSE p.step = 5000 END
 ORDER BY p.updated_at, p.product_id, v.listed DESC
 LIMIT $3::int;
