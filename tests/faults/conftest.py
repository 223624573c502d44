"""What the tests of faults share: workers with other settings, requests that wait, and load whose
answers are held against the database afterwards."""

import contextlib
import os
import re
import threading

import pytest

from harness import ROOT, Crowd, Recorder, wait_until

FULL = os.environ.get("KABAIDO_TEST_FAULTS") == "full"  # make test-faults
TABLE = pytest.StashKey()


def times(few, many):
    """How often a fault is tried: few times in `make faults`, many in `make test-faults`."""
    return many if FULL else few


@pytest.fixture
def workers(stack):
    """Restarts the shared stack's workers with other settings; afterwards they are as before.
    patience: how long they wait for PostgreSQL, in seconds, instead of what sql/roles.sql says."""
    settings = dict(stack.settings)
    changed = []

    def restart(patience=None, **further):
        changed.append(True)
        if patience:
            limit_waiting(stack, f"{patience}s")
            further["KABAIDO_DATABASE_TIMEOUT_MS"] = patience * 1000 + 5000
        stack.restart_workers(**further)
        wait_until(lambda: len(stack.worker_pids()) == int(stack.settings["KABAIDO_WORKERS"]))

    yield restart
    if changed:
        limit_waiting(stack, None)
        stack.settings = settings
        stack.restart_workers()


def limit_waiting(stack, limit):
    roles = (ROOT / "sql/roles.sql").read_text(encoding="utf-8")
    for name in ("statement_timeout", "lock_timeout"):
        usual = re.search(rf"ALTER ROLE kabaido_worker SET {name} = '(\w+)'", roles)[1]
        stack.sql(f"ALTER ROLE kabaido_worker SET {name} = '{limit or usual}'", user="postgres")


class Waiting:
    """Requests for a quote that wait in the database, until let_go() or the end."""

    def __init__(self, stack, lock, key, count):
        self.stack = stack
        self.lock = lock
        self.answers = []
        self.threads = [threading.Thread(target=self._ask, args=[key]) for _ in range(count)]
        for thread in self.threads:
            thread.start()
        wait_until(lambda: len(self.backends()) == count, 20, "they do not wait")

    def _ask(self, key):
        self.answers.append(self.stack.get(f"/api/v1/quotes/{self.stack.quote_id}", key))

    def backends(self):
        """Process ids of PostgreSQL's side of the workers' connections that wait for the lock."""
        return [pid for pid, in self.stack.sql("""
            SELECT pid FROM pg_stat_activity
             WHERE wait_event_type = 'Lock' AND usename = 'kabaido_worker'""")]

    def let_go(self):
        self.lock.rollback()

    def statuses(self):
        """Waits for the answers and returns their statuses."""
        for thread in self.threads:
            thread.join()
        return [answer.status_code for answer in self.answers]


@pytest.fixture
def waiting(stack):
    """waiting(count, key=None) sends so many requests that wait for a locked table."""
    with contextlib.ExitStack() as locks:
        def send(count=1, key=None):
            lock = locks.enter_context(stack.connect(autocommit=False))
            lock.execute("LOCK TABLE quotes")
            return Waiting(stack, lock, key or stack.new_key(limit=1000000), count)
        yield send


@pytest.fixture
def key(stack):
    """A key that no test exhausts."""
    return stack.new_key(limit=1000000)


@pytest.fixture
def quote(stack):
    return f"/api/v1/quotes/{stack.quote_id}"


@pytest.fixture
def busy(stack, key, quote):
    """with busy() as crowd: six clients who ask for a quote again and again."""
    @contextlib.contextmanager
    def start():
        with Crowd(stack, 6, quote, key) as crowd:
            crowd.wait_for(30)
            yield crowd
    return start


@pytest.fixture
def recorded(stack, pytestconfig):
    """with recorded("a worker is killed", 10) as recorder: what is done so many times under load.
    Afterwards nothing is lost or doubled, and a line is in the table at the run's end."""
    @contextlib.contextmanager
    def start(fault, tries, **options):
        with Recorder(stack, **options) as recorder:
            yield recorder
        recorder.verdict = verdict = recorder.hold_against_database()
        pytestconfig.stash.setdefault(TABLE, []).append((fault, tries, verdict))
        verdict.demand()
    return start


COLUMNS = "{:<44}{:>6}{:>10}{:>8}{:>6}{:>9}{:>6}{:>7}  {}"


def pytest_terminal_summary(terminalreporter, config):
    """What each fault cost. open: writes whose clients were told nothing certain, as many as were there
    and as were not, before they were sent again."""
    table = config.stash.get(TABLE, [])
    if not table:
        return
    terminalreporter.section("faults")
    terminalreporter.write_line(COLUMNS.format("fault", "tries", "requests", "writes", "lost", "doubled",
                                               "half", "resent", "errors; open: there, not there"))
    for fault, tries, verdict in table:
        errors = ", ".join(f"{count} x {status}" for status, count in verdict.errors.items()) or "none"
        terminalreporter.write_line(COLUMNS.format(
            fault, tries, verdict.requests, len(verdict.writes), len(verdict.lost),
            len(verdict.doubled), len(verdict.half), verdict.resent,
            f"{errors}; {verdict.there}, {verdict.absent}"))
