-- A page of a customer's orders in the order of their changes, without lines.
-- They are sorted: a customer has few.
-- $1, $2 the position after which it begins; $3 rows; $4 statuses or null; $5 customer.
SELECT order_id AS id, number, status, quote_id, po_reference, currency,
       subtotal_minor, discount_minor, vat_minor, total_minor,
       customer_id, created_at, updated_at
  FROM orders
 WHERE org_id = current_org_id() AND customer_id = $5
   AND (updated_at, order_id) > ($1::timestamptz, $2::uuid)
   AND ($4::text[] IS NULL OR status = ANY ($4))
 ORDER BY updated_at, order_id
 LIMIT $3::int;
