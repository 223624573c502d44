"""Clients that are slow, idle or far too many, while others are served as ever."""

import contextlib
import resource
import socket
import ssl

import pytest

from conftest import FULL, times
from harness import Wire, refused, slow


@pytest.fixture(autouse=True)
def undisturbed(stack):
    """Nothing of this costs a worker."""
    before = stack.worker_pids()
    yield
    assert stack.worker_pids() == before


# --- Slow -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", slow.KINDS)
def test_slow_clients_do_not_keep_others_waiting(stack, recorded, kind):
    """Hundreds of them: a request reaches a worker when it is whole, and an answer does not wait there
    for who reads it."""
    with recorded(kind, times(400, 1000)) as recorder:
        with slow.clients(stack, kind, times(400, 1000), to_their_end=FULL) as clients:
            recorder.wait_for(50)
            assert clients.poll() is None, "the slow were gone before others were served"
    assert recorder.failures == []


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
