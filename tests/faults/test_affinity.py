"""Workers and CPUs: who is bound to which, also after a death, a reload, and a start on a part of them."""

import os
import signal

import pytest

from harness import wait_until

CPUS = sorted(os.sched_getaffinity(0))

pytestmark = pytest.mark.skipif(len(CPUS) < 2, reason="there is one CPU, and all workers are on it")


def affinities(stack):
    """The CPUs of each worker, in the order in which they were started."""
    return [sorted(os.sched_getaffinity(pid)) for pid in stack.worker_pids()]


def wait_until_served(stack, count):
    """Until so many workers are connected to the database, which each does after it was bound."""
    wait_until(lambda: stack.metrics().value("kabaido_database_connections") == count, 30)


def round_robin(count):
    return [[CPUS[place % len(CPUS)]] for place in range(count)]


def free(count):
    return [CPUS] * count


@pytest.mark.parametrize("share", [1, 2])
def test_each_cpu_gets_the_same_number_of_workers(stack, workers, share):
    count = share * len(CPUS)
    workers(KABAIDO_WORKERS=count)
    wait_until_served(stack, count)
    assert affinities(stack) == round_robin(count)
    assert sorted(os.sched_getaffinity(stack.master_pid)) == CPUS


@pytest.mark.parametrize("count", [len(CPUS) - 1, len(CPUS) + 1])
def test_workers_stay_free_where_one_cpu_would_get_more_than_another(stack, workers, count):
    workers(KABAIDO_WORKERS=count)
    wait_until_served(stack, count)
    assert affinities(stack) == free(count)


def test_workers_stay_free_when_told_so(stack, workers):
    count = len(CPUS)
    workers(KABAIDO_WORKERS=count, KABAIDO_CPU_AFFINITY="off")
    wait_until_served(stack, count)
    assert affinities(stack) == free(count)


def test_only_the_cpus_that_the_master_may_use_count(stack, workers):
    """As in a container, or after taskset: the last CPU alone, so nobody may go to the first."""
    count = 2 * len(CPUS)
    workers(KABAIDO_WORKERS=count)
    wait_until_served(stack, count)
    stack.stop("api")
    stack.script("start", "api", preexec_fn=lambda: os.sched_setaffinity(0, CPUS[-1:]))
    wait_until_served(stack, count)
    assert affinities(stack) == [CPUS[-1:]] * count


def test_who_takes_the_place_of_one_that_died_takes_its_cpu(stack, workers):
    count = 2 * len(CPUS)
    workers(KABAIDO_WORKERS=count)
    wait_until_served(stack, count)
    for place in (0, 1):
        victim = stack.worker_pids()[place]
        cpus = os.sched_getaffinity(victim)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: victim not in stack.worker_pids()
                   and len(stack.worker_pids()) == count, 30)
        wait_until_served(stack, count)
        assert os.sched_getaffinity(stack.worker_pids()[-1]) == cpus
        assert sorted(affinities(stack)) == sorted(round_robin(count))


def test_after_a_reload_each_worker_has_its_cpu(stack, workers):
    """The master executes itself anew, so it must never have been bound."""
    count = len(CPUS)
    workers(KABAIDO_WORKERS=count)
    former = set(stack.worker_pids())
    stack.reload_workers()
    wait_until(lambda: len(stack.worker_pids()) == count and not former & set(stack.worker_pids()), 30)
    wait_until_served(stack, count)
    assert affinities(stack) == round_robin(count)
