-- Products that are there: parameters as in products_insert.sql. What was not sent (the bits of $14:
-- enum product_member) stays; further attributes are added, those of $13 taken away. A row that says
-- nothing new is no change, and nobody has to synchronise it.
UPDATE products p
   SET title = n.title, category = n.category, uom = n.uom, price_minor = n.price_minor,
       currency = n.currency, stock_qty = n.stock_qty, lead_time_days = n.lead_time_days,
       external_id = n.external_id, schema_id = n.schema_id, attrs = n.attrs
  FROM (SELECT o.product_id,
               CASE WHEN r.sent & 1 <> 0 THEN r.title ELSE o.title END AS title,
               CASE WHEN r.sent & 2 <> 0 THEN r.category ELSE o.category END AS category,
               CASE WHEN r.sent & 4 <> 0 THEN r.uom ELSE o.uom END AS uom,
               CASE WHEN r.sent & 8 <> 0 THEN r.price_minor ELSE o.price_minor END AS price_minor,
               r.currency,
               CASE WHEN r.sent & 32 <> 0 THEN r.stock / 10000.0 ELSE o.stock_qty END AS stock_qty,
               CASE WHEN r.sent & 64 <> 0 THEN r.lead_time_days ELSE o.lead_time_days END
                   AS lead_time_days,
               CASE WHEN r.sent & 128 <> 0 THEN r.external_id ELSE o.external_id END AS external_id,
               CASE WHEN r.sent & 256 <> 0 THEN r.schema_id ELSE o.schema_id END AS schema_id,
               (CASE WHEN r.sent & 512 <> 0 THEN coalesce(r.attrs, '{}')::jsonb ELSE o.attrs END
                || coalesce(r.extra, '{}')::jsonb)
               - CASE WHEN r.dropped IS NULL THEN '{}'
                      ELSE ARRAY(SELECT jsonb_array_elements_text(r.dropped::jsonb)) END AS attrs
          FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[],
                      $7::bigint[], $8::integer[], $9::text[], $10::text[], $11::text[],
                      $12::text[], $13::text[], $14::integer[])
               AS r (sku, title, category, uom, price_minor, currency, stock, lead_time_days,
                     external_id, schema_id, attrs, extra, dropped, sent)
          JOIN products o ON o.org_id = current_org_id() AND o.sku = r.sku COLLATE "C") AS n
 WHERE p.org_id = current_org_id() AND p.product_id = n.product_id
   AND (p.title, p.category, p.uom, p.price_minor, p.currency, p.stock_qty, p.lead_time_days,
        p.external_id, p.schema_id, p.attrs)
       IS DISTINCT FROM
       (n.title, n.category, n.uom, n.price_minor, n.currency, n.stock_qty, n.lead_time_days,
        n.external_id, n.schema_id, n.attrs);
