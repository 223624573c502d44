"""The primary dies, crashes, is cut off or hands over, under write load on both API hosts: 503 while it
lasts, for no longer than the lease and two seconds, and nothing lost, doubled or admitted twice."""

import os
import signal
import time

from conftest import ASKING, GRACE, SLOWNESS, times
from harness import is_away, refused, wait_until
from harness.cluster import DATABASE_HOSTS, LEASE

CUT_OFF = LEASE + GRACE + ASKING
LOCK = 5  # seconds: lock_timeout in sql/roles.sql


def others(old):
    return [host for host in DATABASE_HOSTS if host != old]


# --- Killed ---------------------------------------------------------------------------------


def test_the_primarys_host_dies(cluster, failovers):
    """PostgreSQL, Patroni and the member of etcd at once; the lease has to run out."""
    with failovers("the primary's host dies") as tried:
        for _ in range(times(1, 10)):
            with tried.one(LEASE + GRACE, lambda: cluster.start_host(old)) as old:
                cluster.kill(old)


def test_postgresql_is_killed(cluster, failovers):
    """Its Patroni gives the lease up; nobody waits for it to recover (primary_start_timeout)."""
    with failovers("PostgreSQL of the primary is killed") as tried:
        for _ in range(times(1, 10)):
            with tried.one() as old:
                cluster.kill_postgres(old)


# --- Cut off --------------------------------------------------------------------------------


def test_the_primary_is_cut_off_from_all(cluster, failovers):
    """No word of it reaches anybody: connections that lead nowhere have to be noticed."""
    with failovers("the primary is cut off from all") as tried:
        for _ in range(times(1, 10)):
            with tried.one(CUT_OFF, lambda: cluster.heal(old)) as old:
                cluster.cut(old)


def test_the_primary_is_cut_off_but_one_api_host_still_reaches_it(cluster, failovers):
    """It may confirm nothing to that host, and admit nobody: neither could the new primary know."""
    with failovers("the same, one API host reaches it") as tried:
        for _ in range(times(1, 10)):
            with tried.one(CUT_OFF, lambda: cluster.heal(old)) as old:
                cluster.cut(old, *others(old), "api2")
                cut = time.monotonic()
                wait_until(lambda: cluster.primary() not in (None, old), 60, "no other primary")
                elected = time.monotonic()
            # Of what began once the cable was out and ended before there was another primary, nothing was
            # answered, on either host. (Seconds for what was on its way, and for us to learn of it.)
            assert tried.recorder.count(cut + 1, elected - 3) == 0


# --- Planned --------------------------------------------------------------------------------


def test_the_primary_hands_over(cluster, failovers):
    with failovers("planned switchover") as tried:
        for _ in range(times(1, 10)):
            with tried.one(10, of="outage"):  # it takes a while to begin
                cluster.switchover()


# --- What is no failover --------------------------------------------------------------------


def test_a_standby_that_dies_holds_writes_up_for_a_moment_only(cluster, failovers):
    """The synchronous one: its connection ends at once, and the other takes its place."""
    with failovers("the synchronous standby dies") as tried:
        for _ in range(times(1, 3)):
            standby = synchronous(cluster)
            begin = time.monotonic()
            cluster.kill(standby)
            wait_until(lambda: synchronous(cluster) not in (None, standby), 40)
            wait_until(lambda begin=begin: written_by_all_since(tried, begin), 40)
            assert time.monotonic() - begin < LEASE + SLOWNESS
            cluster.start_host(standby)
            cluster.wait_until_whole()


def synchronous(cluster):
    return next((name for name, one in cluster.members().items() if one["role"] == "sync_standby"), None)


def written_by_all_since(tried, begin):
    return all(any(moment > begin + 1 for moment in list(client.sender.written))
               for client in tried.recorder.clients)


def test_patroni_alone_dies_and_comes_back(cluster, failovers):
    """As where systemd starts it again: the lease is not over, and nobody notices."""
    with failovers("Patroni of the primary dies, is started") as tried:
        for _ in range(times(1, 3)):
            old = cluster.primary()
            os.kill(cluster.patroni_pid(old), signal.SIGKILL)
            time.sleep(1)
            cluster.start_host(old)
            time.sleep(LEASE)
            assert cluster.primary() == old
            cluster.wait_until_whole()
            assert tried.recorder.failures == []


def test_patroni_alone_dies_for_good(cluster, failovers):
    """Another becomes primary, while PostgreSQL of the old one goes on and nobody tells it. It confirms
    nothing and admits nobody: what reaches it gets 503. It ends when Patroni is there again."""
    with failovers("Patroni of the primary dies for good") as tried:
        old = cluster.primary()
        os.kill(cluster.patroni_pid(old), signal.SIGKILL)
        try:
            wait_until(lambda: any(cluster.is_primary(host) for host in others(old)), 60)
            # A worker leaves it when it has let it wait once: for a commit as long as a request may take,
            # for what such a commit has locked no longer than that.
            wait_until(settled(cluster, tried), 25 + LOCK + SLOWNESS, interval=0.2)
            back = time.monotonic()
            tried.recorder.wait_for(50)
            os.kill(cluster.postmaster(old), 0)  # it is still there
        finally:
            cluster.start_host(old)
        cluster.wait_until_whole()
        tried.recorder.wait_for(100)
        assert all(map(is_away, tried.recorder.failures))
        assert not [one for one in tried.recorder.failures if one.start > back]


def settled(cluster, tried):
    """A condition: all workers have stayed at the new primary for longer than one waits for a lock, and all
    clients wrote. Before a standby follows, the new one makes them wait as well, and who has waited asks the
    other hosts first: the old one would have it again."""
    since = None

    def condition():
        nonlocal since
        if cluster.workers_at(cluster.primary()) != 8:
            since = None
            return False
        since = since or time.monotonic()
        return time.monotonic() > since + LOCK + 1 and written_by_all_since(tried, since)
    return condition


def test_a_key_that_was_revoked_at_the_new_primary_is_dead_at_a_host_that_knows_the_old_one_only(
        cluster, quote):
    """The first API host reaches the old primary and nobody else: it serves nobody, also not the key."""
    key = cluster.new_key(limit=1000000)
    first, second = cluster.by(0), cluster.by(1)
    old = cluster.primary()
    assert first.get(quote, key).status_code == second.get(quote, key).status_code == 200
    cluster.cut(old, *others(old), "api2")
    try:
        wait_until(lambda: cluster.primary() not in (None, old), 60, "no other primary")
        new = cluster.primary()
        revoke_at(cluster, new, key)
        answers = [first.get(quote, key) for _ in range(3)]
        assert {answer.status_code for answer in answers} <= {401, 503}
        wait_until(lambda: first.get(quote, key).status_code == 401, 30)
        refused(second.get(quote, key), 401, "revoked_key")
    finally:
        cluster.heal(old)


def revoke_at(cluster, host, key):
    """At this database host, whoever is primary to the others."""
    cluster.env, env = {**cluster.env, "PGHOST": str(cluster.files / host / "sockets/pg")}, cluster.env
    try:
        cluster.sql("UPDATE api_keys SET revoked_at = now() WHERE key_id = (SELECT key_id FROM credentials "
                    "WHERE public_id = %s)", [key[9:17]])
    finally:
        cluster.env = env
