-- Signs a browser in, and forgets the person's sessions that have ended by themselves.
-- $1 SHA-256 of its token, $2 its address or null.
WITH ended AS (
    DELETE FROM sessions
     WHERE org_id = current_org_id() AND user_id = current_user_id()
       AND (expires_at <= clock_timestamp() OR seen_at <= clock_timestamp() - interval '30 minutes')
)
INSERT INTO sessions (org_id, token_hash, user_id, address)
VALUES (current_org_id(), $1, current_user_id(), $2::inet);
