"""Clients that are slow, idle or far too many, while others are served as ever."""

import contextlib
import os
import pathlib
import resource
import socket
import ssl
import subprocess

import pytest

from conftest import FULL, times
from harness import Wire, refused, wait_until


@pytest.fixture(autouse=True)
def undisturbed(stack):
    """Nothing of this costs a worker."""
    before = stack.worker_pids()
    yield
    assert stack.worker_pids() == before


# --- Slow -----------------------------------------------------------------------------------

SLOW = {
    "slow headers": ["-H", "-i", "3", "-t", "GET"],
    "slow bodies": ["-B", "-i", "3", "-s", "100000", "-f", "application/json"],
    "slow readers": ["-X", "-w", "8", "-y", "16", "-n", "3", "-z", "8", "-k", "3"],
}


@contextlib.contextmanager
def slow_clients(url, kind, count):
    """So many, for 15 seconds at most."""
    with subprocess.Popen(["slowhttptest", *SLOW[kind], "-c", str(count), "-r", str(count), "-l", "15",
                           "-p", "60", "-u", url],
                          stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT) as clients:
        wait_until(lambda: open_connections(clients.pid) > count / 2, 60, "nobody is slow")
        yield clients
        if not FULL:
            clients.terminate()


@pytest.mark.parametrize("kind", SLOW)
def test_slow_clients_do_not_keep_others_waiting(stack, recorded, kind):
    """Hundreds of them: a request reaches a worker when it is whole, and an answer does not wait there
    for who reads it."""
    path = "/api/v1/products/bulk" if kind == "slow bodies" else "/api/v1/openapi.json"
    with recorded(kind, times(400, 1000)) as recorder:
        with slow_clients(stack.url + path, kind, times(400, 1000)) as clients:
            recorder.wait_for(50)
            assert clients.poll() is None, "the slow were gone before others were served"
    assert recorder.failures == []


def open_connections(pid):
    """Of this process, by the kernel's account."""
    try:
        links = [os.readlink(one) for one in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    except FileNotFoundError:
        return 0
    return sum(link.startswith("socket:") for link in links)


# --- Idle -----------------------------------------------------------------------------------


@contextlib.contextmanager
def descriptors(count):
    """Lets this process have so many more open, where the system does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count + 1000:
        if hard < count + 1000:
            pytest.skip(f"{count + 1000} descriptors are needed, and {hard} allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (count + 1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def idle_connection(stack, context, number):
    """One that says nothing at all, one that goes no further than TLS, or one that has been served."""
    if number % 10:
        return socket.create_connection(("localhost", stack.port), timeout=60)
    if number % 20:
        return stack.connection(context)
    wire = Wire(lambda: stack.connection(context))
    status, _, _ = wire.exchange("GET", "/api/v1/openapi.json", {})
    assert status == 200
    return wire.connection


def test_idle_connections_give_way(stack, recorded):
    """More than nginx has places (2 x 2048): it closes the idle that have been so for longest."""
    count = times(5000, 10000)
    context = ssl.create_default_context(cafile=stack.cacert)
    with descriptors(count), recorded("idle connections", count) as recorder, \
            contextlib.ExitStack() as crowd:
        for number in range(count):
            crowd.enter_context(idle_connection(stack, context, number))
        recorder.wait_for(200)
    assert recorder.failures == []


# --- Too much -------------------------------------------------------------------------------


def test_half_a_megabyte_of_headers(stack, recorded):
    """It is refused before it is read to its end."""
    headers = "".join(f"X-Header-{number}: {'x' * 8000}\r\n" for number in range(64))
    request = f"GET /api/v1/key HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()
    assert len(request) > 500_000
    with recorded("half a megabyte of headers", times(20, 200)) as recorder:
        for _ in range(times(20, 200)):
            refused(stack.raw(request), 400, "malformed_request")
        recorder.wait_for(20)
    assert recorder.failures == []
