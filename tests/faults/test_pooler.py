"""PgBouncer between the workers and PostgreSQL, by conf/pgbouncer.ini.example: four workers on two
connections, a transaction at a time; and a session at a time at the end."""

import contextlib
import os
import pwd
import random
import signal
import time

import pytest

from conftest import times
from harness import Crowd, Stack, is_away, keys, program, refused, wait_until
from harness.pooler import Pooler, turn_workers

CONNECTIONS = 2
WORKERS = 4


@pytest.fixture(scope="module")
def stack():
    """One of the module's own, in the place of the one that the other tests share."""
    with Stack(KABAIDO_WORKERS=WORKERS, KABAIDO_PREPARED_STATEMENTS="off") as own:
        yield own


@pytest.fixture(scope="module", autouse=True)
def pooler(stack):
    with Pooler(stack, default_pool_size=CONNECTIONS) as one:
        one.take_workers()
        yield one


def check(stack, pooler, **settings):
    """What kabaido-api --check says through the pooler, without what is well with everything else."""
    done = program.run(stack.files / "bin/kabaido-api", "--check", environment={
        **pooler.environment, "KABAIDO_SOCKET": str(stack.files / "check.sock"),
        "KABAIDO_CURSOR_SECRET": "0" * 32, **settings})
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line.startswith(("FAIL", "ok    pooler"))]


def cut_off(stack):
    stack.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kabaido_worker'",
              user="postgres")


def all_is_well(stack, key, quote):
    with Crowd(stack, WORKERS, quote, key, count=25) as crowd:
        crowd.join()
    assert {seen.status for seen in crowd.seen} == {200}


# --- A transaction at a time -------------------------------------------------------------------


def test_many_workers_share_few_connections(stack, key, quote):
    used = set()
    with Crowd(stack, 2 * WORKERS, quote, key) as crowd:
        crowd.wait_for(50)
        for _ in range(20):
            backends = stack.worker_backends()
            used.update(backends)
            assert len(backends) <= CONNECTIONS
        crowd.wait_for(200)
    assert {seen.status for seen in crowd.seen} == {200}
    assert len(used) == CONNECTIONS and len(stack.worker_pids()) == WORKERS


def test_check_finds_it_well(stack, pooler):
    assert check(stack, pooler, KABAIDO_PREPARED_STATEMENTS="off") \
        == ["ok    pooler: there is one, and statements go without names"]


def test_everything_under_load(stack, recorded):
    """Reads, writes of several round trips, Idempotency-Keys, what is refused: as without it."""
    with recorded("none, through PgBouncer", times(1, 1)) as recorder:
        recorder.wait_for(times(600, 5000))
    assert recorder.failures == []


def test_the_limit_is_as_strict(stack, quote):
    limited = stack.new_key(limit=600)
    with Crowd(stack, 16, quote, limited, count=60) as crowd:
        crowd.join()
    answers = crowd.seen
    within = [seen.status for seen in answers if seen.end < answers[0].start + 60]
    assert set(within) <= {200, 429}
    assert within.count(200) == min(600, len(within))


SELLERS = ["Northfield Tooling", "Atelier Brunel", "青葉ヶ原精工"]


def test_answers_are_not_mixed_up_when_keys_take_turns(stack):
    quotes = {}
    for name, quote_id in stack.sql(
            "SELECT name, quote_id::text FROM quotes JOIN organisations USING (org_id)"):
        quotes.setdefault(name, []).append(quote_id)
    sessions = {seller: stack.session(stack.new_key(org=seller)) for seller in SELLERS}
    for turn in range(20):
        for seller, session in sessions.items():
            own, other = quotes[seller][turn], quotes[SELLERS[SELLERS.index(seller) - 1]][turn]
            answer = session.get(f"{stack.url}/api/v1/quotes/{own}")
            assert answer.status_code == 200 and answer.json()["id"] == own
            assert session.get(f"{stack.url}/api/v1/quotes/{other}").status_code == 404
            assert session.get(f"{stack.url}/api/v1/key").json()["organisation"]["name"] == seller
    for session in sessions.values():
        session.close()


def fail(connection):
    with pytest.raises(Exception, match="division by zero"):
        connection.execute("SELECT 1 / 0")
    connection.execute("ROLLBACK")


@pytest.mark.parametrize("end, is_used_again", [
    pytest.param(lambda connection: connection.execute("COMMIT"), True, id="committed"),
    pytest.param(lambda connection: connection.execute("ROLLBACK"), True, id="taken back"),
    pytest.param(fail, True, id="failed"),
    pytest.param(lambda connection: connection.close(), False, id="left"),
])
def test_no_organisation_is_left_to_the_next_transaction(stack, pooler, end, is_used_again):
    """All connections to PostgreSQL that there are, after a key was admitted on one of them. One whose client
    went in a transaction is closed."""
    public_id = keys.public_id(stack.new_key())
    client = pooler.connect()
    org_id, key_id = client.execute("SELECT org_id, key_id FROM credential_find(%s)",
                                    [public_id]).fetchone()
    client.execute("BEGIN")
    admitted, = client.execute("SELECT verdict FROM admit(%s, %s, %s, 'quotes:read', true)",
                               [org_id, key_id, public_id]).fetchone()
    process, rows = client.execute("SELECT pg_backend_pid(), count(*) FROM quotes").fetchone()
    assert admitted == "admitted" and rows > 0
    end(client)
    client.close()
    seen = {}
    with contextlib.ExitStack() as others:
        for _ in range(CONNECTIONS):
            other = others.enter_context(pooler.connect())
            other.execute("BEGIN")  # until the end, so that the next one is given another connection
            number, *found = other.execute(
                "SELECT pg_backend_pid(), coalesce(current_setting('kabaido.org_id', true), ''), "
                "current_setting('synchronous_commit'), count(*) FROM quotes").fetchone()
            seen[number] = found
    assert list(seen.values()) == [["", "on", 0]] * CONNECTIONS
    assert (process in seen) == is_used_again


def test_the_role_s_timeouts_hold(stack, waiting, key, quote):
    """lock_timeout is 5 s; what waits has its connection for so long, and the others go on."""
    held = waiting(1)
    for _ in range(20):
        assert stack.get("/api/v1/key", key).status_code == 200
    assert held.statuses() == [503]
    assert 4.5 < held.answers[0].elapsed.total_seconds()
    held.let_go()
    all_is_well(stack, key, quote)


def test_moments_are_written_the_same_whatever_the_role_has(stack, pooler, key, quote):
    """Zone and style are asked for by each client, which PgBouncer sees to."""
    before = stack.get(quote, key).content
    settings = {"timezone": "Asia/Tokyo", "datestyle": "German"}
    for name, value in settings.items():
        stack.sql(f"ALTER ROLE kabaido_worker SET {name} = '{value}'", user="postgres")
    try:
        pooler.stop()  # or it would go on telling its clients what it was told before
        pooler.start()
        time.sleep(0.5)
        assert [stack.get(quote, key).content for _ in range(8)] == [before] * 8
        assert check(stack, pooler, KABAIDO_PREPARED_STATEMENTS="off") \
            == ["ok    pooler: there is one, and statements go without names"]
    finally:
        for name in settings:
            stack.sql(f"ALTER ROLE kabaido_worker RESET {name}", user="postgres")
        cut_off(stack)


def test_check_misses_what_only_the_role_can_have(stack, pooler):
    """PgBouncer does not pass libpq's options on."""
    stack.sql("ALTER ROLE kabaido_worker SET bytea_output = 'escape'", user="postgres")
    try:
        cut_off(stack)
        assert check(stack, pooler, KABAIDO_PREPARED_STATEMENTS="off")[0] == (
            "FAIL  session: bytea_output is escape; "
            "ALTER ROLE kabaido_worker SET bytea_output = 'hex'")
    finally:
        stack.sql("ALTER ROLE kabaido_worker SET bytea_output = 'hex'", user="postgres")
        cut_off(stack)


@pytest.fixture
def tool(stack, pooler):
    """Lets PgBouncer's user be the tool as well, and returns how to run it through PgBouncer."""
    map_file = stack.files / "pg/pg_ident.conf"
    former = map_file.read_text()
    user, = {line.split()[1] for line in former.splitlines() if line.endswith(" kabaido_worker")
             and pwd.getpwnam(line.split()[1].strip('"')).pw_uid == pooler.user}
    with map_file.open("a") as lines:
        lines.write(f"kabaido {user} kabaido_tool\n")
    pooler.users.write_text('"kabaido_worker" ""\n"kabaido_tool" ""\n')
    stack.sql("SELECT pg_reload_conf()", user="postgres")
    pooler.reload()
    yield lambda *words: program.run("kabaidoctl", *words, environment={
        **pooler.environment, "PGUSER": "kabaido_tool"})
    map_file.write_text(former)
    pooler.users.write_text('"kabaido_worker" ""\n')
    stack.sql("SELECT pg_reload_conf()", user="postgres")
    pooler.reload()


def test_the_tool_works_through_it(tool):
    """It never gives its statements names, or the second call would meet the first one's."""
    for _ in range(3):
        done = tool("org", "list", "--json")
        assert (done.returncode, done.stderr) == (0, "")
        assert "Northfield Tooling" in done.stdout


# --- What is broken under it -------------------------------------------------------------------


def test_connections_that_were_cut_while_idle_cost_no_request(stack, key, quote):
    all_is_well(stack, key, quote)
    cut_off(stack)
    wait_until(lambda: stack.worker_backends() == [])
    all_is_well(stack, key, quote)


def test_connections_cut_under_load(stack, recorded):
    with recorded("PgBouncer's connection is cut", times(10, 100)) as recorder:
        for _ in range(times(10, 100)):
            time.sleep(random.uniform(0, 0.05))
            stack.sql("SELECT pg_terminate_backend(%s)", [random.choice(stack.worker_backends() or [0])],
                      user="postgres")
            recorder.wait_for(10)
    assert all(map(is_away, recorder.failures))


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgres_stopped_and_started_under_load(stack, recorded, mode):
    """Nobody waits for much longer than query_wait_timeout; it is found again within a few seconds."""
    with recorded(f"PostgreSQL is stopped behind PgBouncer ({mode})", times(1, 10)) as recorder:
        for _ in range(times(1, 10)):
            if mode == "immediate":
                recorder.crashed()
            stack.stop_postgres(mode)
            gone = time.monotonic()
            wait_until(lambda gone=gone: sum(one.start > gone for one in recorder.failures) > 5, 60)
            stack.start_postgres()
            back = time.monotonic()
            time.sleep(5)
            recorder.wait_for(100)
            assert not [failure for failure in recorder.failures if failure.start > back + 5]
    assert recorder.failures and all(map(is_away, recorder.failures))
    assert max(failure.end - failure.start for failure in recorder.failures) < 11


@pytest.fixture
def patience(stack, pooler):
    """All wait longer, so that it does not matter how fast this machine is."""
    pooler.configure(query_wait_timeout=25, default_pool_size=CONNECTIONS)
    pooler.reload()
    turn_workers(stack, KABAIDO_DATABASE_TIMEOUT_MS=28000)
    yield
    pooler.configure(default_pool_size=CONNECTIONS)
    pooler.reload()
    turn_workers(stack, KABAIDO_DATABASE_TIMEOUT_MS=None)


def test_postgres_restarted_while_it_is_paused_costs_no_request(stack, pooler, patience, recorded):
    """What PgBouncer is good for beside saving connections: clients wait, and are told nothing."""
    with recorded("PostgreSQL restarts while PgBouncer is paused", times(1, 10)) as recorder:
        for _ in range(times(1, 10)):
            pooler.command("PAUSE")
            stack.stop_postgres()
            stack.start_postgres()
            pooler.command("RESUME")
            recorder.wait_for(100)
    assert recorder.failures == []


def test_it_is_killed_and_started_under_load(stack, pooler, recorded):
    with recorded("PgBouncer is killed", times(2, 20)) as recorder:
        for _ in range(times(2, 20)):
            pooler.stop(signal.SIGKILL)
            gone = time.monotonic()
            wait_until(lambda gone=gone: sum(one.start > gone for one in recorder.failures) > 20, 30)
            pooler.start()
            back = time.monotonic()
            time.sleep(1)
            recorder.wait_for(100)
            assert not [failure for failure in recorder.failures if failure.start > back + 1]
    assert recorder.failures and all(map(is_away, recorder.failures))


def test_it_is_killed_and_started_while_nobody_asks(stack, pooler, key, quote):
    """Each worker sees its connection go, and the next client does not pay for it."""
    all_is_well(stack, key, quote)
    pooler.stop(signal.SIGKILL)
    pooler.start()
    time.sleep(0.5)
    all_is_well(stack, key, quote)


def test_reloads_lose_no_request(stack, pooler, recorded):
    """The workers', and PgBouncer's own with another number of connections."""
    with recorded("PgBouncer and the workers are reloaded", times(4, 40)) as recorder:
        for number in range(times(4, 40)):
            if number % 2:
                turn_workers(stack)
            else:
                pooler.configure(default_pool_size=CONNECTIONS + 1 - number % 4 // 2)
                pooler.reload()
            recorder.wait_for(50)
    assert recorder.failures == []
    pooler.configure(default_pool_size=CONNECTIONS)
    pooler.reload()


@contextlib.contextmanager
def as_standby(stack):
    """PostgreSQL as a standby of nobody."""
    signal_file = stack.files / "pg/standby.signal"
    stack.stop_postgres()
    signal_file.touch()
    owner = signal_file.parent.stat()
    os.chown(signal_file, owner.st_uid, owner.st_gid)
    stack.start_postgres()
    yield
    stack.stop_postgres()
    signal_file.unlink()
    stack.start_postgres()


def test_it_does_not_tell_a_standby_from_the_primary(stack, pooler, key, quote):
    """libpq, told to look for the one that can be written to, believes PgBouncer, which says what it was told
    by the first server that it met. Nothing is served there, and --check and /readyz tell."""
    pooler.take_workers(PGTARGETSESSIONATTRS="read-write")
    all_is_well(stack, key, quote)
    with as_standby(stack):
        time.sleep(2)
        for _ in range(2 * WORKERS):
            refused(stack.get(quote, key), 503, "unavailable")
        faults = check(stack, pooler, KABAIDO_PREPARED_STATEMENTS="off",
                       PGTARGETSESSIONATTRS="read-write")
        assert faults[0].startswith("FAIL  database: the server is a standby, which cannot write; ")
        assert stack.operate("/readyz").status_code == 503
    time.sleep(2)
    all_is_well(stack, key, quote)
    pooler.take_workers(PGTARGETSESSIONATTRS=None)


# --- What does not go together, and a session at a time ----------------------------------------


def test_named_statements_do_not_go_with_it(stack, pooler, key, quote):
    """They are somebody else's, or nobody's, on the connection that the next transaction is given. --check
    says so, and no answer is wrong."""
    fault, = check(stack, pooler, KABAIDO_PREPARED_STATEMENTS="on")
    assert fault.startswith("FAIL  pooler: it gives each transaction another connection, ")
    before = stack.get(quote, key).content
    turn_workers(stack, KABAIDO_PREPARED_STATEMENTS="on")
    try:
        with Crowd(stack, 2 * WORKERS, quote, key, count=20) as crowd:
            crowd.join()
    finally:
        turn_workers(stack, KABAIDO_PREPARED_STATEMENTS="off")
    assert {seen.status for seen in crowd.seen} == {200, 503}
    assert {seen.body for seen in crowd.seen if seen.status == 200} == {before}
    log = stack.log("api.log")
    assert "26000 prepared statement" in log or "42P05 prepared statement" in log
    all_is_well(stack, key, quote)


@pytest.fixture
def sessions(stack, pooler):
    """The same workers with names, and a connection of PgBouncer's each."""
    pooler.stop()
    pooler.configure(pool_mode="session", default_pool_size=3 * WORKERS)
    pooler.start()
    turn_workers(stack, KABAIDO_PREPARED_STATEMENTS="on")
    yield
    pooler.stop()
    pooler.configure(default_pool_size=CONNECTIONS)
    pooler.start()
    turn_workers(stack, KABAIDO_PREPARED_STATEMENTS="off")


def test_a_session_at_a_time(stack, pooler, sessions, recorded, key, quote):
    """Named statements are good there, also on a connection that another worker had before."""
    assert check(stack, pooler, KABAIDO_PREPARED_STATEMENTS="on") \
        == ["ok    pooler: there is one, and it pools sessions"]
    with recorded("none, through PgBouncer's sessions", times(1, 1)) as recorder:
        recorder.wait_for(times(200, 2000))
        turn_workers(stack)
        recorder.wait_for(100)
        turn_workers(stack)
        recorder.wait_for(100)
    assert recorder.failures == []
    assert len(stack.worker_backends()) >= WORKERS
    cut_off(stack)
    time.sleep(0.5)
    all_is_well(stack, key, quote)
