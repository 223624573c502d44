-- A request's messages, oldest first.
SELECT message_id AS id, author, body, created_at
  FROM messages
 WHERE org_id = current_org_id() AND request_id = $1
 ORDER BY position;
