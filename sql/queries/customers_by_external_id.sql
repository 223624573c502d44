-- The customer with an external id, as a page of one, without contacts.
-- $1, $2 the position after which it begins; $3 rows; $4 whether that is one in the order of
-- changes; $5 term or null; $6 external id; $7 e-mail or null, in any case.
SELECT customer_id AS id, company, email, phone, external_id, created_at, updated_at
  FROM customers
 WHERE org_id = current_org_id() AND external_id = $6
   AND CASE WHEN $4::boolean THEN (updated_at, customer_id) > ($1::timestamptz, $2::uuid)
            ELSE (created_at, customer_id) < ($1, $2) END
   AND ($7::text IS NULL OR email_folded = lower($7 COLLATE "und-x-icu") COLLATE "C")
   AND ($5::text IS NULL OR coalesce(search_text, search_long) LIKE search_pattern($5))
 LIMIT $3::int;
