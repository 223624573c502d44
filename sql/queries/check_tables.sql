-- The tables that belong to organisations, for kabaido-api --check, and those of them whose row
-- security somebody could get around.
SELECT count(*) AS tables,
       string_agg(c.relname, ', ' ORDER BY c.relname)
           FILTER (WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity)) AS unforced
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
   AND EXISTS (SELECT FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped);
