-- New products, a column an array: $1 SKU, $2 title, $3 category, $4 unit, $5 price in minor units,
-- $6 currency, $7 stock in ten-thousandths, $8 lead time, $9 external id, $10 schema, $11 attributes,
-- $12 further attributes, $13 names of attributes to take away (none here), $14 what was sent.
-- To be run by who holds the change clock and has seen that the SKUs are not there.
INSERT INTO products (org_id, sku, title, category, uom, price_minor, currency, stock_qty,
                      lead_time_days, external_id, schema_id, attrs)
SELECT current_org_id(), r.sku, r.title, r.category, r.uom, r.price_minor, r.currency,
       r.stock / 10000.0, r.lead_time_days, r.external_id, r.schema_id,
       CASE WHEN r.extra IS NULL THEN coalesce(r.attrs, '{}')::jsonb
            ELSE coalesce(r.attrs, '{}')::jsonb || r.extra::jsonb END
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[],
              $7::bigint[], $8::integer[], $9::text[], $10::text[], $11::text[], $12::text[],
              $13::text[], $14::integer[])
       AS r (sku, title, category, uom, price_minor, currency, stock, lead_time_days, external_id,
             schema_id, attrs, extra, dropped, sent);
