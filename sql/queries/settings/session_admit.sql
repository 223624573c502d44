-- The admission of a signed-in browser: $1 organisation, $2 SHA-256 of its token, $3 whether it takes
-- an owner or an admin. Opens the organisation's rows to the rest of the transaction.
SELECT verdict, user_id, email, role, integrations
  FROM session_admit($1, $2, $3);
