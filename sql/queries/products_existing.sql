-- Which of these SKUs are there: place in the array, from 1, and currency. $1 SKUs, null for none.
SELECT r.place::int AS place, p.currency
  FROM unnest($1::text[]) WITH ORDINALITY AS r (sku, place)
  JOIN products p ON p.org_id = current_org_id() AND p.sku = r.sku COLLATE "C";
