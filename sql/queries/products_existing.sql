-- Which of these SKUs are there: place in the array, from 1, currency, and how long the attributes
-- are. $1 SKUs, null for none.
SELECT r.place::int AS place, p.currency, octet_length(p.attrs::text) AS attrs_size
  FROM unnest($1::text[]) WITH ORDINALITY AS r (sku, place)
  JOIN products p ON p.org_id = current_org_id() AND p.sku = r.sku COLLATE "C";
