"""PostgreSQL stopped, started, cut off, busy or frozen: 503 while it lasts, and nothing afterwards."""

import contextlib
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from conftest import times
from harness import Tenant, is_away, refused, wait_until


def cut_off(stack):
    stack.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
              "WHERE usename = 'kabaido_worker'", user="postgres")


def remaining(stack, key):
    """What is left of the key's limit; asking does not count."""
    answer = stack.get("/api/v1/key", key)
    assert answer.status_code == 200
    return answer.json()["remaining"]


# --- Away -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_stopped_and_started_under_load(stack, recorded, mode):
    """immediate is a crash: the counts of half a second may go with it, and nothing else."""
    workers = stack.worker_pids()
    with recorded(f"PostgreSQL is stopped ({mode})", times(2, 20)) as recorder:
        for _ in range(times(2, 20)):
            if mode == "immediate":
                recorder.crashed()
            stack.stop_postgres(mode)
            gone = time.monotonic()
            wait_until(lambda gone=gone: sum(one.start > gone for one in recorder.failures) > 20, 30)
            begins = time.monotonic()
            assert recorder.count(gone, begins) == 0, "served without a database"
            stack.start_postgres()
            back = time.monotonic()
            time.sleep(1)
            recorder.wait_for(100)
            assert not [failure for failure in recorder.failures if failure.start > back + 1]
    assert recorder.failures and all(map(is_away, recorder.failures))
    assert stack.worker_pids() == workers


def test_while_it_is_away_nobody_waits_long_and_no_worker_is_lost(stack, key, quote):
    """A worker that begins while the database is away serves when it comes back."""
    stack.stop_postgres()
    try:
        killed = stack.worker_pids()[0]
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: killed not in stack.worker_pids() and len(stack.worker_pids()) == 4, 30)
        workers = stack.worker_pids()
        for _ in range(8):
            for path in (quote, "/api/v1/key"):
                answer = stack.get(path, key)
                refused(answer, 503, "unavailable")
                assert answer.headers["Retry-After"] == "1"
                assert answer.elapsed.total_seconds() < 10
        # What needs no database is answered as ever.
        refused(stack.get("/api/v1/key"), 401, "missing_key")
        refused(stack.get("/api/v1/nothing", key), 404, "not_found")
    finally:
        stack.start_postgres()
    time.sleep(1)
    assert {stack.get(quote, key).status_code for _ in range(20)} == {200}
    assert stack.worker_pids() == workers


def test_a_connection_that_was_cut_while_idle_costs_no_request(stack, key, quote, busy):
    """The worker notices by itself; the next client does not pay for it."""
    with busy():
        pass  # every worker has a connection
    workers = stack.worker_pids()
    cut_off(stack)
    wait_until(lambda: stack.worker_backends() == [])
    time.sleep(0.5)
    with busy() as crowd:
        crowd.wait_for(100)
    assert {seen.status for seen in crowd.seen} == {200}
    assert stack.worker_pids() == workers


def test_a_connection_that_is_cut_in_a_request_costs_that_request(stack, workers, waiting, key, quote):
    workers(patience=20)
    pids = stack.worker_pids()
    held = waiting(3)
    cut_off(stack)
    assert held.statuses() == [503] * 3
    for answer in held.answers:
        refused(answer, 503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
    held.let_go()
    assert [stack.get(quote, key).status_code for _ in range(8)] == [200] * 8
    assert stack.worker_pids() == pids


def test_connections_cut_again_and_again_under_load(stack, recorded):
    """One of them at a time, at a random moment, and all of them at once."""
    workers = stack.worker_pids()
    with recorded("a connection is cut in a query", times(20, 200)) as recorder:
        for number in range(times(20, 200)):
            time.sleep(random.uniform(0, 0.05))
            if number % 10 == 9:
                cut_off(stack)
            else:
                stack.sql("SELECT pg_terminate_backend(%s)", [random.choice(stack.worker_backends() or [0])],
                          user="postgres")
            recorder.wait_for(10)
    assert all(map(is_away, recorder.failures))
    assert recorder.count() > len(recorder.failures)
    assert stack.worker_pids() == workers


@contextlib.contextmanager
def no_connection_left(stack):
    """PostgreSQL has none to give but to a superuser, and one worker has none."""
    most, reserved = (int(stack.sql(f"SHOW {name}")[0][0])
                      for name in ("max_connections", "superuser_reserved_connections"))
    with contextlib.ExitStack() as connections:
        taken = []

        def all_are_taken():
            """By us, as far as we can, or by workers."""
            with contextlib.suppress(psycopg.OperationalError):
                while True:
                    taken.append(connections.enter_context(stack.connect("kabaido_tool")))
            return len(taken) + worker_connections(stack) == most - reserved

        wait_until(all_are_taken, 30)
        while worker_connections(stack) == 4:  # or its successor was faster than we are
            kill_worker(stack)
            wait_until(all_are_taken, 30)
        yield


def kill_worker(stack):
    killed = stack.worker_pids()[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in stack.worker_pids() and len(stack.worker_pids()) == 4, 30)


def worker_connections(stack):
    return stack.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'kabaido_worker'",
                     user="postgres")[0][0]


def test_no_connection_is_left_under_load(stack, recorded):
    """A worker that begins then has none, and says so; the others go on. It has one as soon as it can."""
    with recorded("max_connections is reached", times(1, 5)) as recorder:
        for _ in range(times(1, 5)):
            with no_connection_left(stack):
                begin = time.monotonic()
                wait_until(lambda begin=begin: any(one.start > begin for one in recorder.failures), 30)
                recorder.wait_for(100)
                assert worker_connections(stack) < 4
            back = time.monotonic()
            time.sleep(1)
            recorder.wait_for(100)
            assert not [failure for failure in recorder.failures if failure.start > back + 1]
    assert all(map(is_away, recorder.failures))


def test_a_database_that_takes_no_more_connections(stack, busy, key, quote):
    workers = stack.worker_pids()
    stack.sql("ALTER ROLE kabaido_worker CONNECTION LIMIT 0", user="postgres")
    try:
        cut_off(stack)
        wait_until(lambda: stack.worker_backends() == [])
        for _ in range(8):
            refused(stack.get(quote, key), 503, "unavailable")
    finally:
        stack.sql("ALTER ROLE kabaido_worker CONNECTION LIMIT -1", user="postgres")
    time.sleep(1)
    with busy() as crowd:
        crowd.wait_for(50)
    assert {seen.status for seen in crowd.seen} == {200}
    assert stack.worker_pids() == workers


# --- Busy -----------------------------------------------------------------------------------


def test_a_lock_that_is_held_is_one_organisations_trouble(stack, recorded):
    """Whoever holds its change clock holds up its writes: they are given up after the role's own
    lock_timeout, 5 s. Its reads go on, and everything of the other."""
    with recorded("a lock is held for long", times(1, 3), clients=4) as recorder:
        one, other = recorder.tenants
        for _ in range(times(1, 3)):
            with stack.connect(autocommit=False) as holder:
                holder.execute("SELECT * FROM change_clock WHERE org_id = %s FOR UPDATE", [one.org_id])
                begin = time.monotonic()
                time.sleep(times(7, 30))
                end = time.monotonic()
                holder.rollback()
            assert recorder.count(begin, end, other) > 50
            recorder.wait_for(50)
    assert recorder.failures and all(map(is_away, recorder.failures))
    failed = {id(failure) for client in recorder.clients if client.tenant is one
              for failure in client.sender.failures}
    assert all(id(failure) in failed for failure in recorder.failures)
    assert all(failure.what.startswith("POST") and failure.end - failure.start > 4.5
               for failure in recorder.failures)


def read_until(over, stack, path, key, statuses):
    while not over.is_set():
        statuses.append(stack.get(path, key).status_code)


def test_a_locked_table_refuses_its_endpoint_only(stack, waiting, key, quote):
    """After the role's own lock_timeout; others go on meanwhile, and the request counts. The worker asks
    anew who is primary: one that is none any more lets go of no lock of what it cannot confirm."""
    limited = stack.new_key(limit=10)
    workers = stack.worker_pids()
    others, over = [], threading.Event()
    reader = threading.Thread(target=read_until, args=[over, stack, "/api/v1/key", key, others])
    held = waiting(1, key=limited)
    waits, = held.backends()
    reader.start()
    statuses = held.statuses()
    over.set()
    reader.join()
    assert statuses == [503]
    refused(held.answers[0], 503, "unavailable")
    assert held.answers[0].headers["Retry-After"] == "1"
    assert 4.5 < held.answers[0].elapsed.total_seconds()
    wait_until(lambda: waits not in stack.worker_backends())
    assert len(others) > 5 and set(others) == {200}
    held.let_go()
    assert remaining(stack, limited) == 9
    assert stack.get(quote, limited).status_code == 200
    assert remaining(stack, limited) == 8
    assert stack.worker_pids() == workers


def test_a_lock_on_what_admits_is_waited_for_once(stack, key, quote):
    """A request whose very admission was given up is not counted in a second try, for which its worker
    would wait as long again."""
    given_up = lambda: stack.log("postgres.log").count("canceling statement due to lock timeout")
    before = given_up()
    with stack.connect("kabaido_owner", autocommit=False) as holder:
        holder.execute("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE")
        refused(stack.get(quote, key), 503, "unavailable")
        holder.rollback()
    assert given_up() == before + 1
    assert stack.get(quote, key).status_code == 200


def test_a_statement_that_takes_too_long_is_given_up_and_counts(stack, workers, waiting, quote):
    workers(patience=20)
    stack.sql("ALTER ROLE kabaido_worker SET statement_timeout = '300ms'", user="postgres")
    cut_off(stack)  # the next connections have it
    limited = stack.new_key(limit=10)
    held = waiting(1, key=limited)
    assert held.statuses() == [503]
    refused(held.answers[0], 503, "unavailable")
    held.let_go()
    assert remaining(stack, limited) == 9
    assert stack.get(quote, limited).status_code == 200
    assert "57014 canceling statement due to statement timeout" in stack.log("api.log")


def test_a_commit_whose_wait_for_its_standby_is_cancelled_is_not_confirmed(own_stack):
    """PostgreSQL calls it done, with a warning: the standby may not have it. To the client nothing is
    certain then; when it asks again, it is told what became of it."""
    stack = own_stack(KABAIDO_WORKERS=2)
    stack.sql("ALTER DATABASE kabaido SET kabaido.admission_commit = 'off'", user="postgres")
    stack.restart_workers()
    tenant = Tenant(stack)
    headers = {"Idempotency-Key": "cancelled"}

    def send():
        return tenant.post("/requests", {"text": "Please quote."}, headers)

    with stack.connect("postgres") as superuser, ThreadPoolExecutor(1) as pool:
        superuser.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        superuser.execute("SELECT pg_reload_conf()")
        sent = pool.submit(send)
        wait_until(lambda: superuser.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' "
            "AND usename = 'kabaido_worker'").fetchall())
        refused(sent.result(), 503, "unavailable")
        assert sent.result().headers["Retry-After"] == "1"
        superuser.execute("ALTER SYSTEM RESET synchronous_standby_names")
        superuser.execute("SELECT pg_reload_conf()")
        again = send()
    assert again.status_code == 201 and again.headers["Idempotency-Replayed"] == "true"
    assert "a commit's wait for its standby was cancelled" in stack.log("api.log")


def test_neither_timeout_confirms_a_commit_that_waits_for_its_standby(own_stack):
    """A role's statement_timeout does not end the wait (it is over when the commit begins); the worker's
    own time does, and nothing is confirmed."""
    stack = own_stack(KABAIDO_WORKERS=1, KABAIDO_DATABASE_TIMEOUT_MS=2500)
    stack.sql("ALTER DATABASE kabaido SET kabaido.admission_commit = 'off'", user="postgres")
    stack.sql("ALTER ROLE kabaido_worker SET statement_timeout = '500ms'", user="postgres")
    stack.restart_workers()
    tenant = Tenant(stack)
    with stack.connect("postgres") as superuser:
        superuser.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        superuser.execute("SELECT pg_reload_conf()")
        try:
            answer = tenant.post("/requests", {"text": "Please quote."})
            refused(answer, 503, "unavailable")
            assert answer.elapsed.total_seconds() > 2
            assert superuser.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' "
                                     "AND usename = 'kabaido_worker'").fetchone() == (1,)
        finally:
            superuser.execute("ALTER SYSTEM RESET synchronous_standby_names")
            superuser.execute("SELECT pg_reload_conf()")


def test_a_database_that_does_not_answer_is_given_up(stack, workers, quote, key):
    """Its process is frozen: no timeout of its own helps. The worker drops the connection."""
    workers(KABAIDO_WORKERS=1, KABAIDO_DATABASE_TIMEOUT_MS=300)
    assert stack.get(quote, key).status_code == 200
    frozen, = stack.worker_backends()
    os.kill(frozen, signal.SIGSTOP)
    try:
        pids = stack.worker_pids()
        refused(stack.get(quote, key), 503, "unavailable")
        other = stack.new_key()
        assert stack.get(quote, other).status_code == 200
        assert frozen not in stack.worker_backends() or len(stack.worker_backends()) == 2
        assert stack.worker_pids() == pids
    finally:
        os.kill(frozen, signal.SIGCONT)
    wait_until(lambda: frozen not in stack.worker_backends(), 20)
    assert stack.get(quote, key).status_code == 200
