-- Signs a browser out. $1 SHA-256 of its token.
DELETE FROM sessions
 WHERE org_id = current_org_id() AND token_hash = $1;
