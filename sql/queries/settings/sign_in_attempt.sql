-- A try to sign in: $1 e-mail address, $2 buckets, $3 tries that each takes at once, $4 seconds in
-- which each gets room for one more.
SELECT retry_seconds, org_id, user_id, email, disabled, salt, hash, n, r, p
  FROM sign_in_attempt($1, $2, $3, $4);
