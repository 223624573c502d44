-- Who did what when, newest first. What is null leaves nothing out.
-- $1 organisation's id, $2 its name if $1 is null, $3 actor, $4 action or its noun alone, $5 and $6
-- from: a moment (null: now) and the seconds before it, $7 and $8 until before: likewise, $9 how many.
SELECT a.audit_id AS id, a.at, a.actor, a.action, a.subject, a.details, a.address,
       jsonb_build_object('id', o.org_id, 'name', o.name) AS organisation
  FROM audit a
  JOIN organisations o ON o.org_id = a.org_id
 WHERE ($1::uuid IS NULL OR a.org_id = $1::uuid)
   AND ($2::text IS NULL OR o.name = $2::text)
   AND ($3::text IS NULL OR lower(a.actor) = lower($3::text))
   AND ($4::text IS NULL OR $4::text IN (a.action, split_part(a.action, '.', 1)))
   AND ($6::double precision IS NULL OR
        a.at >= coalesce($5::timestamptz, clock_timestamp())
                - make_interval(secs => $6::double precision))
   AND ($8::double precision IS NULL OR
        a.at < coalesce($7::timestamptz, clock_timestamp())
               - make_interval(secs => $8::double precision))
 ORDER BY a.at DESC, a.audit_id DESC
 LIMIT $9::bigint;
