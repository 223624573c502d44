-- A page of the customers that contain a term, newest first, without contacts. It may end early: see
-- customers_search().
-- $1, $2 the position after which it begins; $3 rows; $4 term.
-- Of the function only ids are taken: the rows themselves pass row security here.
SELECT c.customer_id AS id, c.company, c.email, c.phone, c.external_id, c.created_at, c.updated_at,
       f.listed AS _listed
  FROM customers_search($4, $1, $2, $3::int) AS f
  JOIN customers c ON c.org_id = current_org_id() AND c.customer_id = f.customer_id
 ORDER BY c.created_at DESC, c.customer_id DESC, f.listed DESC;
