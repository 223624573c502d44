-- Signs a browser in. $1 SHA-256 of its token, $2 its address or null.
INSERT INTO sessions (org_id, token_hash, user_id, address)
VALUES (current_org_id(), $1, current_user_id(), $2::inet);
