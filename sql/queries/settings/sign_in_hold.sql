-- Holds a password that was just proved against whoever sets another; see sessions.sql.
-- $1 organisation, $2 user, $3 the hash that it was proved against.
SELECT sign_in_hold($1, $2, $3);
