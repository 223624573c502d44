-- A customer's head.
SELECT customer_id AS id, company, email, phone, external_id, created_at, updated_at
  FROM customers
 WHERE org_id = current_org_id() AND customer_id = $1;
