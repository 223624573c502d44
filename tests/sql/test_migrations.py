"""The migrations deploy, verify, revert to an empty database, and deploy again."""
import pytest

from cluster import SQL

# Everything that a database can hold of ours, one row a thing; sqitch's own schema left out.
LEFT_BEHIND = {
    "relation": """
        SELECT c.oid::regclass::text, c.relkind::text FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace""",
    "function": """
        SELECT p.oid::regprocedure::text FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace""",
    "type": """
        SELECT t.oid::regtype::text FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace""",
    "policy": "SELECT polname::text, polrelid::regclass::text FROM pg_policy",
    "extension": "SELECT extname::text FROM pg_extension",
    "schema": """
        SELECT nspname::text FROM pg_namespace
         WHERE nspname !~ '^pg_' AND nspname NOT IN ('sqitch', 'information_schema')""",
    "grant on schema public": """
        SELECT grantee::regrole::text, privilege_type, is_grantable
          FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'public'""",
    "default privilege": "SELECT defaclrole::regrole::text, defaclobjtype::text FROM pg_default_acl",
    "setting": "SELECT setdatabase::text, setrole::regrole::text, setconfig::text "
               "FROM pg_db_role_setting WHERE setdatabase <> 0",
}


def inventory(connection):
    return {(kind, *row) for kind, query in LEFT_BEHIND.items() for row in connection.execute(query)}


@pytest.fixture
def empty(cluster):
    return cluster.create_database("migrations")


def test_deploy_verify_revert_to_empty_and_deploy_again(cluster, empty):
    with cluster.connect(empty) as connection:
        before = inventory(connection)
        cluster.sqitch(empty, "deploy")
        first = inventory(connection)
        assert ("relation", "quotes", "r") in first
        cluster.sqitch(empty, "verify")
        cluster.sqitch(empty, "revert", "-y")
        assert inventory(connection) == before
        cluster.sqitch(empty, "deploy")
        assert inventory(connection) == first
        cluster.sqitch(empty, "verify")


def test_each_change_is_reverted_by_its_own_script(cluster, empty):
    """Step by step back and forth: no revert leans on that of a change before or after it."""
    plan = cluster.sqitch(empty, "plan", "--format", "format:%n", "--no-headers").split()
    states = {}
    with cluster.connect(empty) as connection:
        for change in plan:
            states[change] = inventory(connection)
            cluster.sqitch(empty, "deploy", "--to", change)
        for change, before in zip(reversed(plan), [*reversed(plan[:-1]), None]):
            cluster.sqitch(empty, "revert", "-y", *(["--to", before] if before else []))
            assert inventory(connection) == states[change]


def test_a_second_deploy_changes_nothing(cluster, database):
    assert "Nothing to deploy" in cluster.sqitch(database, "deploy")


def test_roles_can_be_made_again(cluster, database):
    roles = """SELECT r.rolname::text, to_jsonb(r) - 'oid', s.setconfig::text FROM pg_roles r
                 LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid AND s.setdatabase = 0
                WHERE r.rolname LIKE 'kabaido%' ORDER BY 1"""
    members = "SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members ORDER BY 1, 2"
    with cluster.connect(database) as connection:
        before = [connection.execute(query).fetchall() for query in (roles, members)]
        cluster.psql(database, SQL / "roles.sql")
        after = [connection.execute(query).fetchall() for query in (roles, members)]
    assert len(before[0]) == 6
    assert after == before


# Limit, what the log held before the change quick_admission (age in seconds, running total), and
# how many requests of the last minute that makes.
LOGS = {
    "Empty000": (3, [], 0),
    "Full0000": (3, [(300, 7), (50, 8), (40, 9), (30, 10)], 3),
    "Roomy000": (600, [(300, 0), (50, 1), (40, 2)], 2),
    "Shared00": (6000, [(300, 100), (50, 110), (40, 120), (30, 123)], 23),
}


def test_the_window_goes_over_into_its_new_form_and_back(cluster):
    """A key that was out of requests before the migration is so after it."""
    name = cluster.create_database("old_window")
    cluster.sqitch(name, "deploy", "--to", "quick_admission^")
    with cluster.connect(name) as connection:
        organisation, = connection.execute(
            "INSERT INTO organisations (name, plan) VALUES ('A', 'team') RETURNING org_id").fetchone()
        for public_id, (limit, log, _) in LOGS.items():
            connection.execute("""
                WITH key AS (INSERT INTO api_keys (org_id, name, scopes, requests_per_minute, created_by)
                             VALUES (%s, 'K', '{quotes:read}', %s, 'A') RETURNING org_id, key_id),
                     log AS (INSERT INTO key_window (org_id, key_id, hour, hour_requests)
                             SELECT org_id, key_id, date_trunc('hour', now(), 'UTC'), 5 FROM key)
                INSERT INTO credentials (public_id, org_id, key_id, salt, hash)
                SELECT %s, org_id, key_id, substr(sha256(''), 1, 16), sha256('') FROM key""",
                [organisation, limit, public_id])
            if log:
                connection.execute("""
                    UPDATE key_window SET totals = %s,
                           admitted = ARRAY(SELECT now() - make_interval(secs => age)
                                              FROM unnest(%s::int[]) AS age)
                     WHERE key_id = (SELECT key_id FROM credentials WHERE public_id = %s)""",
                    [[total for _, total in log], [age for age, _ in log], public_id])

        def left():
            return {public_id: connection.execute("""
                        SELECT verdict, remaining, reset_us > 0 FROM credentials c,
                               admit(c.org_id, c.key_id, c.public_id, 'quotes:read', false)
                         WHERE c.public_id = %s""", [public_id]).fetchone() for public_id in LOGS}

        expected = {public_id: ("admitted", limit - used, used > 0)
                    for public_id, (limit, _, used) in LOGS.items()}
        assert left() == expected
        cluster.sqitch(name, "deploy")
        assert left() == expected
        cluster.sqitch(name, "revert", "-y", "--to", "quick_admission^")
        assert left() == expected
        counted = connection.execute("SELECT sum(hour_requests) FROM key_window").fetchone()
        assert counted == (5 * len(LOGS),)
