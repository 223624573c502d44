-- Opens an organisation's rows for somebody who has just proved a password, or to note that
-- somebody has not. $1 organisation, $2 user or null.
SELECT set_config('kabaido.org_id', $1::uuid::text, true),
       set_config('kabaido.user_id', coalesce($2::uuid::text, ''), true);
