"""What the tests of the cluster share: one cluster a session, and what a failover is held against."""

import contextlib
import os
import threading
import time
from collections import namedtuple

import pytest

from harness import Cluster, Recorder, Tenant, is_away, most_in_a_minute, wait_until
from harness.cluster import DATABASE_HOSTS, LEASE
from harness.crowd import Seen
from harness.recorder import PAUSE
from harness.wire import Wire

FULL = os.environ.get("KABAIDO_TEST_CLUSTER") == "full"  # make test-cluster
GRACE = 2  # seconds after the lease is over in which service is back
ASKING = 2  # Patroni asks the host that was lost before it takes over: so long where nothing comes back
REWINDING = 15  # where the other standby was ahead of the one that took over, as it may be
SLOWNESS = 1 if FULL else 30  # of one machine that is all five hosts, or does something else as well
TABLE = pytest.StashKey()

Try = namedtuple("Try", "outage back rewound")


def times(few, many):
    """How often a failover is tried: few times in `make cluster`, many in `make test-cluster`."""
    return many if FULL else few


@pytest.fixture(scope="session")
def cluster():
    with Cluster(KABAIDO_WORKERS=4) as shared:
        shared.wait_until_whole()
        yield shared


@pytest.fixture(autouse=True)
def whole(cluster):
    """Each test finds the cluster whole, and leaves it so."""
    cluster.wait_until_whole()
    yield
    cluster.wait_until_whole()


@pytest.fixture
def quote(cluster):
    return f"/api/v1/quotes/{cluster.quote_id}"


class Hammer:
    """Clients on both API hosts who use one key of 600 a minute as fast as they are let, for as long as
    the block lasts. seen: what they were answered."""

    def __init__(self, cluster, path, clients=4, pause=0.02):
        self.key = cluster.new_key()
        self.path = path
        self.pause = pause
        self.seen = []
        self.leave = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=[cluster.by(number % 2)], daemon=True)
                        for number in range(clients)]

    def _run(self, host):
        wire = Wire(host.connection)
        while not self.leave.is_set():
            start = time.monotonic()
            try:
                answer = wire.exchange("GET", self.path, {"Authorization": f"Bearer {self.key}"})
            except OSError:
                answer = None, {}, b""
            self.seen.append(Seen(start, time.monotonic(), *answer))
            self.leave.wait(PAUSE if answer[0] == 503 else self.pause)
        wire.hang_up()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.leave.set()
        for thread in self.threads:
            thread.join()

    def admitted(self):
        return sum(one.status == 200 for one in list(self.seen))

    def demand(self):
        """Never more than 600 in a minute, and nothing but what the contract has."""
        assert {one.status for one in self.seen} <= {200, 429, 503}
        assert most_in_a_minute(sorted(self.seen)) <= 600


class Failovers:
    """What was tried of one kind, under one recorder."""

    def __init__(self, cluster, recorder, quote):
        self.cluster = cluster
        self.recorder = recorder
        self.quote = quote
        self.tries = []

    @contextlib.contextmanager
    def one(self, within=LEASE + GRACE, is_mended=lambda: None, of="back"):
        """with failovers.one() as old: ... the fault, of old, which is primary.

        Waits for service to be back, demands that it came in time and with no other errors, and makes the
        cluster whole again by is_mended(). of: which time of a Try it is that has to be within."""
        cluster, recorder = self.cluster, self.recorder
        old = cluster.primary()
        rewound = self.rewound(old)
        with Hammer(cluster, self.quote) as hammer:
            wait_until(lambda: hammer.admitted() >= 250, 60, "the key is not admitted")
            try:
                yield old
                begin = cluster.fault_at
                wait_until(lambda: self.is_back(begin, old), 90, "no service again", interval=0.1)
                time.sleep(1)
                rewound = self.rewound(old) - rewound
            finally:
                is_mended()
        failures = [one for one in recorder.failures if one.end > begin]
        assert all(map(is_away, failures)), [one for one in failures if not is_away(one)][:3]
        hammer.demand()
        first = max(min((one.start for one in failures), default=begin), begin)
        last = max((one.end for one in failures), default=begin)
        # Nor is service back while writes wait, for a standby to confirm them.
        back = max(last, min((moment for moment in self.written() if moment > last), default=last))
        tried = Try(back - first, back - begin, rewound > 0)
        self.tries.append(tried)
        assert getattr(tried, of) <= within + (REWINDING if tried.rewound else 0) + SLOWNESS, tried
        cluster.wait_until_whole()
        recorder.wait_for(50)

    def rewound(self, old):
        """How often the other two have taken back what only they had."""
        return sum(self.cluster.log_of(host, "patroni.log").count("running pg_rewind from")
                   for host in DATABASE_HOSTS if host != old)

    def written(self):
        return [moment for sender in self.recorder.senders for moment in list(sender.written)]

    def is_back(self, begin, old):
        """Another is primary, each client has written since the last failure of anybody, a second ago."""
        if self.cluster.primary() in (None, old):
            return False
        last = max((one.end for one in self.recorder.failures), default=begin)
        last = max(last, begin)
        return time.monotonic() > last + 1 and all(
            any(moment > last for moment in list(client.sender.written))
            for client in self.recorder.clients)


@pytest.fixture
def failovers(cluster, quote, pytestconfig):
    """with failovers("the primary is killed") as tried: ... with tried.one() as old: ...
    Afterwards nothing is lost or doubled, and a line is in the table at the run's end."""
    @contextlib.contextmanager
    def start(kind):
        with Recorder(cluster, clients=8, pause=0.02) as recorder:
            tried = Failovers(cluster, recorder, quote)
            yield tried
        verdict = recorder.hold_against_database()
        pytestconfig.stash.setdefault(TABLE, []).append((kind, tried.tries, verdict))
        verdict.demand()
    return start


@pytest.fixture
def tenant(cluster):
    return Tenant(cluster)


COLUMNS = "{:<36}{:>6}{:>10}{:>8}{:>6}{:>9}{:>6}{:>15}{:>15}{:>9}  {}"


def spread(values):
    """Least, median and most, in seconds."""
    ordered = sorted(values)
    if not ordered:
        return "-"
    return f"{ordered[0]:.1f} {ordered[len(ordered) // 2]:.1f} {ordered[-1]:.1f}"


def pytest_terminal_summary(terminalreporter, config):
    """What each kind cost. back: from the fault until no client fails any more and a write has been
    confirmed; outage: the same from the first failure: least, median, most. rewound: in how many of them
    that waited for a standby that had been ahead of the new primary."""
    table = config.stash.get(TABLE, [])
    if not table:
        return
    terminalreporter.section(f"failovers (seconds; the lease is {LEASE})")
    terminalreporter.write_line(COLUMNS.format("kind", "tries", "requests", "writes", "lost", "doubled",
                                               "half", "outage", "back", "rewound",
                                               "errors; open: there, not there"))
    for kind, tries, verdict in table:
        errors = ", ".join(f"{count} x {status}" for status, count in verdict.errors.items()) or "none"
        terminalreporter.write_line(COLUMNS.format(
            kind, len(tries), verdict.requests, len(verdict.writes), len(verdict.lost),
            len(verdict.doubled), len(verdict.half), spread(one.outage for one in tries),
            spread(one.back for one in tries), sum(one.rewound for one in tries),
            f"{errors}; {verdict.there}, {verdict.absent}"))
