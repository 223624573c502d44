-- Who kabaidoctl is to the database, and whether row security lets that role see organisations.
SELECT current_user AS role,
       pg_has_role(current_user, 'kabaido_tool', 'USAGE')
           OR EXISTS (SELECT FROM pg_roles r
                       WHERE r.rolname = current_user AND (r.rolsuper OR r.rolbypassrls)) AS manages;
