-- The customer with an external id, as a page of one, without contacts.
-- $1, $2 the position after which it begins; $3 rows; $4 whether that is one in the order of
-- changes; $5 external id; $6 e-mail or null, in any case.
SELECT customer_id AS id, company, email, phone, external_id, created_at, updated_at
  FROM customers
 WHERE org_id = current_org_id() AND external_id = $5
   AND CASE WHEN $4::boolean THEN (updated_at, customer_id) > ($1::timestamptz, $2::uuid)
            ELSE (created_at, customer_id) < ($1, $2) END
   AND ($6::text IS NULL OR email_folded = lower($6 COLLATE "und-x-icu"))
 LIMIT $3::int;
