-- A page of customers, in the order of their changes, without contacts.
-- $1, $2 the position after which it begins; $3 rows.
SELECT customer_id AS id, company, email, phone, external_id, created_at, updated_at
  FROM customers
 WHERE org_id = current_org_id()
   AND (updated_at, customer_id) > ($1::timestamptz, $2::uuid)
 ORDER BY updated_at, customer_id
 LIMIT $3::int;
