-- A new request with the message that opens it.
-- $1 title; $2 customer or null; $3 external reference or null; $4 text.
WITH opened AS (
    INSERT INTO requests (org_id, title, customer_id, external_ref, source)
    VALUES (current_org_id(), $1, $2, $3, 'api')
    RETURNING request_id, created_at
), message AS (
    INSERT INTO messages (org_id, request_id, position, author, body, created_at)
    SELECT current_org_id(), request_id, 0, 'customer', $4, created_at FROM opened
)
SELECT request_id FROM opened;
