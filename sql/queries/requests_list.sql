-- A page of requests, newest first, without messages.
-- $1, $2 the position after which it begins; $3 rows; $4 statuses or null.
SELECT request_id AS id, title, status, customer_id, external_ref, source, created_at, updated_at
  FROM requests
 WHERE org_id = current_org_id()
   AND (created_at, request_id) < ($1::timestamptz, $2::uuid)
   AND ($4::text[] IS NULL OR status = ANY ($4))
 ORDER BY created_at DESC, request_id DESC
 LIMIT $3::int;
