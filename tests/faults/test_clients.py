"""Clients and web servers that go away, or that talk nonsense: the worker goes on with the next."""

import os
import signal
import struct

import pytest
import requests

from harness import fastcgi, keys, records, wait_until


@pytest.fixture
def undisturbed(stack, key, quote):
    """Afterwards the same workers give everybody their own answers."""
    before = stack.worker_pids()
    yield
    assert stack.worker_pids() == before
    for one in (key, stack.key, stack.key_other) * len(before):
        assert stack.get("/api/v1/key", one).json()["prefix"] == keys.prefix(one)
    assert stack.get(quote, key).json()["number"] == "Q-1024"


@pytest.fixture
def large_quote(stack):
    """The path of a quote of several MB, more than any buffer on the way to nginx holds."""
    quote_id = records.add_large_quote(stack)
    yield f"/api/v1/quotes/{quote_id}"
    records.remove_quote(stack, quote_id)


def get_request(path, key):
    return (f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n").encode()


# --- Through nginx --------------------------------------------------------------------------


def test_a_client_that_goes_away_while_its_request_is_in_hand(stack, waiting, key, quote, undisturbed):
    lock = waiting(0)
    client = stack.connection()
    client.sendall(get_request(quote, key))
    wait_until(lambda: len(lock.backends()) == 1, 20)
    client.close()
    wait_until(lambda: any(line["status"] == 499 and line["path"] == quote
                           for line in stack.access_log()), 20, "nginx did not notice")
    lock.let_go()


def test_clients_that_go_away_at_any_moment(stack, key, quote, undisturbed):
    for number in range(100):
        with stack.connection() as client:
            client.sendall(get_request(quote, key)[:None if number % 2 else number])


def test_a_client_that_goes_away_in_the_middle_of_an_answer(stack, large_quote, key, undisturbed):
    for _ in range(8):
        with stack.connection() as client:
            client.sendall(get_request(large_quote, key))
            assert client.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_a_large_answer_is_whole(stack, large_quote, key, undisturbed):
    answer = stack.get(large_quote, key)
    assert [line["position"] for line in answer.json()["lines"]] == list(range(500))


def test_a_web_server_that_is_killed_with_requests_in_hand(stack, waiting, key, undisturbed):
    lock = waiting(0)
    clients = [stack.connection() for _ in range(3)]
    for client in clients:
        client.sendall(get_request(f"/api/v1/quotes/{stack.quote_id}", key))
    wait_until(lambda: len(lock.backends()) >= 1, 20)
    former = stack.children("nginx")
    for pid in former:
        os.kill(pid, signal.SIGKILL)
    for client in clients:
        client.close()
    lock.let_go()

    def serves_again():
        try:
            return not set(former) & set(stack.children("nginx")) \
                and stack.get("/api/v1/key", key).status_code == 200
        except requests.ConnectionError:
            return False

    wait_until(serves_again, 30)


# --- Past nginx -----------------------------------------------------------------------------


def test_a_whole_request_by_hand_is_answered(stack, key, quote):
    """Or the nonsense below would prove nothing."""
    answer = fastcgi.send(stack, fastcgi.request(quote, key))
    assert b"Status: 200" in answer
    assert b'"number":"Q-1024"' in answer


def test_a_web_server_that_goes_away_in_the_middle_of_an_answer(stack, large_quote, key, undisturbed):
    for _ in range(8):
        with fastcgi.connect(stack) as connection:
            connection.sendall(fastcgi.request(large_quote, key))
            assert b"Status: 200" in connection.recv(200)


@pytest.mark.parametrize("content", fastcgi.NONSENSE.values(), ids=fastcgi.NONSENSE)
def test_nonsense_from_the_web_servers_side(stack, undisturbed, content):
    for _ in range(4):
        answer = fastcgi.send(stack, content)
        assert b"Status: 200" not in answer
        assert b"Status: 500" not in answer


def test_a_connection_that_the_web_server_would_keep_is_closed(stack, undisturbed, key):
    """A worker serves one connection at a time: each that is kept would hold one that others wait for."""
    request = fastcgi.begin(keep=True) + fastcgi.request("/api/v1/key", key)[16:]
    kept = [fastcgi.connect(stack) for _ in range(2 * len(stack.worker_pids()))]
    for connection in kept:
        connection.sendall(request)
    for connection in kept:
        with connection, connection.makefile("rb") as received:
            assert b"Status: 200" in received.read()  # to its end, which the worker makes


def test_an_answer_is_whole_records_of_its_request(stack):
    """FastCGI 1.0: at most 65,535 bytes a record, the stream's end, the request's; all by its number."""
    number = 0x0102
    pairs = b"".join(fastcgi.pair(*one) for one in (
        ("REQUEST_METHOD", "GET"), ("REQUEST_URI", "/api/v1/openapi.json"),
        ("KABAIDO_REQUEST_ID", "by-hand")))
    received = fastcgi.send(stack, b"".join((
        fastcgi.begin(request=number), fastcgi.record(fastcgi.PARAMETERS, pairs, request=number),
        fastcgi.record(fastcgi.PARAMETERS, request=number),
        fastcgi.record(fastcgi.INPUT, request=number))))
    records = []
    while received:
        version, kind, of, length, padding, _ = struct.unpack(">BBHHBB", received[:8])
        assert (version, of) == (1, number)
        records.append((kind, received[8:8 + length]))
        received = received[8 + length + padding:]
    kinds = [kind for kind, _ in records]
    assert kinds[-1] == fastcgi.END and records[-1][1] == bytes(8)
    assert records[-2] == (fastcgi.OUTPUT, b"")
    assert set(kinds[:-1]) == {fastcgi.OUTPUT} and len(kinds) > 3
    assert all(content for _, content in records[:-2])
    _, _, body = b"".join(content for _, content in records[:-2]).partition(b"\r\n\r\n")
    assert body == stack.get("/api/v1/openapi.json").content
