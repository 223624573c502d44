-- A page of the customers with an e-mail address, in any case, without contacts. They are few, and
-- sorted as they are found.
-- $1, $2 the position after which it begins; $3 rows; $4 whether they come in the order of their
-- changes, or newest first; $5 term or null; $6 e-mail.
SELECT customer_id AS id, company, email, phone, external_id, created_at, updated_at
  FROM customers
 WHERE org_id = current_org_id() AND email_folded = lower($6::text COLLATE "und-x-icu") COLLATE "C"
   AND CASE WHEN $4::boolean THEN (updated_at, customer_id) > ($1::timestamptz, $2::uuid)
            ELSE (created_at, customer_id) < ($1, $2) END
   AND ($5::text IS NULL OR coalesce(search_text, search_long) LIKE search_pattern($5))
 ORDER BY CASE WHEN $4 THEN updated_at END, CASE WHEN $4 THEN customer_id END,
          created_at DESC, customer_id DESC
 LIMIT $3::int;
