-- Which of these rows would make a product's attributes longer than products_attrs_at_most_16_kib
-- lets them be, and how long. $1 places of the rows, $2 SKUs, $3 attributes, $4 further attributes,
-- $5 names of attributes to take away, $6 what was sent: as in products_insert.sql and
-- products_update.sql, which put them together in the same way.
SELECT r.place, octet_length(n.attrs::text) AS size
  FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[])
       AS r (place, sku, attrs, extra, dropped, sent)
  LEFT JOIN products o ON o.org_id = current_org_id() AND o.sku = r.sku COLLATE "C"
 CROSS JOIN LATERAL (
       SELECT (CASE WHEN o.product_id IS NULL OR r.sent & 512 <> 0
                    THEN coalesce(r.attrs, '{}')::jsonb ELSE o.attrs END
               || coalesce(r.extra, '{}')::jsonb)
              - CASE WHEN o.product_id IS NULL OR r.dropped IS NULL THEN '{}'
                     ELSE ARRAY(SELECT jsonb_array_elements_text(r.dropped::jsonb)) END AS attrs) AS n
 WHERE octet_length(n.attrs::text) > 16384;
