-- A page of the customers that contain a term, in the order of their changes, without contacts. It
-- ends early after 5,000 changes, with a row that is not listed but says where the next one begins.
-- $1, $2 the position after which it begins; $3 rows; $4 term.
SELECT c.customer_id AS id, c.company, c.email, c.phone, c.external_id, c.created_at, c.updated_at,
       v.listed AS _listed
  FROM (SELECT *, row_number() OVER (ORDER BY updated_at, customer_id) AS step
          FROM customers
         WHERE org_id = current_org_id()
           AND (updated_at, customer_id) > ($1::timestamptz, $2::uuid)
         ORDER BY updated_at, customer_id
         LIMIT 5000) AS c
  JOIN (VALUES (true), (false)) AS v (listed)
    ON CASE WHEN v.listed THEN coalesce(c.search_text, c.search_long) LIKE search_pattern($4)
            ELSE c.step = 5000 END
 ORDER BY c.updated_at, c.customer_id, v.listed DESC
 LIMIT $3::int;
