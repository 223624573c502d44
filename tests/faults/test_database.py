"""PostgreSQL stopped, started, cut off, busy or frozen: 503 while it lasts, and nothing afterwards."""

import os
import signal
import threading
import time

import pytest

from harness import is_away, refused, wait_until


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
def test_stopped_and_started_under_load(stack, busy, mode):
    workers = stack.worker_pids()
    with busy() as crowd:
        stack.stop_postgres(mode)
        gone = time.monotonic()
        crowd.wait_for(100)
        begins = time.monotonic()
        stack.start_postgres()
        back = time.monotonic()
        wait_until(lambda: time.monotonic() > back + 1)
        crowd.wait_for(100)
    assert all(seen.status == 200 or is_away(seen) for seen in crowd.seen)
    while_away = [seen for seen in crowd.seen if gone < seen.start and seen.end < begins]
    assert while_away and all(seen.status == 503 for seen in while_away)
    afterwards = [seen for seen in crowd.seen if seen.start > back + 1]
    assert afterwards and all(seen.status == 200 for seen in afterwards)
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


def test_connections_cut_again_and_again_under_load(stack, busy):
    workers = stack.worker_pids()
    with busy() as crowd:
        for _ in range(10):
            cut_off(stack)
            crowd.wait_for(30)
    assert all(seen.status == 200 or is_away(seen) for seen in crowd.seen)
    assert len([seen for seen in crowd.seen if seen.status == 503]) < len(crowd.seen) / 2
    assert stack.worker_pids() == workers


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


def read_until(over, stack, path, key, statuses):
    while not over.is_set():
        statuses.append(stack.get(path, key).status_code)


def test_a_locked_table_refuses_its_endpoint_only(stack, waiting, key, quote):
    """After the role's own lock_timeout; others go on meanwhile, and the request counts."""
    limited = stack.new_key(limit=10)
    workers = stack.worker_pids()
    others, over = [], threading.Event()
    reader = threading.Thread(target=read_until, args=[over, stack, "/api/v1/key", key, others])
    held = waiting(1, key=limited)
    reader.start()
    statuses = held.statuses()
    over.set()
    reader.join()
    assert statuses == [503]
    refused(held.answers[0], 503, "unavailable")
    assert held.answers[0].headers["Retry-After"] == "1"
    assert 4.5 < held.answers[0].elapsed.total_seconds()
    assert len(others) > 5 and set(others) == {200}
    held.let_go()
    assert remaining(stack, limited) == 9
    assert stack.get(quote, limited).status_code == 200
    assert remaining(stack, limited) == 8
    assert stack.worker_pids() == workers


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
