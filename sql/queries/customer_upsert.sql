-- The customer that a client means, with the values that it sent; a new one where there is none.
-- To be run by who holds the change clock: two calls for the same customer then make one.
--
-- $1 company; $2 e-mail, $3 whether it was sent; $4 phone, $5 whether it was sent; $6 external id,
-- $7 whether it was sent; $8 the e-mail's domain in all its spellings, null when it tells nothing
-- about a company; $9 whether a customer that is found takes the values.
--
-- Found by external id, else by domain: the one with this very address, or else the first in the
-- order of the indexes. One that has another external id is another customer.
WITH matched AS MATERIALIZED (
    SELECT coalesce(
        (SELECT customer_id
           FROM customers
          WHERE org_id = current_org_id() AND external_id = $6::text),
        (SELECT first.customer_id
           FROM (SELECT customer_id, external_id
                   FROM customers
                  WHERE org_id = current_org_id() AND $8::text[] IS NOT NULL
                    AND email_folded = lower($2::text COLLATE "und-x-icu") COLLATE "C"
                  ORDER BY external_id IS NOT NULL, created_at, customer_id
                  LIMIT 1) AS first
          WHERE $6 IS NULL OR first.external_id IS NULL),
        (SELECT first.customer_id
           FROM unnest($8) AS spelling
          CROSS JOIN LATERAL (
                 SELECT customer_id, external_id, created_at
                   FROM customers
                  WHERE org_id = current_org_id() AND email_domain = spelling
                  ORDER BY external_id IS NOT NULL, created_at, customer_id
                  LIMIT 1) AS first
          WHERE $6 IS NULL OR first.external_id IS NULL
          ORDER BY first.external_id IS NOT NULL, first.created_at, first.customer_id
          LIMIT 1)) AS customer_id
), changed AS (
    -- A row that says nothing new is no change: nobody has to synchronise it.
    UPDATE customers c
       SET company = $1,
           email = CASE WHEN $3::boolean THEN $2 ELSE c.email END,
           phone = CASE WHEN $5::boolean THEN $4 ELSE c.phone END,
           external_id = CASE WHEN $7::boolean THEN $6 ELSE c.external_id END
      FROM matched m
     WHERE c.org_id = current_org_id() AND c.customer_id = m.customer_id AND $9::boolean
       AND (c.company <> $1
            OR $3 AND c.email IS DISTINCT FROM $2
            OR $5 AND c.phone IS DISTINCT FROM $4
            OR $7 AND c.external_id IS DISTINCT FROM $6)
), added AS (
    INSERT INTO customers (org_id, company, email, phone, external_id)
    SELECT current_org_id(), $1, $2, $4, $6 FROM matched WHERE customer_id IS NULL
    RETURNING customer_id
), reached AS (
    INSERT INTO contacts (org_id, customer_id, email, phone, is_primary)
    SELECT current_org_id(), customer_id, $2, $4, true FROM added
     WHERE num_nonnulls($2, $4) > 0
)
SELECT customer_id FROM added
 UNION ALL
SELECT customer_id FROM matched WHERE customer_id IS NOT NULL;
