"""Where a request ends is never in doubt: what follows it on the connection is another request, with
the credentials that it has itself, or nothing at all."""

import http.client

import pytest

from harness import Tenant, keys, wait_until

PATH = "/api/v1/requests"
BEGIN = f"POST {PATH} HTTP/1.1"
CHUNKED = "Transfer-Encoding: chunked"
NO_CHUNKS = b"0\r\n\r\n"
CHUNK = b"2\r\n{}\r\n0\r\n\r\n"

# What follows on the connection: without credentials, so that only the first one's could serve it.
SECOND = (b"GET /api/v1/key HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: second\r\n"
          b"Connection: close\r\n\r\n")
LENGTHS = f"{len(NO_CHUNKS)}", f"{len(NO_CHUNKS + SECOND)}"
IN_A_CHUNK = b"%x\r\n%b\r\n0\r\n\r\n" % (len(SECOND), SECOND)

# Headers and body that programs disagree about: refused, and the connection is closed.
REFUSED = {
    "length and chunks": ([f"Content-Length: {LENGTHS[1]}", CHUNKED], NO_CHUNKS),
    "chunks and length": ([CHUNKED, "Content-Length: 4"], IN_A_CHUNK),
    "chunked twice": ([CHUNKED, CHUNKED], NO_CHUNKS),
    "chunked and identity": (["Transfer-Encoding: chunked, identity"], NO_CHUNKS),
    "identity and chunked": (["Transfer-Encoding: identity, chunked"], NO_CHUNKS),
    "identity and a length": (["Transfer-Encoding: identity", f"Content-Length: {LENGTHS[0]}"], NO_CHUNKS),
    "a coding that is none": (["Transfer-Encoding: xchunked"], NO_CHUNKS),
    "a coding in quotes": (['Transfer-Encoding: "chunked"'], NO_CHUNKS),
    "a space before the colon": (["Transfer-Encoding : chunked"], NO_CHUNKS),
    "a space before the colon, and a length":
        (["Transfer-Encoding : chunked", f"Content-Length: {LENGTHS[1]}"], NO_CHUNKS),
    "a tab before the coding": (["Transfer-Encoding:\tchunked"], NO_CHUNKS),
    "a vertical tab before the coding": (["Transfer-Encoding: \x0bchunked"], NO_CHUNKS),
    "a folded coding": (["Transfer-Encoding:\r\n chunked"], NO_CHUNKS),
    "a coding in a folded line": (["X: y\r\n Transfer-Encoding: chunked", f"Content-Length: {LENGTHS[0]}"],
                                  NO_CHUNKS),
    "a coding behind a bare CR": ([f"X: a\r{CHUNKED}", f"Content-Length: {LENGTHS[0]}"], NO_CHUNKS),
    "a coding behind a NUL": (["X: \0", CHUNKED], NO_CHUNKS),
    "a coding without a colon": (["Transfer-Encoding chunked", f"Content-Length: {LENGTHS[0]}"],
                                 NO_CHUNKS),
    "the same length twice": ([f"Content-Length: {LENGTHS[0]}"] * 2, NO_CHUNKS),
    "two lengths": ([f"Content-Length: {length}" for length in LENGTHS], NO_CHUNKS),
    "lengths in a list": ([f"Content-Length: {LENGTHS[0]}, {LENGTHS[0]}"], NO_CHUNKS),
    "a length with a plus": (["Content-Length: +5"], NO_CHUNKS),
    "a length with a minus": (["Content-Length: -5"], NO_CHUNKS),
    "a length in hexadecimal": (["Content-Length: 0x5"], NO_CHUNKS),
    "a length with a space in it": (["Content-Length: 5 5"], NO_CHUNKS),
    "a length with a space before the colon": (["Content-Length : 5"], NO_CHUNKS),
    "a folded length": (["Content-Length: 5\r\n 0"], NO_CHUNKS),
    "an empty length": (["Content-Length:"], b""),
    "a length of 65 bits": ([f"Content-Length: {2**64 + 5}"], NO_CHUNKS),
    "a chunk of 65 bits": ([CHUNKED], b"10000000000000002\r\n{}\r\n0\r\n\r\n"),
    "a chunk with a minus": ([CHUNKED], b"-2\r\n{}\r\n0\r\n\r\n"),
    "a chunk with 0x": ([CHUNKED], b"0x2\r\n{}\r\n0\r\n\r\n"),
    "a chunk that is longer than it says": ([CHUNKED], b"1\r\n{}\r\n0\r\n\r\n"),
    "a chunk without its size": ([CHUNKED], b"\r\n{}\r\n0\r\n\r\n"),
    "a header that begins with a space": ([" X: y", f"Content-Length: {LENGTHS[0]}"], NO_CHUNKS),
}

# And those that all agree about: the first is answered, and then the second, by its own credentials.
UNDERSTOOD = {
    "a length": (["Content-Length: 2"], b"{}"),
    "a length with spaces around it": (["Content-Length:   2  "], b"{}"),
    "a length with zeros before it": (["Content-Length: 0002"], b"{}"),
    "chunks": ([CHUNKED], CHUNK),
    "chunks, in capitals": (["TRANSFER-ENCODING: CHUNKED"], CHUNK),
    "a coding of another name": (["Transfer_Encoding: chunked", "Content-Length: 2"], b"{}"),
    "a chunk with an extension": ([CHUNKED], b"2;a=b;c\r\n{}\r\n0;x\r\n\r\n"),
    "headers behind the chunks": ([CHUNKED], b"2\r\n{}\r\n0\r\nContent-Length: 900\r\n"
                                             b"Authorization: Bearer x\r\n\r\n"),
    "an upgrade that is not offered": (["Content-Length: 2", "Connection: Upgrade, HTTP2-Settings",
                                        "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"], b"{}"),
}


def first(key, headers, body):
    lines = [BEGIN, "Host: localhost", f"Authorization: Bearer {key}", "X-Request-Id: first",
             "Content-Type: application/json", *headers]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n" + body


def answers(stack, request):
    """All that a connection is answered until it is closed: of each its status and request id."""
    seen = []
    with stack.connection() as connection, connection.makefile("rb") as reader:
        connection.sendall(request)
        while line := reader.readline():
            version, status, _ = line.split(b" ", 2)
            assert version == b"HTTP/1.1"
            headers = http.client.parse_headers(reader)
            reader.read(int(headers["Content-Length"] or 0))
            seen.append((int(status), headers["X-Request-Id"]))
    return seen


@pytest.fixture(scope="module")
def key(stack):
    return stack.new_key("requests:write", limit=1000000)


@pytest.mark.parametrize("shape", REFUSED)
def test_a_request_without_a_clear_end_is_the_last_one(stack, key, shape):
    assert answers(stack, first(key, *REFUSED[shape]) + SECOND) == [(400, "first")]


@pytest.mark.parametrize("shape", UNDERSTOOD)
def test_the_next_request_has_its_own_credentials_alone(stack, key, shape):
    seen = answers(stack, first(key, *UNDERSTOOD[shape]) + SECOND)
    assert seen == [(422, "first"), (401, "second")]


def test_a_line_may_end_without_cr(stack, key):
    """RFC 9112 lets a server take it; what matters is that nothing moves into the next request."""
    bare = first(key, ["Content-Length: 2"], b"").replace(b"\r\n", b"\n") + b"{}"
    assert answers(stack, bare + SECOND) == [(422, "first"), (401, "second")]


def test_a_body_is_no_request(stack, key):
    """Whatever is in it, and also where the operation takes none."""
    for begin, status in ((BEGIN, 400), ("GET /api/v1/key HTTP/1.1", 200)):
        request = first(key, [f"Content-Length: {len(SECOND)}"], SECOND).replace(
            BEGIN.encode(), begin.encode())
        assert answers(stack, request + SECOND) == [(status, "first"), (401, "second")]


def test_a_request_of_http_1_0_ends_its_connection(stack, key):
    request = first(key, ["Content-Length: 2"], b"{}").replace(b"HTTP/1.1", b"HTTP/1.0")
    assert answers(stack, request + SECOND) == [(422, "first")]
    chunks = first(key, [CHUNKED], CHUNK).replace(b"HTTP/1.1", b"HTTP/1.0")
    assert answers(stack, chunks + SECOND) == [(400, "first")]


def test_who_waits_is_told_to_go_on(stack, key):
    """And then answered for the body, which is as long as it said."""
    request = first(key, ["Content-Length: 2", "Expect: 100-continue"], b"")
    with stack.connection() as connection, connection.makefile("rb") as reader:
        connection.sendall(request)
        assert [reader.readline(), reader.readline()] == [b"HTTP/1.1 100 Continue\r\n", b"\r\n"]
        connection.sendall(b"{}" + SECOND)
        rest = reader.read()
    assert rest.startswith(b"HTTP/1.1 422 ") and rest.count(b"HTTP/1.1 401 ") == 1


def test_requests_in_a_row_are_answered_in_their_order_each_by_its_own_key(stack):
    """Two organisations' keys on one connection, as behind a proxy that shares it."""
    row, expected = b"", []
    for turn in range(20):
        one = (stack.key, stack.key_other, keys.make("AAAAAAAA", "0" * 32))[turn % 3]
        row += (f"GET /api/v1/quotes/{stack.quote_id} HTTP/1.1\r\nHost: localhost\r\n"
                f"X-Request-Id: turn-{turn}\r\nAuthorization: Bearer {one}\r\n\r\n").encode()
        expected.append(((200, 404, 401)[turn % 3], f"turn-{turn}"))
    assert answers(stack, row + SECOND) == expected + [(401, "second")]


# --- One header twice, where only one can count ----------------------------------------------

JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def tenant(stack):
    return Tenant(stack)


def open_request(stack, key, *headers):
    lines = ["POST /api/v1/requests HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}",
             "Connection: close", "Content-Length: 14", *headers]
    return stack.raw("".join(f"{line}\r\n" for line in lines).encode() + b'\r\n{"text":"one"}')


def test_of_two_content_types_the_first_counts(stack, tenant):
    assert open_request(stack, tenant.key, JSON, "Content-Type: text/plain").status_code == 201
    assert open_request(stack, tenant.key, "Content-Type: text/plain", JSON).status_code == 415


def test_of_two_content_encodings_the_first_counts(stack, tenant):
    encodings = ["Content-Encoding: identity", "Content-Encoding: gzip"]
    assert open_request(stack, tenant.key, JSON, *encodings).status_code == 201
    assert open_request(stack, tenant.key, JSON, *reversed(encodings)).status_code == 415


def test_of_two_idempotency_keys_the_first_counts(stack, tenant):
    """In every request alike: no order of headers does the work of one key twice."""
    both = open_request(stack, tenant.key, JSON, "Idempotency-Key: one", "Idempotency-Key: two")
    assert both.status_code == 201 and "idempotency-replayed" not in both.headers
    again = open_request(stack, tenant.key, JSON, "Idempotency-Key: one")
    assert again.content == both.content and again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in open_request(stack, tenant.key, JSON, "Idempotency-Key: two").headers


def test_after_all_that_nobody_is_missing(stack):
    """nginx's and our processes are the same as before, and serve."""
    wait_until(lambda: all(stack.get("/api/v1/key", stack.key).status_code == 200 for _ in range(20)))
    assert "exited on signal" not in stack.log("error.log")
