-- All organisations with the number of their keys that are good for something.
SELECT o.org_id AS id, o.name, o.plan, p.integrations, o.currency, o.created_at,
       (SELECT count(*)
          FROM api_keys k
         WHERE k.org_id = o.org_id AND k.revoked_at IS NULL
           AND coalesce(k.expires_at > clock_timestamp(), true)) AS active_keys
  FROM organisations o
  JOIN plans p ON p.plan = o.plan
 ORDER BY o.name COLLATE "C";
