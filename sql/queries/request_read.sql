-- A request's head.
SELECT request_id AS id, title, status, customer_id, external_ref, source, created_at, updated_at
  FROM requests
 WHERE org_id = current_org_id() AND request_id = $1;
