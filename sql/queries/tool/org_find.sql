-- An organisation by its id ($1) or, where that is null, by its name ($2).
SELECT org_id AS id, name, plan, currency, created_at
  FROM organisations
 WHERE org_id = $1::uuid OR ($1::uuid IS NULL AND name = $2::text);
