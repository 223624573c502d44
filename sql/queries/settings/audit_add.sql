-- Notes what somebody did. $1 who, $2 what, $3 to what, $4 details, $5 from which address or null.
INSERT INTO audit (org_id, actor, action, subject, details, address)
VALUES (current_org_id(), $1, $2, $3, $4::jsonb, $5::inet);
