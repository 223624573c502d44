-- A page of the audit trail, newest first. $1 the position before which it begins, $2 rows; filters,
-- each null for any: $3 who, $4 what, $5 to what (a part of the text), $6 since, $7 until.
SELECT audit_id AS id, at, actor, action, subject, details, host(address) AS address
  FROM audit
 WHERE org_id = current_org_id() AND audit_id < $1::bigint
   AND ($3::text IS NULL OR strpos(lower(actor), lower($3)) > 0)
   AND ($4::text IS NULL OR action = $4)
   AND ($5::text IS NULL OR strpos(lower(subject), lower($5)) > 0)
   AND ($6::timestamptz IS NULL OR at >= $6)
   AND ($7::timestamptz IS NULL OR at < $7)
 ORDER BY audit_id DESC
 LIMIT $2::integer;
