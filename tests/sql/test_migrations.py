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
