-- The plans that an organisation can be on.
SELECT plan FROM plans ORDER BY product_limit NULLS LAST, plan;
