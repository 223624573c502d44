"""Workers and their master killed: what fails is what they had in their hands, and others follow."""

import datetime
import json
import os
import pathlib
import random
import re
import signal
import threading
import time

from conftest import times
from harness import is_away, is_running, wait_until

WORKERS = 4


def events(stack, since=0):
    """The workers' log from this line on: (seconds since the epoch, message)."""
    return [(datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp(),
             event["message"])
            for event in map(json.loads, stack.log("api.log").splitlines()[since:])]


def messages(stack, since=0):
    return [message for _, message in events(stack, since)]


def log_length(stack):
    return len(stack.log("api.log").splitlines())


def kill(stack, pid):
    """Kills a worker and returns the seconds until another has taken its place."""
    start = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    count = int(stack.settings["KABAIDO_WORKERS"])

    def replaced():
        pids = stack.worker_pids()
        return pid not in pids and len(pids) == count

    wait_until(replaced, 30, "it is not replaced", interval=0.002)
    return time.monotonic() - start


def test_a_killed_worker_takes_only_the_request_in_its_hands_along(stack, workers, waiting, key):
    """Those that queue behind it are served by the next."""
    workers(patience=20, KABAIDO_WORKERS=1)
    held = waiting(1)
    statuses = []
    queue = [threading.Thread(target=lambda: statuses.append(
        stack.get("/api/v1/key", key).status_code)) for _ in range(5)]
    for thread in queue:
        thread.start()
    time.sleep(0.2)  # so that most of them do queue
    kill(stack, stack.worker_pids()[0])
    for thread in queue:
        thread.join()
    assert statuses == [200] * 5
    assert held.statuses() == [503]
    assert held.answers[0].json()["code"] == "unavailable"
    assert held.answers[0].headers["Retry-After"] == "1"


def test_under_load_each_killed_worker_costs_one_request_at_most(stack, recorded):
    since = log_length(stack)
    delays = []
    with recorded("a worker is killed", times(10, 200)) as recorder:
        for _ in range(times(10, 200)):
            time.sleep(random.uniform(0, 0.1))
            delays.append(kill(stack, random.choice(stack.worker_pids())))
        recorder.wait_for(50)
    assert all(map(is_away, recorder.failures))
    assert len(recorder.failures) <= len(delays)
    assert [text for text in messages(stack, since) if text.endswith("was killed by signal 9 (Killed)")]
    # The contract's second; a machine that is busy with other things may miss it now and then.
    assert sorted(delays)[len(delays) // 2] < 1


def test_all_workers_killed_at_once(stack, busy):
    with busy() as crowd:
        before = stack.worker_pids()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(set(stack.worker_pids()) - set(before)) == WORKERS, 30)
        crowd.wait_for(50)
    failures = [seen for seen in crowd.seen if seen.status != 200]
    assert all(map(is_away, failures))
    assert len(failures) <= WORKERS


def test_a_worker_that_dies_again_and_again_is_spaced_out(stack, workers, key):
    """Each life of less than a second doubles the pause before the next, up to 800 ms."""
    workers(KABAIDO_WORKERS=1, KABAIDO_LOG_LEVEL="debug")
    since = log_length(stack)
    pause, pauses = 0, []
    started = time.time() - 60
    for _ in range(60):
        pid, = wait_until(stack.worker_pids, 30)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: any(text.endswith(" started") for text in messages(stack, since)), 30)
        (died, _), (restarted, _) = events(stack, since)[-2:]
        since = log_length(stack)
        pause = 0 if died - started >= 1 else min(max(50, 2 * pause), 800)
        pauses.append(restarted - died)
        assert pauses[-1] >= pause / 1000 - 0.002, (pause, pauses)
        started = restarted
        if pause == 800 and len(pauses) > 6:
            break
    assert pause == 800, pauses
    assert sorted(pauses)[len(pauses) // 2] < 1
    assert stack.get("/api/v1/key", key).status_code == 200


def test_a_worker_that_is_told_to_leave_finishes_and_is_replaced(stack, workers, waiting):
    workers(patience=20, KABAIDO_WORKERS=1)
    since = log_length(stack)
    held = waiting(1)
    former, = stack.worker_pids()
    os.kill(former, signal.SIGTERM)
    time.sleep(0.2)
    assert stack.worker_pids() == [former]
    held.let_go()
    assert held.statuses() == [200]
    wait_until(lambda: stack.worker_pids() not in ([], [former]), 30)
    assert f"worker {former} ended with status 0" in messages(stack, since)


def test_signals_of_a_terminal_are_the_masters_business(stack, key):
    before = stack.worker_pids()
    for pid in before:
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            os.kill(pid, number)
    assert stack.get("/api/v1/key", key).status_code == 200
    assert stack.worker_pids() == before


def test_a_master_that_is_killed_takes_its_workers_along(stack, workers, waiting, key, busy):
    """They finish what is in their hands, and the next start takes the socket that stays behind."""
    workers(patience=20)
    held = waiting(2)
    pool = [stack.master_pid, *stack.worker_pids()]
    os.kill(stack.master_pid, signal.SIGKILL)
    wait_until(lambda: sum(map(is_running, pool)) == 2, 30, "idle workers stay")
    late = []
    client = threading.Thread(target=lambda: late.append(stack.get("/api/v1/key", key)))
    client.start()
    held.let_go()
    assert held.statuses() == [200, 200]
    wait_until(lambda: not any(map(is_running, pool)), 30, "workers stay behind")
    client.join()
    assert (late[0].status_code, late[0].json()["code"]) == (503, "unavailable")
    assert (stack.files / "sockets/api/api.sock").is_socket()
    stack.start("api")
    with busy() as crowd:
        crowd.wait_for(20)
    assert {seen.status for seen in crowd.seen} == {200}


def test_a_master_that_is_killed_under_load(stack, recorded):
    """Workers that always find somebody waiting leave all the same. It is started again at once, as
    systemd does."""
    with recorded("the master is killed", times(2, 20)) as recorder:
        for _ in range(times(2, 20)):
            pool = [stack.master_pid, *stack.worker_pids()]
            os.kill(stack.master_pid, signal.SIGKILL)
            wait_until(lambda pool=pool: not any(map(is_running, pool)), 30, "workers stay behind")
            stack.start("api")
            back = time.monotonic()
            recorder.wait_for(50)
    assert all(map(is_away, recorder.failures))
    assert not [failure for failure in recorder.failures if failure.start > back]


def test_no_core_and_no_debugger_gets_at_a_workers_memory(stack):
    for pid in stack.worker_pids():
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.M)
        # What cannot be dumped belongs to root, whoever runs it.
        assert os.stat(f"/proc/{pid}/environ").st_uid == 0
