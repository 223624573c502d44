-- Notes a wrong password in the organisation that session_enter opened; nothing where that is none.
-- $1 the user's e-mail address, $2 the browser's address or null.
INSERT INTO audit (org_id, actor, action, subject, address)
SELECT org_id, $1::text, 'user.sign_in_failed', $1::text, $2::inet
  FROM organisations
 WHERE org_id = current_org_id();
