"""The database host's clock is set: by libfaketime, for PostgreSQL alone. It is the clock that counts.

Set back, the limit closes for a minute at most and never opens early. Set forward, it closes nothing; the
requests of the last minute look older than they are, so that a minute's worth may be admitted anew: the
clock of the database's host has to be slewed and not stepped (docs/operations.md)."""

import os
import pathlib
import signal
import subprocess
import time

import psycopg
import pytest

from conftest import times
from harness import is_away, wait_until

LIBRARY = "/usr/lib/*-linux-gnu/faketime/libfaketime.so.1"
LIMIT = 10


class Clock:
    """PostgreSQL's: a second takes a second, and the test sets it."""

    def __init__(self, stack):
        self.stack = stack
        self.file = stack.folder / "clock"
        self.offset = 0
        self.set(0)

    def set(self, offset):
        """At once for every process that looks: the file is another from one moment to the next."""
        self.offset = offset
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{offset:+d}\n")
        fresh.chmod(0o644)
        fresh.rename(self.file)

    def step(self, seconds):
        self.set(self.offset + seconds)

    def let_pass(self, seconds):
        """As if so long had gone by; one of them really has, for which a worker may remember that a key
        was spent."""
        time.sleep(1)
        self.step(seconds)

    def environment(self):
        library, = map(str, pathlib.Path("/").glob(LIBRARY[1:]))
        return {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(self.file),
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def answers(stack):
    try:
        return stack.sql("SELECT true")
    except psycopg.OperationalError:
        return False


@pytest.fixture(scope="module")
def faked(stack):
    """PostgreSQL started by ourselves: the library has to meet no other process, of no other user."""
    program = os.readlink(f"/proc/{stack.pid('postgres')}/exe")
    data = stack.files / "pg"
    owner = {"user": data.stat().st_uid, "group": data.stat().st_gid, "extra_groups": []}
    clock = Clock(stack)
    stack.stop_postgres()
    with open(stack.logs / "postgres.log", "ab") as log, \
            subprocess.Popen([program, "-D", data], env=clock.environment(), cwd="/", stdout=log,
                             stderr=log, **(owner if os.geteuid() == 0 else {})) as postgres:
        wait_until(lambda: answers(stack), 60, "it does not start")
        time.sleep(1)  # the workers have tried again by then
        yield clock
        postgres.send_signal(signal.SIGINT)
    stack.start_postgres()
    time.sleep(1)


@pytest.fixture
def clock(faked):
    faked.set(faked.offset + 7200)  # whatever was done before is long past
    return faked


@pytest.fixture(params=["new", "used"])
def ask(request, stack, clock, quote):
    """ask(count): how many of these requests of one key were admitted, and the last refusal. The key has
    not been used before, or longer than a minute ago."""
    key = stack.new_key(limit=LIMIT)

    def send(count):
        answers = [stack.get(quote, key) for _ in range(count)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.status_code for answer in answers} <= {200, 429}
        return len(answers) - len(refused), refused[-1] if refused else None

    if request.param == "used":
        assert send(3) == (3, None)
        clock.step(61)
        assert send(3) == (3, None)
        clock.step(61)
    return send


def test_the_clock_is_the_databases(stack, clock):
    before, = stack.sql("SELECT clock_timestamp()")[0]
    clock.step(3600)
    after, = stack.sql("SELECT clock_timestamp()")[0]
    assert 3600 <= (after - before).total_seconds() < 3660


@pytest.mark.parametrize("back", [5, 3600])
def test_set_back_the_limit_neither_opens_nor_stays_closed(clock, ask, back):
    assert ask(6) == (6, None)
    clock.step(-back)
    admitted, refusal = ask(LIMIT)
    wait = int(refusal.headers["Retry-After"])
    clock.let_pass(1)
    assert admitted + ask(LIMIT)[0] == 4, "never more, and what is left"
    assert 1 <= wait <= 60
    clock.let_pass(wait)
    assert ask(1)[0] == 1, "waiting as long as was said is enough"
    clock.let_pass(60)
    admitted, refusal = ask(LIMIT + 5)
    assert admitted == LIMIT and 1 <= int(refusal.headers["Retry-After"]) <= 60


def test_set_back_when_the_window_is_full(clock, ask):
    assert ask(LIMIT + 1)[0] == LIMIT
    clock.let_pass(-3600)
    assert ask(5)[0] == 0
    clock.let_pass(61)
    assert ask(LIMIT + 5)[0] == LIMIT


def test_set_forward_nobody_is_shut_out(clock, ask):
    assert ask(LIMIT + 1)[0] == LIMIT
    clock.let_pass(3600)
    assert ask(LIMIT + 5)[0] == LIMIT


def test_set_there_and_back_the_limit_does_not_open(clock, ask):
    """An hour ahead and corrected: what was admitted ahead counts for a minute from now on."""
    clock.step(3600)
    assert ask(LIMIT + 1)[0] == LIMIT
    clock.let_pass(-3600)
    assert ask(5)[0] == 0
    clock.let_pass(61)
    assert ask(LIMIT + 5)[0] == LIMIT


def test_set_under_load(stack, clock, recorded):
    """Nothing is lost, doubled or miscounted; and what was changed later has a later updated_at."""
    workers = stack.worker_pids()
    with recorded("the clock is set by an hour", times(6, 40)) as recorder:
        for number in range(times(6, 40)):
            clock.step((-3600, 3600, 3600, -3600)[number % 4])
            time.sleep(0.3)
        clock.step(61)
        recorder.wait_for(100)
    assert all(failure.status == 429 or is_away(failure) for failure in recorder.failures)
    assert stack.worker_pids() == workers
    for client in recorder.clients:
        skus = [next(iter(write.rows))[1] for write in client.writes
                if write.is_done and write.path == "/products/bulk" and not write.was_open]
        moments = dict(stack.sql("SELECT sku, updated_at FROM products WHERE sku = ANY (%s)", [skus]))
        ordered = [moments[sku] for sku in skus]
        assert ordered == sorted(ordered)
