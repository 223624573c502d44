"""A full disk under PostgreSQL: writes are refused while it lasts, reads go on, and nothing is half there."""

import contextlib
import os
import shutil
import subprocess
import time

import psycopg
import pytest

from conftest import times
from harness import is_away, is_running, wait_until


@pytest.fixture
def small_disk(stack):
    """small_disk(name, megabytes): a file system of that size that PostgreSQL's user may write to."""
    with contextlib.ExitStack() as disks:
        def make(name, megabytes):
            path = stack.folder / name
            path.mkdir()
            disks.callback(path.rmdir)
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", path],
                                  capture_output=True, text=True)
            if done.returncode != 0:
                pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")
            # Lazily: a backend keeps a file open that is no table any more.
            disks.callback(subprocess.run, ["umount", "--lazy", path], check=True)
            owner = (stack.files / "pg").stat()
            os.chown(path, owner.st_uid, owner.st_gid)
            return path
        yield make


@contextlib.contextmanager
def filled(disk):
    """Not a byte is left on it."""
    ballast = disk / "ballast"
    try:
        with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(65536))
        with open(ballast, "ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(512))
        yield
    finally:
        ballast.unlink()


TABLES = ("products", "messages")


@pytest.fixture
def tables_apart(stack, small_disk):
    """Some tables on a small disk of their own."""
    disk = small_disk("tables", 256)
    stack.sql(f"CREATE TABLESPACE small LOCATION '{disk}'", user="postgres")
    move_tables(stack, "small")
    yield disk
    move_tables(stack, "pg_default")
    stack.sql("CHECKPOINT", user="postgres")  # files that are no longer needed go
    stack.sql("DROP TABLESPACE small", user="postgres")


def move_tables(stack, place):
    for table in TABLES:
        stack.sql(f"ALTER TABLE {table} SET TABLESPACE {place}", user="postgres")


def test_no_room_for_data(stack, recorded, tables_apart):
    workers = stack.worker_pids()
    with recorded("the disk is full (tables)", times(1, 10)) as recorder:
        for _ in range(times(1, 10)):
            with filled(tables_apart):
                begin = time.monotonic()
                wait_until(lambda begin=begin: sum(one.start > begin for one in recorder.failures) > 50, 60,
                           "there was room")
                recorder.wait_for(100)
            back = time.monotonic()
            recorder.wait_for(100)
            assert not [failure for failure in recorder.failures if failure.start > back]
    assert all(map(is_away, recorder.failures))
    assert {failure.what.partition(" ")[0] for failure in recorder.failures} == {"POST"}
    assert stack.worker_pids() == workers


@pytest.fixture
def log_apart(stack, small_disk):
    """PostgreSQL's write-ahead log on a small disk of its own."""
    log = stack.files / "pg/pg_wal"
    stack.stop_postgres()
    used = sum(path.stat().st_size for path in log.rglob("*") if path.is_file()) >> 20
    disk = small_disk("wal", used + 100)
    move_log(log, disk / "pg_wal")
    log.symlink_to(disk / "pg_wal")
    stack.start_postgres()
    yield disk
    stack.stop_postgres()
    log.unlink()
    move_log(disk / "pg_wal", log)
    stack.start_postgres()


def move_log(source, target):
    subprocess.run(["cp", "--archive", source, target], check=True)
    shutil.rmtree(source)


def fill_log(stack, recorder):
    """Until PostgreSQL gives up for want of a next file: that is a crash, at some moment of this."""
    begin, postmaster = time.monotonic(), stack.pid("postgres")

    def has_given_up():
        recorder.crashed()
        with contextlib.suppress(psycopg.Error):
            stack.sql("SELECT pg_switch_wal()", user="postgres")
        return not is_running(postmaster) or any(one.start > begin for one in recorder.failures)

    wait_until(has_given_up, 60, "PostgreSQL goes on", interval=0.05)


def test_no_room_for_the_write_ahead_log(stack, recorded, log_apart):
    """PostgreSQL stops by itself then. With room again it recovers what it had promised."""
    workers = stack.worker_pids()
    with recorded("the disk is full (write-ahead log)", times(1, 3)) as recorder:
        for _ in range(times(1, 3)):
            with filled(log_apart):
                fill_log(stack, recorder)
                recorder.crashed()
                seen = len(recorder.failures)
                wait_until(lambda seen=seen: len(recorder.failures) > seen + 20, 60, "it is served")
            stack.stop_postgres("immediate")
            stack.start_postgres()
            back = time.monotonic()
            time.sleep(1)
            recorder.wait_for(100)
            assert not [failure for failure in recorder.failures if failure.start > back + 1]
    assert all(map(is_away, recorder.failures))
    assert stack.worker_pids() == workers
