-- How many products the organisation has.
SELECT count(*) FROM products WHERE org_id = current_org_id();
