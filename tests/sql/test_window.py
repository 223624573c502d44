"""The strict window, by an injected clock against a plain log of moments; then admit(), by the real.

Moments are whole microseconds from here on, as the database counts them.
"""
import bisect
import concurrent.futures
import datetime
import random
import threading
import time
import uuid

import pytest
from psycopg import sql

import rows

SECOND = 1_000_000
MINUTE = 60 * SECOND
BEGINNING = 1_780_000_000 * SECOND  # of the schedules' time: in 2026

# admit() itself, but for the clock: it takes its moments from p_at.
ADMIT_AT = """
CREATE FUNCTION pg_temp.admit_at(
    p_org_id uuid, p_key_id uuid, p_public_id text, p_scope text, p_counted boolean,
    p_at timestamptz,
    OUT verdict text, OUT quota integer, OUT remaining integer, OUT reset_us bigint)
LANGUAGE plpgsql AS {}"""

# Plays a schedule on a key: at each moment one request under one limit.
PLAY = """
CREATE FUNCTION pg_temp.play(p_org_id uuid, p_key_id uuid, p_public_id text, p_quotas int[],
                             p_moments bigint[],
                             OUT taken boolean[], OUT used int[], OUT opens_at bigint[],
                             OUT longest int)
LANGUAGE plpgsql AS $$
DECLARE
    at      timestamptz;
    request record;
    log     key_window;
BEGIN
    longest := 0;
    UPDATE key_window
       SET admitted = '{}', share = 1, last_count = 0, base = '-infinity', hour = '-infinity',
           hour_requests = 0
     WHERE org_id = p_org_id AND key_id = p_key_id;
    FOR i IN 1 .. cardinality(p_moments) LOOP
        at := 'epoch'::timestamptz + p_moments[i] * interval '1 microsecond';
        UPDATE api_keys SET requests_per_minute = p_quotas[i]
         WHERE org_id = p_org_id AND key_id = p_key_id AND requests_per_minute <> p_quotas[i];
        request := pg_temp.admit_at(p_org_id, p_key_id, p_public_id, NULL, true, at);
        SELECT * INTO log FROM key_window WHERE org_id = p_org_id AND key_id = p_key_id;
        IF request.quota IS DISTINCT FROM p_quotas[i]
           OR request.verdict NOT IN ('admitted', 'limited')
           OR log.admitted <> ARRAY(SELECT unnest(log.admitted) ORDER BY 1) THEN
            RAISE '% in %', request, log;
        END IF;
        taken[i] := request.verdict = 'admitted';
        used[i] := window_used(log.admitted, log.share, log.last_count,
                               (extract(epoch FROM at - log.base) * 1000000 - 60000000)::integer);
        IF request.remaining <> greatest(request.quota - used[i], 0) THEN
            RAISE '% but % used', request, used[i];
        END IF;
        opens_at[i] := p_moments[i] + request.reset_us;
        longest := greatest(longest, cardinality(log.admitted));
    END LOOP;
END
$$"""


class Log:
    """The oracle: every admitted moment, and nothing clever."""

    def __init__(self):
        self.moments = []

    def live(self, at):
        """Those that are less than a minute old."""
        return self.moments[bisect.bisect_right(self.moments, at - MINUTE):]

    def take(self, quota, at):
        """(taken, used, opens_at) of one request: with room left, opens_at is when the oldest entry
        expires; without, when so many have expired that there is room again."""
        taken = len(self.live(at)) < quota
        if taken:
            self.moments.append(at)
        live = self.live(at)
        return taken, len(live), live[0 if taken else len(live) - quota] + MINUTE


def moments_of(chance, count):
    """Moments in order: bursts, a steady trickle, rests, and exact echoes of a minute ago."""
    burst = count // 2
    now = BEGINNING + chance.randrange(MINUTE)
    moments = []
    while len(moments) < count:
        kind = chance.randrange(5)
        if kind == 0:
            moments += [now] * chance.randrange(1, burst)
        elif kind == 1:
            pause = chance.choice([1, 1000, SECOND // 20, SECOND // 10, SECOND, 7 * SECOND])
            moments += [now + pause * i for i in range(chance.randrange(1, burst))]
        elif kind == 2 and moments:
            echoed = chance.choice(moments[-30:])
            moments += [moment for offset in (-1, 0, 1)
                        if (moment := echoed + MINUTE + offset) >= moments[-1]]
        elif kind == 3:
            now += chance.choice([MINUTE - 1, MINUTE, MINUTE + 1, 2 * MINUTE, 3600 * SECOND])
        else:
            now += chance.randrange(20 * SECOND)
        now = max([now, *moments[-1:]])
    return moments[:count]


class Player:
    """Plays schedules on one key of an otherwise idle database."""

    def __init__(self, connection, credential):
        self.connection = connection
        self.key = [credential["org_id"], credential["key_id"], credential["public_id"]]
        body, = connection.execute("SELECT prosrc FROM pg_proc WHERE proname = 'admit'").fetchone()
        assert body.count("clock_timestamp()") == 2
        connection.execute(sql.SQL(ADMIT_AT).format(body.replace("clock_timestamp()", "p_at")))
        connection.execute(PLAY)
        connection.execute("SET synchronous_commit = off")

    def play(self, quotas, moments):
        """[(taken, used, opens_at)] and the most entries that the log had."""
        *answers, longest = self.connection.execute(
            "SELECT * FROM pg_temp.play(%s, %s, %s, %s, %s::bigint[])",
            [*self.key, quotas, moments]).fetchone()
        return list(zip(*answers)), longest


@pytest.fixture(scope="module")
def tenant(superuser):
    return rows.insert_organisation(superuser, "A")


@pytest.fixture(scope="module")
def player(cluster, database, tenant):
    with cluster.connect(database) as connection:
        yield Player(connection, tenant["credentials"])


def quotas_of(chance, count, choices, changes):
    """A quota for each request; now and then, if it changes, another from there on."""
    quota = chance.choice(choices)
    quotas = []
    for _ in range(count):
        if changes and chance.randrange(12) == 0:
            quota = chance.choice(choices)
        quotas.append(quota)
    return quotas


# An empty, a small and a whole window; 10,000 schedules and a few in all.
@pytest.mark.parametrize("schedules, count, choices", [
    (8600, 24, [1, 2, 3, 5, 8, 13]),
    (1400, 80, [1, 10, 20, 40, 60]),
    (8, 1500, [500, 599, 600]),
])
@pytest.mark.parametrize("changes", [False, True], ids=["one quota", "quota changes"])
def test_window_answers_as_a_plain_log_would(player, schedules, count, choices, changes):
    refused = 0
    for seed in range(schedules // 2):
        chance = random.Random(seed * 2 + changes)
        moments = moments_of(chance, count)
        quotas = quotas_of(chance, count, choices, changes)
        log = Log()
        expected = [log.take(quota, at) for quota, at in zip(quotas, moments)]
        answers, longest = player.play(quotas, moments)
        assert answers == expected, f"seed {seed}: {list(zip(quotas, moments))}"
        assert longest <= max(quotas)
        refused += sum(not taken for taken, _, _ in answers)
    assert refused > schedules  # the window was full often enough to have been tested
    assert refused < schedules // 2 * count * 0.9


class HeldBack:
    """How many requests the shared entries may count longer than they are: all but the last of one
    entry under a limit that stays, and as many for each limit that the log had in its minute."""

    def __init__(self):
        self.shares = []  # [share of an entry, until when it was in force]

    def by(self, quota, at):
        share = -(-quota // 600)
        if self.shares and self.shares[-1][0] == share:
            self.shares[-1][1] = at
        else:
            self.shares.append([share, at])
        self.shares = [one for one in self.shares if one[1] > at - MINUTE]
        return sum(share - 1 for share, _ in self.shares)

    @property
    def limits(self):
        return len(self.shares)


@pytest.mark.parametrize("schedules, count, choices", [
    (600, 60, [601, 1200, 1201, 6000, 1_000_000]),
    (600, 60, [5, 40, 600, 1201, 6000]),
    (6, 2600, [601, 1200, 1201]),
    (2, 6400, [6000]),
])
def test_window_beyond_600_admits_never_more_and_at_most_a_sixhundredth_less(
        player, schedules, count, choices):
    for seed in range(schedules):
        chance = random.Random(seed)
        moments = moments_of(chance, count)
        quotas = quotas_of(chance, count, choices, changes=True)
        held_back = HeldBack()
        log = Log()
        answers, longest = player.play(quotas, moments)
        for (taken, used, opens_at), quota, at in zip(answers, quotas, moments):
            spare = held_back.by(quota, at)
            if taken:
                log.moments.append(at)
                assert len(log.live(at)) <= quota
            else:
                assert len(log.live(at)) >= quota - spare
                assert at < opens_at <= at + MINUTE
            assert len(log.live(at)) <= used <= len(log.live(at)) + spare
            assert spare < max(quotas) / 600 * held_back.limits
        assert longest <= 601


def clock_set_back(chance, count):
    """(real moments, what the clock shows then): a clock that is set back now and then."""
    real = moments_of(chance, count)
    behind = 0
    shown = []
    for moment in real:
        if chance.randrange(15) == 0:
            behind += chance.choice([1, SECOND, 2 * SECOND, 2 * SECOND + 1, 10 * SECOND, MINUTE,
                                     3600 * SECOND])
        shown.append(moment - behind)
    return real, shown


def test_clock_set_back_admits_never_more_and_closes_for_a_minute_at_most(player):
    for seed in range(1500):
        chance = random.Random(seed)
        quota = chance.choice([1, 2, 5, 10])
        real, shown = clock_set_back(chance, 60)
        answers, _ = player.play([quota] * len(real), shown)
        log = Log()
        for (taken, _, opens_at), moment, clock in zip(answers, real, shown):
            if taken:
                log.moments.append(moment)
                assert len(log.live(moment)) <= quota, f"seed {seed}"
            else:
                assert clock < opens_at <= clock + MINUTE, f"seed {seed}"


def test_mending_keeps_every_entry_that_is_not_in_the_future(player):
    """After the clock went back an hour, a full window is full for one minute, not for an hour."""
    moments = [BEGINNING, BEGINNING + SECOND, BEGINNING + 2 * SECOND]
    back = BEGINNING - 3600 * SECOND
    answers, _ = player.play([3] * 6, [*moments, back, back + MINUTE - 1, back + MINUTE])
    assert [taken for taken, _, _ in answers] == [True, True, True, False, False, True]
    assert answers[3][1:] == (3, back + MINUTE)


# admit(), by the real clock


class Key:
    """A key of the tenant's with a window of its own, and admit() asked for it as a worker does."""

    def __init__(self, superuser, tenant, **columns):
        self.superuser = superuser
        self.org_id = tenant["organisations"]["org_id"]
        self.key_id = uuid.uuid4()
        self.public_id = self.key_id.hex[:8]
        key = {"org_id": self.org_id, "key_id": self.key_id}
        rows.insert(superuser, "api_keys", tenant["api_keys"] | key | columns)
        rows.insert(superuser, "credentials",
                    tenant["credentials"] | key | {"public_id": self.public_id})
        rows.insert(superuser, "key_window", key)

    def admit(self, worker, scope="quotes:read", counted=True, public_id=None, org_id=None):
        """(verdict, quota, remaining, reset_us)"""
        return worker.execute("SELECT * FROM admit(%s, %s, %s, %s, %s)",
                              [org_id or self.org_id, self.key_id, public_id or self.public_id,
                               scope, counted]).fetchone()

    def set(self, table, **columns):
        names = ", ".join(f"{name} = %s" for name in columns)
        self.superuser.execute(f"UPDATE {table} SET {names} WHERE org_id = %s AND key_id = %s",
                               [*columns.values(), self.org_id, self.key_id])

    def window(self, columns):
        return self.superuser.execute(
            f"SELECT {columns} FROM key_window WHERE org_id = %s AND key_id = %s",
            [self.org_id, self.key_id]).fetchone()

    def fill(self, *ages):
        """Makes the window what it would be, had requests been admitted so many seconds ago."""
        now = datetime.datetime.now(datetime.timezone.utc)
        base = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
        moments = [now - base - datetime.timedelta(seconds=age) for age in ages]
        self.set("key_window", base=base, hour=now.replace(minute=0, second=0, microsecond=0),
                 admitted=[moment // datetime.timedelta(microseconds=1) for moment in moments],
                 last_count=1)

    def counted(self):
        """All requests of the key that were ever counted."""
        return self.superuser.execute("""
            SELECT w.hour_requests + coalesce((SELECT sum(u.requests) FROM usage_hourly u
                                                WHERE u.key_id = w.key_id), 0)
              FROM key_window w WHERE org_id = %s AND key_id = %s""",
            [self.org_id, self.key_id]).fetchone()[0]


@pytest.fixture
def new_key(superuser, tenant):
    return lambda **columns: Key(superuser, tenant, **columns)


@pytest.fixture
def worker(connect):
    return connect("kabaido_worker")


def together(connections, work):
    """Runs work(connection) on each of them at once and returns what each returned."""
    start = threading.Barrier(len(connections))

    def run(connection):
        start.wait()
        return work(connection)

    with concurrent.futures.ThreadPoolExecutor(len(connections)) as pool:
        return list(pool.map(run, connections))


def test_admitted_requests_count_down_to_the_limit(new_key, worker):
    key = new_key(requests_per_minute=3)
    answers = [key.admit(worker) for _ in range(4)]
    assert [answer[:3] for answer in answers] == [
        ("admitted", 3, 2), ("admitted", 3, 1), ("admitted", 3, 0), ("limited", 3, 0)]
    assert all(0 < answer[3] <= MINUTE for answer in answers)
    assert key.counted() == 3


def test_600_a_minute_unless_said_otherwise(new_key, worker):
    assert new_key().admit(worker)[:3] == ("admitted", 600, 599)


def test_an_untouched_window_has_nothing_to_wait_for(new_key, worker):
    assert new_key().admit(worker, counted=False) == ("admitted", 600, 600, 0)


@pytest.mark.parametrize("changes, verdict", [
    ({"api_keys": {"revoked_at": "now"}}, "revoked"),
    ({"api_keys": {"revoked_at": "2099-01-01"}}, "revoked"),  # by a clock that was ahead
    ({"api_keys": {"expires_at": "now"}}, "expired"),
    ({"credentials": {"expires_at": "now"}}, "expired"),
    ({"api_keys": {"expires_at": "2099-01-01"}, "credentials": {"expires_at": "2099-01-01"}},
     "admitted"),
    ({"api_keys": {"revoked_at": "now", "expires_at": "now"}}, "revoked"),
])
def test_a_key_ends_by_revocation_or_by_expiry(new_key, worker, changes, verdict):
    key = new_key()
    assert key.admit(worker)[0] == "admitted"
    for table, columns in changes.items():
        key.set(table, **columns)
    for counted in (True, False):
        answer = key.admit(worker, counted=counted)
        assert answer[0] == verdict
        assert (answer[1:] == (None, None, None)) == (verdict != "admitted")
    assert key.counted() == 1 + (verdict == "admitted")


def test_a_credential_proves_its_own_key_of_its_own_organisation_only(new_key, worker):
    key, second = new_key(), new_key()
    assert key.admit(worker, public_id="00000000")[0] == "unknown"
    assert key.admit(worker, public_id=second.public_id)[0] == "unknown"
    assert key.admit(worker, org_id=uuid.uuid4())[0] == "unknown"
    assert key.counted() == second.counted() == 0


@pytest.mark.parametrize("scope, verdict", [
    ("quotes:read", "admitted"), ("orders:read", "admitted"), (None, "admitted"),
    ("quotes:write", "scope"), ("", "scope"), ("quotes", "scope"),
])
def test_scope_is_held_or_not_and_counts_either_way(new_key, worker, scope, verdict):
    key = new_key(scopes=["orders:read", "quotes:read"])
    assert key.admit(worker, scope=scope)[:3] == (verdict, 600, 599)
    assert key.counted() == 1


@pytest.mark.parametrize("plan, verdict", [
    ("free", "plan"), ("team", "admitted"), ("business", "admitted")])
def test_plan_includes_integrations_or_not_and_counts_either_way(
        superuser, tenant, new_key, worker, plan, verdict):
    key = new_key()
    org = tenant["organisations"]["org_id"]
    superuser.execute("UPDATE organisations SET plan = %s WHERE org_id = %s", [plan, org])
    try:
        assert key.admit(worker)[:3] == (verdict, 600, 599)
        assert key.admit(worker, scope="orders:read")[0] == (
            "plan" if verdict == "plan" else "scope")
    finally:
        superuser.execute("UPDATE organisations SET plan = 'team' WHERE org_id = %s", [org])
    assert key.counted() == 2


def test_a_plan_that_is_changed_is_changed_for_every_organisation_that_has_it(
        superuser, new_key, worker):
    key = new_key()
    superuser.execute("UPDATE plans SET integrations = false WHERE plan = 'team'")
    try:
        assert key.admit(worker)[0] == "plan"
        assert new_key().admit(worker)[0] == "plan"
    finally:
        superuser.execute("UPDATE plans SET integrations = true WHERE plan = 'team'")
    assert key.admit(worker)[0] == "admitted"


@pytest.mark.parametrize("change", [
    "UPDATE organisations SET plan = 'free' WHERE org_id = %s",
    "UPDATE plans SET integrations = false FROM organisations o WHERE o.plan = plans.plan AND org_id = %s",
], ids=["organisation", "plan"])
def test_a_key_made_while_the_plan_changes_knows_the_new_plan(
        superuser, tenant, new_key, worker, connect, change):
    """Neither transaction sees what the other has not committed: one must wait for the other."""
    org = tenant["organisations"]["org_id"]
    changing = connect("postgres")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with changing.transaction():
            changing.execute(change, [org])
            making = pool.submit(new_key)
            while not superuser_sees_waiting(changing):
                assert not making.done()
                time.sleep(0.01)
        key = making.result()
    assert key.admit(worker)[0] == "plan"
    superuser.execute("UPDATE plans SET integrations = true WHERE plan = 'team'")
    superuser.execute("UPDATE organisations SET plan = 'team' WHERE org_id = %s", [org])
    assert key.admit(worker)[0] == "admitted"


def superuser_sees_waiting(connection):
    """Whether somebody waits for what this connection's transaction holds."""
    return connection.execute("SELECT count(*) > 0 FROM pg_stat_activity "
                              "WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))").fetchone()[0]


@pytest.mark.parametrize("spoil", ["plan", "scope", "limited", "revoked"])
def test_only_an_admitted_request_opens_the_rows(superuser, tenant, new_key, worker, spoil):
    key = new_key(requests_per_minute=1)
    if spoil == "limited":
        key.admit(worker)
    if spoil == "revoked":
        key.set("api_keys", revoked_at="now")
    if spoil == "plan":
        superuser.execute("UPDATE organisations SET plan = 'free'")
    with worker.transaction():
        verdict = key.admit(worker, scope="orders:read" if spoil == "scope" else "quotes:read")[0]
        seen = worker.execute("SELECT count(*) FROM quotes").fetchone()
    superuser.execute("UPDATE organisations SET plan = 'team'")
    assert (verdict, seen) == (spoil, (0,))


def test_an_uncounted_request_sees_the_limit_and_does_not_spend_it(new_key, worker):
    key = new_key(requests_per_minute=2)
    key.admit(worker)
    before = key.window("xmin, ctid, last_at")
    assert [key.admit(worker, counted=False)[:3] for _ in range(3)] == [("admitted", 2, 1)] * 3
    key.admit(worker)
    assert key.admit(worker)[0] == "limited"
    verdict, _, remaining, reset = key.admit(worker, counted=False)
    assert (verdict, remaining) == ("admitted", 0) and 0 < reset <= MINUTE
    assert before != key.window("xmin, ctid, last_at")
    assert key.counted() == 2


def test_last_use_is_the_last_counted_request(new_key, worker):
    key = new_key(requests_per_minute=2)
    assert key.window("last_at") == (None,)
    key.admit(worker, counted=False)
    assert key.window("last_at") == (None,)
    key.admit(worker, scope="orders:read")  # refused, but it was used
    first = key.window("last_at")
    assert key.window("clock_timestamp() - last_at BETWEEN '0' AND '1 minute'") == (True,)
    key.admit(worker)
    assert key.window("last_at") > first
    used = key.window("last_at")
    assert key.admit(worker)[0] == "limited"
    assert key.window("last_at") == used


def test_a_refused_request_writes_and_locks_nothing(new_key, worker):
    key = new_key(requests_per_minute=1)
    key.admit(worker)
    before = key.window("xmin, xmax, ctid")
    for _ in range(20):
        with worker.transaction():
            assert key.admit(worker)[0] == "limited"
            assert worker.execute("SELECT pg_current_xact_id_if_assigned()").fetchone() == (None,)
    assert key.window("xmin, xmax, ctid") == before


def test_a_refused_request_does_not_wait_for_the_row(superuser, new_key, worker, connect):
    key = new_key(requests_per_minute=1)
    key.admit(worker)
    holder = connect("postgres")
    with holder.transaction():
        holder.execute("SELECT FROM key_window WHERE key_id = %s FOR UPDATE", [key.key_id])
        worker.execute("SET lock_timeout = '10ms'")
        assert key.admit(worker)[0] == "limited"


def test_a_counted_request_does_not_wait_for_the_disk(new_key, worker):
    key = new_key()
    with worker.transaction():
        key.admit(worker)
        assert worker.execute("SHOW synchronous_commit").fetchone() == ("off",)
    assert worker.execute("SHOW synchronous_commit").fetchone() == ("on",)


@pytest.mark.parametrize("wanted, expected", [
    (None, "remote_write"), ("", "remote_write"), ("off", "off"), ("local", "local"), ("on", "on")])
def test_with_a_synchronous_standby_a_counted_request_waits_for_that_or_as_the_operator_says(
        superuser, new_key, worker, wanted, expected):
    key = new_key()
    set_standbys(superuser, worker, "nobody")
    try:
        if wanted is not None:
            worker.execute("SELECT set_config('kabaido.admission_commit', %s, false)", [wanted])
        with worker.transaction(force_rollback=True):  # its commit would wait for ever
            assert key.admit(worker)[0] == "admitted"
            assert worker.execute("SHOW synchronous_commit").fetchone() == (expected,)
    finally:
        set_standbys(superuser, worker, "")


def set_standbys(superuser, connection, names):
    """Returns when this connection knows."""
    superuser.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
    superuser.execute("SELECT pg_reload_conf()")
    end = time.monotonic() + 30
    while connection.execute("SHOW synchronous_standby_names").fetchone() != (names,):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_update_of_the_window_touches_no_index(superuser, new_key, worker):
    """HOT: all versions of the row stay on its page, so that a hot key costs no vacuum."""
    key = new_key(requests_per_minute=600)
    page = key.window("(ctid::text::point)[0]")
    for _ in range(300):
        key.admit(worker)
    assert key.window("(ctid::text::point)[0]") == page


@pytest.mark.parametrize("ages, quota, opens_at_age", [
    ((59.7,), 1, 59.7),
    ((59.7, 30, 20), 3, 59.7),
    ((59.9, 59.8, 59.7, 59.6, 59.5), 3, 59.7),  # the limit was lowered from 5
])
def test_waiting_out_the_reset_is_enough(new_key, worker, ages, quota, opens_at_age):
    key = new_key(requests_per_minute=quota)
    key.fill(*ages)
    verdict, _, _, reset = key.admit(worker)
    assert verdict == "limited"
    assert reset <= (60 - opens_at_age) * SECOND
    time.sleep(reset / SECOND)
    assert key.admit(worker)[0] == "admitted"


def test_the_reset_is_never_more_than_a_minute(new_key, worker):
    """Also where a request that came later was faster, and stands in the log ahead of its time."""
    key = new_key(requests_per_minute=1)
    key.fill(-1.5)
    verdict, _, _, reset = key.admit(worker)
    assert verdict == "limited" and reset <= MINUTE


def test_many_at_once_are_admitted_up_to_the_limit_and_not_one_more(new_key, connect):
    key = new_key(requests_per_minute=100)
    connections = [connect("kabaido_worker") for _ in range(16)]
    answers = sum(together(connections, lambda worker: [key.admit(worker)[:3] for _ in range(25)]),
                  [])
    admitted = sorted(answer[2] for answer in answers if answer[0] == "admitted")
    assert admitted == list(range(100))  # each number of requests left was told once
    assert sum(answer == ("limited", 100, 0) for answer in answers) == 300
    assert key.counted() == 100


def test_no_request_is_lost_when_the_hour_turns(superuser, new_key, connect):
    connections = [connect("kabaido_worker") for _ in range(8)]
    for _ in range(20):
        key = new_key()
        key.set("key_window", hour="2026-06-01T10:00:00Z", base="2026-06-01T10:30:00Z",
                hour_requests=1000)
        assert together(connections, lambda worker: key.admit(worker)[0]) == ["admitted"] * 8
        assert superuser.execute("SELECT hour, requests FROM usage_hourly "
                                 "WHERE key_id = %s AND hour < '2026-06-02'",
                                 [key.key_id]).fetchall() == [
            (datetime.datetime(2026, 6, 1, 10, tzinfo=datetime.timezone.utc), 1000)]
        assert key.counted() == 1008
        assert key.window("hour > '2026-06-02', cardinality(admitted)") == (True, 8)


def test_an_hour_that_came_back_is_added_to(superuser, player, tenant):
    """The clock was set back over a full hour: both stretches belong to the same hour."""
    org_id, key_id, _ = player.key
    superuser.execute("DELETE FROM usage_hourly WHERE key_id = %s", [key_id])
    for hour, counted in (("10:59", 3), ("11:00", 4), ("10:30", 5), ("11:30", 6), ("12:00", 0)):
        superuser.execute("SELECT window_mend(%s, %s, %s)", [org_id, key_id, f"2026-06-01T{hour}Z"])
        superuser.execute("UPDATE key_window SET hour_requests = hour_requests + %s "
                          "WHERE key_id = %s", [counted, key_id])
    found = superuser.execute("SELECT extract(hour FROM hour)::int, requests FROM usage_hourly "
                              "WHERE key_id = %s AND hour > '2026-06-01' ORDER BY 1",
                              [key_id]).fetchall()
    assert found == [(10, 8), (11, 10)]


def test_mending_waits_for_the_row_before_it_looks_at_the_clock(superuser, new_key, connect):
    """What others were admitted while it waited is no entry from the future."""
    key = new_key()
    key.set("key_window", hour="2026-06-01T10:00:00Z", base="2026-06-01T10:30:00Z")
    waiting, quick = connect("kabaido_worker"), connect("postgres")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with quick.transaction():
            quick.execute("SELECT FROM key_window WHERE key_id = %s FOR UPDATE", [key.key_id])
            verdict = pool.submit(key.admit, waiting)
            while superuser.execute("SELECT wait_event_type IS DISTINCT FROM 'Lock' "
                                    "FROM pg_stat_activity WHERE pid = %s",
                                    [waiting.info.backend_pid]).fetchone()[0]:
                time.sleep(0.01)
            assert key.admit(quick)[0] == "admitted"
            moment, = quick.execute("SELECT last_at FROM key_window WHERE key_id = %s",
                                    [key.key_id]).fetchone()
        assert verdict.result()[0] == "admitted"
    assert key.window("base + admitted[1] * interval '1 microsecond', cardinality(admitted)") == (
        moment, 2)
    assert key.counted() == 2
