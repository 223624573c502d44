-- The admission: verdict, and what is left of the key's strict window.
-- $1 organisation, $2 key, $3 public id, $4 scope or null for any, $5 whether the request counts.
SELECT verdict, quota, remaining, reset_us
  FROM admit($1, $2, $3, $4, $5);
