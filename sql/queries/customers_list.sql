-- A page of customers, newest first, without contacts.
-- $1, $2 the position after which it begins; $3 rows.
SELECT customer_id AS id, company, email, phone, external_id, created_at, updated_at
  FROM customers
 WHERE org_id = current_org_id()
   AND (created_at, customer_id) < ($1::timestamptz, $2::uuid)
 ORDER BY created_at DESC, customer_id DESC
 LIMIT $3::int;
