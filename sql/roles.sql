-- The cluster's roles, each with the least that it needs. Run once by a superuser, before the
-- migrations; running it again changes nothing. Passwords, if the operator wants any, are set with
-- \password afterwards. Kept out of the migrations, since roles belong to the whole cluster.

\set ON_ERROR_STOP on

SELECT format('CREATE ROLE %I', role)
  FROM unnest(ARRAY['kabaido_owner', 'kabaido_definer', 'kabaido_worker', 'kabaido_tool',
                    'kabaido_application', 'kabaido_admin']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

-- Owns the tables and runs the migrations. Row security is forced, so it binds the owner as well.
ALTER ROLE kabaido_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- Owns nothing but the functions that must pass row security: the credential by its public id, the
-- admission, the change clock, the searches. Each tests the organisation itself. Nobody can be it.
ALTER ROLE kabaido_definer NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;

-- The API's workers: what row security lets them see of the organisation that was admitted.
ALTER ROLE kabaido_worker LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- kabaidoctl: organisations, users, keys and the audit trail, by policies of its own; no prices.
ALTER ROLE kabaido_tool LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- A group for the login roles of the Kabaido application, which writes quotes and orders.
ALTER ROLE kabaido_application NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- An operator's psql and pg_dump: everything that the owner may, in every organisation.
ALTER ROLE kabaido_admin LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;

GRANT kabaido_definer TO kabaido_owner; -- to give it the functions that the migrations make
GRANT kabaido_owner TO kabaido_admin;
GRANT pg_monitor TO kabaido_admin;

-- A worker waits for nothing long: a request has a deadline, and its locks are short.
ALTER ROLE kabaido_worker SET statement_timeout = '10s';
ALTER ROLE kabaido_worker SET lock_timeout = '5s';
ALTER ROLE kabaido_worker SET idle_in_transaction_session_timeout = '5s';
-- Plans of prepared statements are made once: each of ours is a look-up by a whole key.
ALTER ROLE kabaido_worker SET plan_cache_mode = 'force_generic_plan';
-- As the programs ask for it themselves, unless a pooler is between that does not pass it on.
ALTER ROLE kabaido_worker SET bytea_output = 'hex';
ALTER ROLE kabaido_tool SET bytea_output = 'hex';
ALTER ROLE kabaido_tool SET statement_timeout = '60s';
ALTER ROLE kabaido_tool SET lock_timeout = '10s';
