-- The users of an organisation, each with the number of browsers that are signed in.
-- $1 organisation's id or null, $2 its name if $1 is null.
SELECT u.user_id AS id, u.email, u.role,
       CASE WHEN u.disabled_at IS NULL THEN 'active' ELSE 'disabled' END AS status,
       (SELECT count(*)
          FROM sessions s
         WHERE s.org_id = u.org_id AND s.user_id = u.user_id AND s.expires_at > clock_timestamp()
           AND s.seen_at > clock_timestamp() - interval '30 minutes') AS sessions,
       u.created_at, u.disabled_at
  FROM organisations o
  JOIN users u ON u.org_id = o.org_id
 WHERE o.org_id = $1::uuid OR ($1::uuid IS NULL AND o.name = $2::text)
 ORDER BY lower(u.email) COLLATE "C";
