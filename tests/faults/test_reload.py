"""Reload and stop: no request is lost, and what is not sound is not taken."""

import json
import os
import shutil
import signal
import threading
import time

import pytest

from conftest import times
from harness import is_away, is_running, refused, wait_until


@pytest.fixture(autouse=True)
def as_before(stack):
    """The program and its environment file as they were, whatever a test put in their place."""
    kept = stack.folder / "kept"
    shutil.copytree(stack.files / "bin", kept / "bin")
    shutil.copy(stack.files / "api.env", kept / "api.env")
    yield
    shutil.copytree(kept / "bin", stack.files / "bin.new")
    shutil.rmtree(stack.files / "bin")
    (stack.files / "bin.new").rename(stack.files / "bin")
    shutil.move(kept / "api.env", stack.files / "api.env")
    shutil.rmtree(kept)


def configure(stack, **settings):
    """Adds to the environment file of the workers."""
    with open(stack.files / "api.env", "a", encoding="utf-8") as file:
        file.writelines(f"{name}='{value}'\n" for name, value in settings.items())


def replace_program(stack, write):
    """Puts another program where the workers' is, as an upgrade does: a new file by the same name."""
    path = stack.files / "bin/kabaido-api"
    fresh = path.with_name("fresh")
    write(fresh)
    fresh.rename(path)
    return path


def program_of(pid):
    """The inode of the program that a process runs."""
    return os.stat(f"/proc/{pid}/exe").st_ino


def messages(stack, since=0):
    return [json.loads(line)["message"] for line in stack.log("api.log").splitlines()[since:]
            if line.startswith("{")]


def log_length(stack):
    return len(stack.log("api.log").splitlines())


def reload(stack):
    """Reloads and waits until none of the former workers is left. Returns the new ones."""
    former = set(stack.worker_pids())
    stack.reload_workers()
    wait_until(lambda: stack.worker_pids() and not former & set(stack.worker_pids()), 30,
               "former workers stay")
    return stack.worker_pids()


def reload_refused(stack):
    """Reloads, and waits until that was refused."""
    since = log_length(stack)
    stack.reload_workers()
    wait_until(lambda: any(text.startswith("reload refused: ") for text in messages(stack, since)), 30)
    return messages(stack, since)


# --- Reload ---------------------------------------------------------------------------------


def test_reloads_under_load_lose_nothing(stack, recorded):
    master = stack.master_pid
    with recorded("reload", times(3, 50)) as recorder:
        for _ in range(times(3, 50)):
            reload(stack)
            recorder.wait_for(20)
    assert recorder.failures == [] and recorder.resent == 0
    assert stack.pid("api") == master and is_running(master)
    assert len(stack.worker_pids()) == 4


def test_a_burst_of_reloads_under_load(stack, busy):
    with busy() as crowd:
        for _ in range(20):
            stack.reload_workers()
            time.sleep(0.01)
        crowd.wait_for(50)
        reload(stack)
    assert {seen.status for seen in crowd.seen} == {200}
    wait_until(lambda: len(stack.worker_pids()) == 4, 30)


def test_a_reload_takes_the_new_configuration(stack, busy):
    with busy() as crowd:
        configure(stack, KABAIDO_WORKERS=2)
        assert len(reload(stack)) == 2
        configure(stack, KABAIDO_WORKERS=6)
        assert len(reload(stack)) == 6
        crowd.wait_for(20)
    assert {seen.status for seen in crowd.seen} == {200}


def test_an_option_that_is_gone_has_its_default_again(stack, workers):
    """What an environment file added does not stay in the environment."""
    configure(stack, KABAIDO_WORKERS=2)
    assert len(reload(stack)) == 2
    lines = (stack.files / "api.env").read_text().splitlines(keepends=True)
    (stack.files / "api.env").write_text(
        "".join(line for line in lines if not line.startswith("KABAIDO_WORKERS=")))
    assert len(reload(stack)) == 4


def test_a_reload_takes_the_new_program(stack, recorded):
    with recorded("upgrade of the program, reload", times(2, 20)) as recorder:
        for _ in range(times(2, 20)):
            former = program_of(stack.master_pid)
            path = replace_program(
                stack, lambda fresh: shutil.copy(stack.files / "bin/kabaido-api", fresh))
            pids = reload(stack)
            recorder.wait_for(20)
            assert {program_of(pid) for pid in (stack.master_pid, *pids)} == {path.stat().st_ino}
            assert path.stat().st_ino != former
    assert recorder.failures == [] and recorder.resent == 0


def test_reloads_of_the_web_server_lose_nothing(stack, recorded):
    """Its former processes close their idle connections. Who sends just then asks again on a new one,
    unless it is a write without an Idempotency-Key, which may not be repeated: that was not begun."""
    with recorded("nginx reload", times(3, 50)) as recorder:
        for _ in range(times(3, 50)):
            former = set(stack.children("nginx"))
            stack.signal("nginx", signal.SIGHUP)
            wait_until(lambda former=former: stack.children("nginx")
                       and not former & set(stack.children("nginx")), 60, "former processes stay")
            recorder.wait_for(20)
    assert all(failure.status is None and failure.what.startswith("POST") for failure in recorder.failures)
    assert len(recorder.failures) == recorder.verdict.absent


def test_a_request_in_hand_is_finished_by_who_began_it(stack, workers, waiting, key):
    workers(patience=20, KABAIDO_WORKERS=2)
    former = stack.worker_pids()
    held = waiting(2)
    stack.reload_workers()
    wait_until(lambda: len(set(stack.worker_pids()) - set(former)) == 2, 30)
    # Both of the former are busy: who answers is new.
    assert [stack.get("/api/v1/key", key).status_code for _ in range(5)] == [200] * 5
    assert set(former) < set(stack.worker_pids())
    held.let_go()
    assert held.statuses() == [200, 200]
    wait_until(lambda: not set(former) & set(stack.worker_pids()), 30)


def test_what_is_waiting_is_left_to_the_new(stack, workers, waiting, key, quote):
    """Under load somebody is always waiting, and the former workers would never leave."""
    workers(patience=20, KABAIDO_WORKERS=1)
    assert stack.get(quote, key).status_code == 200
    former, backend = stack.worker_pids()[0], stack.worker_backends()[0]
    held = waiting(1)
    stack.reload_workers()
    wait_until(lambda: len(stack.worker_pids()) == 2, 30)
    statuses = []
    clients = [threading.Thread(target=lambda path=path: statuses.append(
        stack.get(path, key).status_code)) for path in (quote, "/api/v1/key")]
    clients[0].start()
    wait_until(lambda: len(held.backends()) == 2, 20, "the new worker is not busy")
    clients[1].start()
    time.sleep(0.5)  # so that it does wait
    stack.sql("SELECT pg_cancel_backend(%s)", [backend], user="postgres")
    assert held.statuses() == [503]
    wait_until(lambda: not is_running(former), 20, "the former worker stays")
    assert statuses == []
    held.let_go()
    for client in clients:
        client.join()
    assert statuses == [200, 200]


def test_a_former_worker_that_does_not_leave_is_killed(stack, workers, waiting, key):
    workers(patience=20, KABAIDO_WORKERS=1, KABAIDO_DRAIN_SECONDS=1)
    since = log_length(stack)
    former, = stack.worker_pids()
    held = waiting(1)
    stack.reload_workers()
    assert held.statuses() == [503]
    refused(held.answers[0], 503, "unavailable")
    wait_until(lambda: not is_running(former))
    assert "1 workers from before a reload did not finish in 1 s and are killed" \
        in messages(stack, since)
    assert stack.get("/api/v1/key", key).status_code == 200


# --- What is not sound ----------------------------------------------------------------------


@pytest.mark.parametrize("spoil, reason", [
    (lambda stack: configure(stack, KABAIDO_WORKERS="many"),
     "KABAIDO_WORKERS is 'many': it must be a whole number"),
    (lambda stack: configure(stack, KABAIDO_LOG_LEVEL="loud"),
     "KABAIDO_LOG_LEVEL is 'loud': it must be debug, info, warning or error"),
    (lambda stack: (stack.files / "api.env").write_text("nonsense\n"),
     "api.env, line 1: a line must be NAME=VALUE"),
    (lambda stack: (stack.files / "api.env").unlink(), "api.env: No such file or directory"),
    (lambda stack: (stack.files / "bin/kabaido-api").unlink(), "No such file or directory"),
    (lambda stack: (stack.files / "bin/kabaido-api").chmod(0o644), "Permission denied"),
    (lambda stack: replace_program(stack, lambda fresh: write_program(fresh, b"\x7fELF nonsense")),
     "Exec format error"),
    (lambda stack: replace_program(stack, lambda fresh: write_program(fresh, b"")),
     "Exec format error"),
    (lambda stack: replace_program(stack, lambda fresh: write_program(fresh, b"#!/bin/false\n")), ""),
], ids=["number", "level", "line", "no file", "no program", "no permission", "garbage", "empty",
        "fails"])
def test_what_is_not_sound_is_refused_and_the_old_goes_on(stack, busy, spoil, reason):
    pids = [stack.master_pid, *stack.worker_pids()]
    with busy() as crowd:
        spoil(stack)
        said = reload_refused(stack)
        crowd.wait_for(50)
    assert any(reason in text for text in said[:-1] or [""])
    assert said[-1].startswith("reload refused: ")
    assert {seen.status for seen in crowd.seen} == {200}
    assert [stack.master_pid, *stack.worker_pids()] == pids


def write_program(path, content):
    path.write_bytes(content)
    path.chmod(0o755)


def test_after_a_refusal_a_sound_one_is_taken(stack):
    sound = (stack.files / "api.env").read_text()
    configure(stack, KABAIDO_WORKERS=0)
    reload_refused(stack)
    (stack.files / "api.env").write_text(sound)
    configure(stack, KABAIDO_WORKERS=3)
    assert len(reload(stack)) == 3


# --- Stop -----------------------------------------------------------------------------------


@pytest.fixture
def stopped(stack):
    """Tells the master to stop; afterwards it is started again."""
    def stop(number=signal.SIGTERM):
        master = stack.master_pid
        os.kill(master, number)
        return master
    yield stop
    wait_until(lambda: not is_running(stack.master_pid), 60)
    stack.start("api")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_loses_nothing(stack, stopped, busy, number):
    """Whoever reached the socket is answered; whoever comes later is told that nobody is there."""
    errors = len(stack.log("error.log").splitlines())
    since = log_length(stack)
    with busy() as crowd:
        master = stopped(number)
        wait_until(lambda: not is_running(master), 30)
        crowd.wait_for(20)
    assert all(seen.status == 200 or is_away(seen) for seen in crowd.seen)
    assert any(seen.status == 503 for seen in crowd.seen)
    for line in stack.log("error.log").splitlines()[errors:]:
        # Not "prematurely closed connection" or "reset by peer": that would be a request lost.
        assert "failed (2: No such file or directory) while connecting to upstream" in line
    assert messages(stack, since) == ["stopping", "stopped"]
    assert not (stack.files / "sockets/api/api.sock").exists()


def test_a_stop_answers_who_is_waiting(stack, workers, waiting, stopped, key):
    """One in hand and five in the queue."""
    workers(patience=20, KABAIDO_WORKERS=1)
    held = waiting(1)
    statuses = []
    queue = [threading.Thread(target=lambda: statuses.append(
        stack.get("/api/v1/key", key).status_code)) for _ in range(5)]
    for client in queue:
        client.start()
    time.sleep(0.5)  # so that they do wait
    master = stopped()
    wait_until(lambda: not (stack.files / "sockets/api/api.sock").exists())
    assert is_running(master)
    held.let_go()
    for client in queue:
        client.join()
    assert held.statuses() + statuses == [200] * 6
    wait_until(lambda: not is_running(master), 30)


def test_a_stop_waits_for_former_workers_too(stack, workers, waiting, stopped):
    workers(patience=20, KABAIDO_WORKERS=1)
    held = waiting(1)
    stack.reload_workers()
    wait_until(lambda: len(stack.worker_pids()) == 2, 30)
    master = stopped()
    time.sleep(0.5)
    assert is_running(master)
    held.let_go()
    assert held.statuses() == [200]
    wait_until(lambda: not is_running(master), 30)


def test_a_stop_does_not_wait_for_ever(stack, workers, waiting, stopped):
    workers(patience=20, KABAIDO_DRAIN_SECONDS=1)
    since = log_length(stack)
    held = waiting(2)
    pids = stack.worker_pids()
    master = stopped()
    assert held.statuses() == [503, 503]
    for answer in held.answers:
        refused(answer, 503, "unavailable")
    held.let_go()
    wait_until(lambda: not any(map(is_running, [master, *pids])), 30)
    assert "2 workers did not finish in 1 s and are killed" in messages(stack, since)
