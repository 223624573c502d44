"""kabaidoctl and its database: how it is found, and what is said when it goes away half-way."""

import threading

import pytest

from harness import program, wait_until


@pytest.fixture
def ctl(stack):
    """Runs the tool itself, without the settings that a stack gives it but for the server's place."""
    def run(*arguments, **environment):
        return program.run(stack.files / "bin/kabaidoctl", *arguments, environment={
            "PGHOST": stack.env["PGHOST"], "PGPORT": stack.env["PGPORT"], **environment})
    return run


def test_role_and_database_need_not_be_said(ctl):
    done = ctl("org", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Northfield Tooling" in done.stdout


@pytest.mark.parametrize("role", ["kabaido_worker", "kabaido_owner"])
def test_a_role_that_is_shown_nothing_is_refused_by_name(ctl, role):
    """An empty list would be taken for the truth."""
    done = ctl("org", "list", PGUSER=role)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("kabaidoctl: row security hides every organisation from the role "
                           f"{role}: set PGUSER to kabaido_tool, or leave it unset\n")


@pytest.mark.parametrize("settings, reason", [
    ({"PGUSER": "nobody_at_all"}, 'Peer authentication failed for user "nobody_at_all"'),
    ({"PGDATABASE": "elsewhere"}, 'database "elsewhere" does not exist'),
    ({"PGSSLMODE": "nonsense"}, 'invalid sslmode value: "nonsense"'),
])
def test_settings_that_lead_nowhere_are_told_in_one_sentence(ctl, settings, reason):
    done = ctl("org", "list", **settings)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert done.stderr.startswith("kabaidoctl: the database cannot be reached: ")
    assert reason in done.stderr


def test_a_database_without_our_schema_is_told_in_one_sentence(ctl):
    done = ctl("org", "list", PGDATABASE="postgres")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert 'relation "organisations" does not exist' in done.stderr


def test_times_and_bytes_do_not_depend_on_the_operators_settings(stack, ctl, org):
    key = stack.new_key(org=org["name"])
    odd = {"PGTZ": "Asia/Tokyo", "PGDATESTYLE": "German",
           "PGOPTIONS": "-c timezone=Asia/Tokyo -c datestyle=German -c bytea_output=escape"}
    plain = ctl("key", "list", "--org", org["id"], "--json")
    assert plain.returncode == 0
    assert ctl("key", "list", "--org", org["id"], "--json", **odd).stdout == plain.stdout
    checked = program.run(stack.files / "bin/kabaidoctl", "key", "check", stdin=key, environment={
        "PGHOST": stack.env["PGHOST"], "PGPORT": stack.env["PGPORT"], **odd})
    assert checked.returncode == 0, checked.stdout


def test_an_answer_that_never_came_is_no_answer(stack, org):
    """The connection goes while a revocation waits for its row: it may have been carried out."""
    prefix = stack.new_key(org=org["name"])[:17]
    results = []
    with stack.connect(autocommit=False) as holder:
        holder.execute("SELECT FROM api_keys WHERE org_id = %s FOR UPDATE", [org["id"]])
        thread = threading.Thread(
            target=lambda: results.append(stack.ctl_run("key", "revoke", prefix)))
        thread.start()
        wait_until(lambda: stack.sql("""
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = 'kabaidoctl' AND wait_event_type = 'Lock'""", user="postgres"))
        thread.join()
    assert results[0].returncode == 1
    assert results[0].stderr.startswith("kabaidoctl: the database was lost before it answered: ")
    assert results[0].stderr.endswith("; look whether the command was carried out\n")


def test_a_row_that_stays_locked_is_not_waited_for_forever(stack, org):
    prefix = stack.new_key(org=org["name"])[:17]
    with stack.connect(autocommit=False) as holder:
        holder.execute("SELECT FROM api_keys WHERE org_id = %s FOR UPDATE", [org["id"]])
        stack.sql("ALTER ROLE kabaido_tool SET lock_timeout = '100ms'", user="postgres")
        try:
            done = stack.ctl_run("key", "revoke", prefix)
        finally:
            stack.sql("ALTER ROLE kabaido_tool SET lock_timeout = '10s'", user="postgres")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("kabaidoctl: the database changed nothing: canceling statement due to "
                           "lock timeout; try again\n")
    assert stack.ctl("key", "list", "--org", org["id"])["keys"][0]["status"] == "active"
