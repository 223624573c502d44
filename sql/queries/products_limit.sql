-- What a bulk write of products has to know of the organisation.
SELECT o.currency, p.product_limit
  FROM organisations o
  JOIN plans p ON p.plan = o.plan
 WHERE o.org_id = current_org_id();
