-- A page of a customer's quotes, newest first, without lines.
-- $1, $2 the position after which it begins; $3 rows; $4 statuses or null; $5 customer.
SELECT quote_id AS id, number, status, currency,
       subtotal_minor, discount_minor, vat_minor, total_minor,
       valid_until, customer_id, sent_at, decided_at, created_at, updated_at
  FROM quotes
 WHERE org_id = current_org_id() AND customer_id = $5
   AND (created_at, quote_id) < ($1::timestamptz, $2::uuid)
   AND ($4::text[] IS NULL OR status = ANY ($4))
 ORDER BY created_at DESC, quote_id DESC
 LIMIT $3::int;
