"""HTTP/2 as nobody should speak it: a protocol error or our own, and good clients go on."""

import pytest

from harness import Crowd, http2
from harness.http2 import (CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS,
                           PADDED, PING, PROTOCOL_ERROR, PUSH_PROMISE, REFUSED_STREAM, RST_STREAM, SETTINGS,
                           WINDOW_UPDATE, Http2, frame)

KEY = "/api/v1/key"


@pytest.fixture
def fields(stack):
    """A good request's, with what a test puts before and behind, and without what it leaves out."""
    def made(before=(), behind=(), without=(), **options):
        good = http2.request(key=stack.key, **options)
        return [*before, *(field for field in good if field[0] not in without), *behind]
    return made


def is_refused(answer, status=400, code="malformed_request"):
    return (answer.status_code, answer.json()["code"]) == (status, code)


# --- Fields ---------------------------------------------------------------------------------

# What is sent before, what behind, and what of a good request is left out.
MALFORMED = {
    "two paths": {"behind": [(":path", "/api/v1/quotes")]},
    "two paths, the other first": {"before": [(":path", "/api/v1/quotes")]},
    "two methods": {"before": [(":method", "POST")]},
    "two authorities": {"before": [(":authority", "other")]},
    "two schemes": {"before": [(":scheme", "http")]},
    "an authority and another host": {"behind": [("host", "other")]},
    "two hosts": {"without": [":authority"], "behind": [("host", "localhost"), ("host", "other")]},
    "an unknown pseudo-header": {"before": [(":protocol2", "x")]},
    "an answer's pseudo-header": {"before": [(":status", "200")]},
    "no path": {"without": [":path"]},
    "no method": {"without": [":method"]},
    "no scheme": {"without": [":scheme"]},
    "no authority": {"without": [":authority"]},
    "a path without a slash": {"path": "api/v1/key"},
    "an empty path": {"path": ""},
    "an asterisk": {"path": "*"},
    "an absolute address": {"path": "https://localhost/api/v1/key"},
    "a method in lower case": {"method": "get"},
    "a method with a path in it": {"method": "GET /api/v1/quotes"},
    "a scheme that is none": {"without": [":scheme"], "before": [(":scheme", "x://y")]},
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_a_malformed_request_is_refused_in_json(stack, fields, fault):
    with Http2(stack) as connection:
        connection.open(1, fields(**MALFORMED[fault]))
        assert is_refused(connection.answer(1))
        connection.open(3, fields())
        assert connection.answer(3).status_code == 200


# What would be something else if it were written down as HTTP/1.1.
UNSPEAKABLE = {
    "a name in capitals": ("X-Name", "x"),
    "credentials in capitals": ("Authorization", "Bearer x"),
    "a line's end in a value": ("x", "y\r\nauthorization: Bearer z"),
    "a bare LF in a value": ("x", "y\nz"),
    "a NUL in a value": ("x", "y\0z"),
    "a line's end in a name": ("x: y\r\nz", "x"),
    "a colon in a name": ("x:y", "z"),
    "a space in a name": ("x y", "z"),
    "a NUL in a name": ("x\0y", "z"),
    "a path with a line's end": (":path", "/api/v1/key HTTP/1.1\r\nX: y"),
    "a path with a NUL": (":path", "/api/v1/key\0"),
}


@pytest.mark.parametrize("fault", UNSPEAKABLE)
def test_what_would_not_be_one_field_ends_its_stream(stack, fields, fault):
    name, value = UNSPEAKABLE[fault]
    with Http2(stack) as connection:
        connection.open(1, fields(without=[name], behind=[(name, value)] if name != ":path" else [],
                                  before=[(name, value)] if name == ":path" else []))
        assert connection.answer(1) == PROTOCOL_ERROR
        connection.open(3, fields())
        assert connection.answer(3).status_code == 200


@pytest.mark.parametrize("name, value", [
    ("connection", "close"), ("keep-alive", "timeout=9"), ("proxy-connection", "close"),
    ("transfer-encoding", "chunked"), ("upgrade", "websocket"), ("te", "gzip"),
    ("content_length", "900"), ("expect", "100-continue")])
def test_a_connections_own_header_has_no_effect(stack, fields, name, value):
    """nginx passes over them, and none of them goes to the workers: the answer is what it is without."""
    with Http2(stack) as connection:
        for stream, further in ((1, []), (3, [(name, value)]), (5, [])):
            connection.open(stream, fields(behind=further))
        one, two, three = (connection.answer(stream) for stream in (1, 3, 5))
        assert one.status_code == two.status_code == three.status_code == 200
        assert one.content == two.content == three.content


def test_two_credentials_are_wrong_ones(stack, fields):
    with Http2(stack) as connection:
        connection.open(1, fields(behind=[("authorization", f"Bearer {stack.key}")]))
        assert is_refused(connection.answer(1), 401, "invalid_key")


@pytest.mark.parametrize("path, status, code", [
    ("/api/v1/key#fragment", 404, "not_found"), ("//api/v1/key", 404, "not_found"),
    ("/api/v1/%6bey", 404, "not_found"), ("/api/v1/x/../key", 404, "not_found"),
    ("/API/v1/key", 404, "not_found"), ("/api/v1/key;x", 404, "not_found"),
    ("/api/v1/key%00", 400, "malformed_request"), ("/../api/v1/key", 400, "malformed_request"),
    ("/.errors/worker?400", 404, "not_found")])
def test_paths_are_what_they_are_over_http_1_1(stack, fields, path, status, code):
    """Where nginx puts them together anew (test_paths.py has them all)."""
    with Http2(stack) as connection:
        connection.open(1, fields(path=path))
        assert is_refused(connection.answer(1), status, code)


# --- Bodies ---------------------------------------------------------------------------------

JSON = [("content-type", "application/json")]


@pytest.mark.parametrize("lengths, body", [
    (["2"], b"{}"), ([], b"{}"), (["1"], b"{}"), (["3"], b"{}"), (["0"], b"{}"), (["-2"], b"{}"),
    (["+2"], b"{}"), (["2, 2"], b"{}"), (["2", "2"], b"{}"), (["2", "900"], b"{}"), ([""], b"{}"),
    (["18446744073709551618"], b"{}")])
def test_a_body_is_as_long_as_it_says(stack, fields, lengths, body):
    good = lengths in (["2"], [])
    with Http2(stack) as connection:
        connection.open(1, fields(path="/api/v1/requests", method="POST", behind=[
            *JSON, *(("content-length", length) for length in lengths)]), body)
        answer = connection.answer(1)
        assert is_refused(answer, 422, "invalid_body") if good else \
            is_refused(answer) or is_refused(answer, 413, "body_too_large")
        connection.open(3, fields())
        assert connection.answer(3).status_code == 200


def test_a_body_for_a_stream_that_is_none_is_for_nobody(stack, fields):
    with Http2(stack) as connection:
        connection.send(frame(DATA, END_STREAM, 7, b"{}"))
        connection.open(9, fields())
        answer = connection.answer(9)
        assert answer == PROTOCOL_ERROR or answer.status_code == 200


# --- Frames ---------------------------------------------------------------------------------

FRAMES = {
    "a request on an even stream": lambda block: frame(HEADERS, END_HEADERS | END_STREAM, 2, block),
    "a request on no stream": lambda block: frame(HEADERS, END_HEADERS | END_STREAM, 0, block),
    "a stream that went before": lambda block: frame(HEADERS, END_HEADERS | END_STREAM, 5, block)
        + frame(HEADERS, END_HEADERS | END_STREAM, 3, block),
    "another frame between headers": lambda block: frame(HEADERS, END_STREAM, 1, block[:9])
        + frame(PING, 0, 0, bytes(8)) + frame(CONTINUATION, END_HEADERS, 1, block[9:]),
    "another stream's headers between": lambda block: frame(HEADERS, END_STREAM, 1, block[:9])
        + frame(CONTINUATION, END_HEADERS, 3, block[9:]),
    "the rest of no headers": lambda block: frame(CONTINUATION, END_HEADERS, 1, block),
    "a ping that is too long": lambda block: frame(PING, 0, 0, bytes(9)),
    "padding longer than its frame": lambda block: frame(HEADERS, PADDED | END_HEADERS, 1, b"\xff" + block[:9]),
    "an index of no field": lambda block: frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xff\xff\xff\x0f"),
    "a table of 4 GB": lambda block: frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x3f\xff\xff\xff\x0f"),
    "a window of no size": lambda block: frame(WINDOW_UPDATE, 0, 0, bytes(4)),
    "a window beyond its bounds": lambda block: frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff") * 2,
    "settings of half a size": lambda block: frame(SETTINGS, 0, 0, bytes(5)),
    "settings of a stream": lambda block: frame(SETTINGS, 0, 1, bytes(6)),
    "a promise": lambda block: frame(PUSH_PROMISE, END_HEADERS, 1, bytes(4) + block),
}


@pytest.mark.parametrize("fault", FRAMES)
def test_a_frame_out_of_order_ends_the_connection(stack, fields, fault):
    with Http2(stack) as connection:
        connection.send(FRAMES[fault](connection.block(fields(path="/api/v1/elsewhere"))))
        assert connection.until_gone()
        assert all(answer.status_code == 404 for answer in connection.ended.values()
                   if isinstance(answer, http2.Answer))
    assert stack.get(KEY, stack.key).status_code == 200


# --- Floods ---------------------------------------------------------------------------------

# A frame that costs the sender little, and whether headers or a body have to be open for it. nginx
# counts the bytes that carry nothing, and goes when there are too many.
FLOODS = {
    "pings": ("nothing", frame(PING, 0, 0, bytes(8))),
    "settings": ("nothing", frame(SETTINGS)),
    "resets": ("nothing", frame(RST_STREAM, 0, 1, bytes(4))),
    "frames of no kind": ("nothing", frame(0x77, 0, 1)),
    "empty headers that go on": ("headers", frame(CONTINUATION, 0, 1)),
    "headers that go on": ("headers", frame(CONTINUATION, 0, 1, b"\0\1x\x20" + b"y" * 32)),
    "empty parts of a body": ("body", frame(DATA, 0, 1)),
}
MOST = 16 * 1024 * 1024


def memory_of(stack):
    """kB of each of nginx's processes, the largest."""
    sizes = []
    for pid in stack.children("nginx"):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            sizes.append(next(int(line.split()[1]) for line in status if line.startswith("VmRSS")))
    return max(sizes)


@pytest.fixture
def good_clients(stack):
    """They are served while a test attacks, every one."""
    with Crowd(stack, 2, KEY, stack.new_key(limit=1000000)) as crowd:
        crowd.wait_for(10)
        yield crowd
        crowd.wait_for(10)
    assert {seen.status for seen in crowd.seen} == {200}


@pytest.mark.usefixtures("good_clients")
@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_is_cut_off_and_takes_no_memory(stack, fields, kind):
    opened, content = FLOODS[kind]
    before = memory_of(stack)
    with Http2(stack) as connection:
        if opened == "body":
            block = connection.block(fields(path="/api/v1/requests", method="POST", behind=JSON))
            connection.send(frame(HEADERS, END_HEADERS, 1, block))
        elif opened == "headers":
            connection.send(frame(HEADERS, END_STREAM, 1, connection.block(fields())))
        for _ in range(MOST // 65536):
            connection.send(content * (65536 // len(content)))
            if not connection.is_open:
                break
        assert connection.until_gone()
    assert memory_of(stack) - before < 4096


def test_headers_beyond_all_bounds_end_the_connection(stack, fields):
    with Http2(stack) as connection:
        connection.open(1, fields(behind=[("x", "y" * 40000)]))
        assert connection.answer(1) == ENHANCE_YOUR_CALM
    assert stack.get(KEY, stack.key).status_code == 200


@pytest.mark.usefixtures("good_clients")
def test_requests_that_are_taken_back_at_once_are_so_many_and_no_more(stack, fields):
    """A stream that is reset makes room for the next, so the number of streams at a time bounds
    nothing here (CVE-2023-44487): Debian's nginx gives up on such a client after some hundreds."""
    workers = stack.worker_pids()
    with Http2(stack) as connection:
        for start in range(0, 5000, 100):
            burst = b""
            for stream in range(2 * start + 1, 2 * start + 201, 2):
                burst += frame(HEADERS, END_HEADERS | END_STREAM, stream, connection.block(fields()))
                burst += frame(RST_STREAM, 0, stream, bytes([0, 0, 0, CANCEL]))
            connection.send(burst)
        assert connection.until_gone()
    assert stack.worker_pids() == workers


@pytest.mark.usefixtures("good_clients")
def test_so_many_streams_at_a_time(stack, fields):
    """Those beyond are refused, so that a client may send them again (RFC 9113, section 8.7)."""
    with Http2(stack) as connection:
        connection.send(b"".join(frame(HEADERS, END_HEADERS, stream, connection.block(
            fields(path="/api/v1/requests", method="POST", behind=JSON))) for stream in range(1, 401, 2)))
        for stream in range(2 * 128 + 1, 401, 2):
            assert connection.answer(stream) == REFUSED_STREAM
        for stream in range(1, 2 * 128 + 1, 2):
            connection.send(frame(DATA, END_STREAM, stream, b"{}"))
            assert connection.answer(stream).status_code in (422, 429)
