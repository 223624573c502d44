-- A customer's contacts, the primary one first.
SELECT contact_id AS id, name, email, phone, is_primary
  FROM contacts
 WHERE org_id = current_org_id() AND customer_id = $1
 ORDER BY is_primary DESC, created_at, contact_id;
