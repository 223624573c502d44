-- Makes an organisation and notes it in its audit trail.
-- $1 name, $2 plan, $3 currency, $4 who does it.
WITH organisation AS (
    INSERT INTO organisations (name, plan, currency)
    VALUES ($1::text, $2::text, $3::text)
    RETURNING org_id, name, plan, currency, created_at
), noted AS (
    INSERT INTO audit (org_id, actor, action, subject, details)
    SELECT org_id, 'kabaidoctl', 'org.create', name,
           $4::jsonb || jsonb_build_object('plan', plan, 'currency', currency)
      FROM organisation
)
SELECT org_id AS id, name, plan, currency, created_at
  FROM organisation;
