-- Signs a person out of every browser.
DELETE FROM sessions
 WHERE org_id = current_org_id() AND user_id = current_user_id();
