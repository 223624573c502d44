"""What somebody reaches who has taken over a worker: its connection, and whatever SQL they like.

Row security is asked for by a setting that the worker sets itself, so it binds mistakes and injected
text, not somebody who runs code in a worker. What binds those is what the role is granted: this file
walks through all that PostgreSQL has to offer, and says what is left.
"""
import psycopg
import pytest
from psycopg import errors

import rows

REFUSED = (errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.ObjectNotInPrerequisiteState)


@pytest.fixture(scope="module")
def organisations(superuser):
    return {name: rows.insert_organisation(superuser, name) for name in ("A", "B")}


@pytest.fixture
def worker(connect):
    return connect("kabaido_worker")


def claim(worker, organisation, **settings):
    """Says that an organisation was admitted, as nobody stops a worker from doing."""
    settings = {"org_id": organisation["organisations"]["org_id"], **settings}
    for name, value in settings.items():
        worker.execute("SELECT set_config(%s, %s, false)", [f"kabaido.{name}", str(value)])


# --- The machine that PostgreSQL runs on ------------------------------------------------------

MACHINE = {
    "run a program, to read": "COPY (SELECT 1) TO PROGRAM 'true'",
    "run a program, to write": "COPY pg_temp.mine FROM PROGRAM 'id'",
    "write a file": "COPY (SELECT 1) TO '/tmp/kabaido-worker'",
    "read a file by COPY": "COPY pg_temp.mine FROM '/etc/passwd'",
    "read a file": "SELECT pg_read_file('/etc/passwd')",
    "read a file's bytes": "SELECT pg_read_binary_file('postgresql.auto.conf')",
    "look at a file": "SELECT pg_stat_file('postgresql.conf')",
    "list a folder": "SELECT pg_ls_dir('.')",
    "list the log": "SELECT pg_ls_logdir()",
    "list the write-ahead log": "SELECT pg_ls_waldir()",
    "list temporary files": "SELECT pg_ls_tmpdir()",
    "read the log": "SELECT pg_current_logfile()",
    "make a large object of a file": "SELECT lo_import('/etc/passwd')",
    "make a file of a large object": "SELECT lo_export(1, '/tmp/kabaido-worker')",
    "load a library": "LOAD 'plpgsql'",
    "load a library, anywhere": "LOAD '/tmp/mine.so'",
    "make a function in C": "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE c AS 'libc.so.6', 'getpid'",
    "make a language": "CREATE LANGUAGE plperlu",
    "make a tablespace": "CREATE TABLESPACE mine LOCATION '/tmp'",
    "reach another database server": "CREATE EXTENSION dblink",
    "reach it as a foreign table": "CREATE EXTENSION postgres_fdw",
    "make any extension": "CREATE EXTENSION pageinspect",
    "make a foreign server": "CREATE FOREIGN DATA WRAPPER mine",
    "subscribe to another server": "CREATE SUBSCRIPTION mine CONNECTION 'host=/tmp' PUBLICATION p",
}

# --- The cluster and its settings --------------------------------------------------------------

CLUSTER = {
    "change its settings": "ALTER SYSTEM SET log_statement = 'all'",
    "read them again": "SELECT pg_reload_conf()",
    "turn its log": "SELECT pg_rotate_logfile()",
    "write a restore point": "SELECT pg_create_restore_point('mine')",
    "switch the write-ahead log": "SELECT pg_switch_wal()",
    "begin a backup": "SELECT pg_backup_start('mine')",
    "promote it": "SELECT pg_promote()",
    "make a slot": "SELECT pg_create_physical_replication_slot('mine')",
    "decode the write-ahead log": "SELECT pg_create_logical_replication_slot('mine', 'test_decoding')",
    "write a checkpoint": "CHECKPOINT",
    "reset figures": "SELECT pg_stat_reset()",
    "turn triggers off": "SET session_replication_role = replica",
    "write settings that others log by": "SET log_statement = 'none'",
    "hide from the log": "SET log_min_duration_statement = -1",
    "preload a library": "SET session_preload_libraries = 'mine'",
    "skip row security": "ALTER TABLE quotes DISABLE ROW LEVEL SECURITY",
    "unforce row security": "ALTER TABLE quotes NO FORCE ROW LEVEL SECURITY",
    "add a policy": "CREATE POLICY mine ON quotes USING (true)",
    "drop a policy": "DROP POLICY own ON quotes",
    "add a column": "ALTER TABLE quotes ADD COLUMN mine int",
    "drop a table": "DROP TABLE quotes",
    "put a trigger": "CREATE TRIGGER mine BEFORE INSERT ON products FOR EACH ROW "
                     "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "put a rule": "CREATE RULE mine AS ON SELECT TO quotes DO INSTEAD SELECT 1",
    "watch what is done to the schema": "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION f()",
    "replace the admission": "ALTER FUNCTION admit(uuid, uuid, text, text, boolean) RESET ALL",
    "drop the admission": "DROP FUNCTION admit(uuid, uuid, text, text, boolean)",
    "replace who is meant": "CREATE OR REPLACE FUNCTION public.current_org_id() RETURNS uuid "
                            "LANGUAGE sql RETURN NULL",
    "make a schema": "CREATE SCHEMA mine",
    "make a table": "CREATE TABLE public.mine ()",
    "publish tables": "CREATE PUBLICATION mine FOR TABLE quotes",
    "make a database": "CREATE DATABASE mine",
    "drop the database": "DROP DATABASE postgres",
    "lock a table against all": "BEGIN; LOCK TABLE quotes IN ACCESS EXCLUSIVE MODE",
    "set an organisation for all": "ALTER DATABASE {} SET kabaido.org_id = 'x'",
}

# --- Other roles -------------------------------------------------------------------------------

ROLES = {
    "make a role": "CREATE ROLE mine",
    "become a superuser": "ALTER ROLE kabaido_worker SUPERUSER",
    "pass row security": "ALTER ROLE kabaido_worker BYPASSRLS",
    "give itself a role": "GRANT kabaido_admin TO kabaido_worker",
    "give itself files": "GRANT pg_read_server_files TO kabaido_worker",
    "give others its own": "GRANT kabaido_worker TO kabaido_tool",
    "give itself a table": "GRANT ALL ON users TO kabaido_worker",
    "be another": "SET SESSION AUTHORIZATION kabaido_owner",
    "change another's settings": "ALTER ROLE kabaido_tool SET search_path = pg_temp",
    "set another's password": "ALTER ROLE kabaido_admin PASSWORD 'x'",
    "read passwords": "SELECT * FROM pg_authid",
    "read passwords, the other way": "SELECT * FROM pg_shadow",
    "read who gets in": "SELECT * FROM pg_hba_file_rules",
    "read who is whom": "SELECT * FROM pg_ident_file_mappings",
    "read the settings' files": "SELECT * FROM pg_file_settings",
    "read others' large objects": "SELECT * FROM pg_largeobject",
    "read samples of rows": "SELECT * FROM pg_statistic",
    "read them extended": "SELECT * FROM pg_statistic_ext_data",
    "read other servers' passwords": "SELECT * FROM pg_user_mapping",
    "read subscriptions": "SELECT subconninfo FROM pg_subscription",
}


@pytest.mark.parametrize("wish", [*MACHINE, *CLUSTER, *ROLES])
def test_it_cannot(organisations, database, worker, wish):
    claim(worker, organisations["A"], user_id=organisations["A"]["users"]["user_id"], user_role="owner")
    worker.execute("CREATE TEMPORARY TABLE mine (line text)")
    statement = {**MACHINE, **CLUSTER, **ROLES}[wish].format(database)
    with pytest.raises(REFUSED):
        worker.execute(statement)


def test_it_is_a_member_of_nothing(superuser):
    """Nor of PostgreSQL's own roles, which read files, run programs, end sessions."""
    assert superuser.execute("SELECT rolname::text FROM pg_roles "
                             "WHERE pg_has_role('kabaido_worker', oid, 'MEMBER')").fetchall() \
        == [("kabaido_worker",)]


def test_it_cannot_end_what_others_do(superuser, worker):
    pid, = superuser.execute("SELECT pg_backend_pid()").fetchone()
    for function in ("pg_terminate_backend", "pg_cancel_backend", "pg_log_backend_memory_contexts"):
        with pytest.raises(REFUSED):
            worker.execute(f"SELECT {function}(%s)", [pid])


def test_it_cannot_replicate(cluster, database):
    with pytest.raises(psycopg.OperationalError, match="replication"):
        psycopg.connect(host=str(cluster.directory), dbname=database, user="kabaido_worker",
                        replication="database")


def test_it_does_not_see_what_others_ask(superuser, worker):
    superuser.execute("SELECT 'what the superuser asks'")
    seen = worker.execute("SELECT usename::text, query FROM pg_stat_activity "
                          "WHERE usename <> 'kabaido_worker'").fetchall()
    assert seen and {query for _, query in seen} == {"<insufficient privilege>"}


def test_what_it_may_execute_of_what_postgresql_keeps_from_the_public(superuser):
    """Nothing. What the public has is in PostgreSQL's own care."""
    assert superuser.execute("""
        SELECT oid::regprocedure::text FROM pg_proc
         WHERE pronamespace = 'pg_catalog'::regnamespace AND proacl IS NOT NULL
           AND has_function_privilege('kabaido_worker', oid, 'EXECUTE')
           AND NOT EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0)""").fetchall() == []


# --- Rows --------------------------------------------------------------------------------------


def test_every_table_shows_the_claimed_organisations_rows_at_most(superuser, organisations, worker):
    """Every table and view there is, in every schema, read whole: what belongs to B is nowhere."""
    theirs = {str(value) for table in organisations["B"].values() for name, value in table.items()
              if name.endswith("_id") and len(str(value)) == 36}
    relations = [name for name, in superuser.execute("""
        SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p', 'f')
         AND relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_t')""")]
    assert len(relations) > 150
    superuser.execute("ANALYZE")  # so that there are samples of the rows to be found
    for admitted in (None, organisations["A"]):
        if admitted:
            claim(worker, admitted, user_id=admitted["users"]["user_id"], user_role="owner")
        readable = 0
        for relation in relations:
            try:
                text = str(worker.execute(f"SELECT one::text FROM {relation} AS one").fetchall())
            except REFUSED:
                continue
            readable += 1
            assert not [one for one in theirs if one in text], relation
        assert readable > 100


@pytest.mark.parametrize("statement", [
    "SELECT org_id FROM organisations", "SELECT org_id FROM sessions", "SELECT org_id FROM api_keys",
    "SELECT most_common_vals FROM pg_stats WHERE schemaname = 'public' AND tablename <> 'plans'",
    "SELECT histogram_bounds FROM pg_stats WHERE schemaname = 'public' AND tablename <> 'plans'",
])
def test_organisations_cannot_be_listed(superuser, organisations, worker, statement):
    superuser.execute("ANALYZE")
    assert worker.execute(statement).fetchall() == []


def test_row_security_is_not_turned_off(organisations, worker):
    worker.execute("SET row_security = off")
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        worker.execute("SELECT count(*) FROM quotes")


def test_a_function_of_its_own_sees_no_more(organisations, worker):
    """In pg_temp, where it may make some: leaky, and cheap to the planner, so that it is asked first."""
    claim(worker, organisations["A"])
    worker.execute("CREATE TEMPORARY TABLE seen (org_id uuid)")
    worker.execute("""
        CREATE FUNCTION pg_temp.peek(org_id uuid) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
        BEGIN
            INSERT INTO pg_temp.seen VALUES (org_id);
            RETURN true;
        END $$""")
    worker.execute("SELECT * FROM quotes WHERE pg_temp.peek(org_id)").fetchall()
    assert worker.execute("SELECT DISTINCT org_id FROM seen").fetchall() \
        == [(organisations["A"]["organisations"]["org_id"],)]


# --- What is left: said in docs/security.md as it is here --------------------------------------


def test_what_it_claims_is_believed(organisations, worker):
    """An organisation's id opens its rows, one organisation in a statement, and a signed-in owner may be
    made up: keys can be made, and the trail be written into, but neither it nor records taken back."""
    claim(worker, organisations["A"], user_role="owner")
    assert worker.execute("SELECT DISTINCT org_id FROM quotes").fetchall() \
        == [(organisations["A"]["organisations"]["org_id"],)]
    key_id, = worker.execute("INSERT INTO api_keys (org_id, name, scopes, created_by) VALUES "
                             "(%s, 'mine', '{quotes:read}', 'mine') RETURNING key_id",
                             [organisations["A"]["organisations"]["org_id"]]).fetchone()
    assert key_id
    for statement in ("DELETE FROM audit", "UPDATE audit SET actor = 'nobody'", "DELETE FROM quotes",
                      "DELETE FROM products", "UPDATE orders SET status = 'cancelled'",
                      "UPDATE organisations SET plan = 'business'", "DELETE FROM api_keys"):
        with pytest.raises(errors.InsufficientPrivilege):
            worker.execute(statement)


def test_what_it_looks_up_by_name(organisations, worker):
    """Who knows a key's prefix or a person's address learns the organisation, and the digest that
    proves the secret; never anything by a part of them."""
    key, person = organisations["A"]["credentials"], organisations["A"]["users"]
    assert worker.execute("SELECT org_id FROM credential_find(%s)", [key["public_id"]]).fetchone() \
        == (key["org_id"],)
    for part in (key["public_id"][:-1], "%", "_" * 8, ""):
        found = worker.execute("SELECT org_id FROM credential_find(%s)", [part]).fetchall()
        assert [row for row in found if row[0] is not None] == []
    attempt = "SELECT org_id, hash FROM sign_in_attempt(%s, '{}', '{}', '{}')"
    assert worker.execute(attempt, [person["email"]]).fetchone() \
        == (person["org_id"], person["password_hash"])
    for part in (person["email"][:-1], "%", ""):
        assert worker.execute(attempt, [part]).fetchone() == (None, None)


def test_it_can_take_memory_disk_and_time(worker):
    """Its own time-outs are its own to lift, and temporary tables and large objects have no bound."""
    worker.execute("SET statement_timeout = 0")
    worker.execute("CREATE TEMPORARY TABLE mine AS SELECT generate_series(1, 100)")
    assert worker.execute("SELECT lo_from_bytea(0, %s)", [bytes(100)]).fetchone()
