-- The connection, for kabaido-api --check: where it leads, as whom, whether row security and the
-- timeouts would hold, and whether it is told what it asked for.
SELECT current_setting('server_version') AS version,
       current_setting('server_version_num')::int AS version_number,
       current_database() AS database,
       current_user AS role,
       pg_is_in_recovery() AS standby,
       (SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname)
          FROM pg_roles r
         WHERE (r.rolsuper OR r.rolbypassrls)
           AND pg_has_role(current_user, r.oid, 'MEMBER')) AS bypassing,
       (SELECT string_agg(c.relname, ', ' ORDER BY c.relname)
          FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
           AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owned,
       (SELECT string_agg(DISTINCT c.relname, ', ' ORDER BY c.relname)
          FROM pg_policy p
          JOIN pg_class c ON c.oid = p.polrelid
         WHERE p.polpermissive -- the others only take away
           AND EXISTS (SELECT FROM unnest(p.polroles) AS r (role)
                        WHERE r.role <> 0 AND pg_has_role(current_user, r.role, 'MEMBER')))
           AS exempt,
       EXISTS (SELECT FROM pg_proc f
                WHERE f.pronamespace = 'public'::regnamespace AND f.proname = 'admit'
                  AND NOT has_function_privilege(f.oid, 'EXECUTE')) AS admits_nobody,
       current_setting('statement_timeout') AS statement_timeout,
       current_setting('lock_timeout') AS lock_timeout,
       current_setting('idle_in_transaction_session_timeout')
           AS idle_in_transaction_session_timeout,
       current_setting('timezone') AS timezone,
       current_setting('datestyle') AS datestyle,
       current_setting('bytea_output') AS bytea_output,
       pg_backend_pid() AS process;
