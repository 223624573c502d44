-- Puts an organisation on a plan, and notes it where that changes anything. No row: there is none.
-- $1 organisation's id or null, $2 its name if $1 is null, $3 plan, $4 who does it.
WITH before AS (
    SELECT org_id, name, plan
      FROM organisations
     WHERE org_id = $1::uuid OR ($1::uuid IS NULL AND name = $2::text)
       FOR NO KEY UPDATE
), changed AS (
    UPDATE organisations o SET plan = $3::text
      FROM before b
     WHERE o.org_id = b.org_id
    RETURNING o.org_id, o.name, o.plan, o.currency, o.created_at, b.plan AS previous_plan
), noted AS (
    INSERT INTO audit (org_id, actor, action, subject, details)
    SELECT org_id, 'kabaidoctl', 'org.set_plan', name,
           $4::jsonb || jsonb_build_object('plan', plan, 'previous_plan', previous_plan)
      FROM changed
     WHERE plan <> previous_plan
)
SELECT org_id AS id, name, plan, previous_plan, currency, created_at
  FROM changed;
