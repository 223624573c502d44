-- Verify kabaido:requests on pg

BEGIN;

SELECT org_id, request_id, title, status, customer_id, external_ref, source, created_at,
       updated_at FROM requests WHERE false;
SELECT org_id, request_id, message_id, position, author, body, created_at FROM messages WHERE
       false;
SELECT 1 / bool_and(relrowsecurity AND relforcerowsecurity)::int FROM pg_class
 WHERE oid IN ('requests'::regclass, 'messages'::regclass);

ROLLBACK;
