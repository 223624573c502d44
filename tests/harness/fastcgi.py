"""FastCGI by hand, for what nginx would never send to the workers."""

import socket
import struct

from .stack import Answer

BEGIN, ABORT, END, PARAMETERS, INPUT, OUTPUT, GET_VALUES = 1, 2, 3, 4, 5, 6, 9
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3


def record(kind, content=b"", version=1, request=1, length=None):
    """A record; length, where it is to lie about its content's."""
    length = len(content) if length is None else length
    return struct.pack(">BBHHBB", version, kind, request, length, 0, 0) + content


def begin(role=RESPONDER, keep=False, **options):
    """The beginning of a request; keep, where the connection is to be left open for others."""
    return record(BEGIN, struct.pack(">HB5x", role, keep), **options)


def pair(name, value, announced=None):
    """A parameter; announced, where it is to lie about its value's length."""
    name, value = name.encode(), value.encode()
    length = len(value) if announced is None else announced
    return struct.pack(">II", len(name) | 1 << 31, length | 1 << 31) + name + value


def request(path, key=None, method="GET"):
    """A whole request as nginx sends it."""
    pairs = pair("REQUEST_METHOD", method) + pair("REQUEST_URI", path) \
        + pair("KABAIDO_REQUEST_ID", "by-hand")
    if key:
        pairs += pair("HTTP_AUTHORIZATION", f"Bearer {key}")
    return begin() + record(PARAMETERS, pairs) + record(PARAMETERS) + record(INPUT)


def connect(stack):
    """A connection to the workers' socket, past nginx."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(30)
    connection.connect(str(stack.files / "sockets/api/api.sock"))
    return connection


def send(stack, content):
    """Sends these bytes, and then nothing more. Returns what comes back."""
    received = b""
    with connect(stack) as connection:
        try:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except (BrokenPipeError, ConnectionResetError):
            pass
    return received


def output(received):
    """What the worker wrote, without the records around it."""
    written = b""
    while len(received) >= 8:
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", received[:8])
        if kind == OUTPUT:
            written += received[8:8 + length]
        received = received[8 + length + padding:]
    return written


def exchange(stack, parameters, body=b""):
    """A request of these parameters and body, as a web server of one's own would send it. Returns the
    Answer; set_cookies are the cookies that it sets, as text by name."""
    records = begin() + record(PARAMETERS, b"".join(map(pair, parameters, parameters.values()))) \
        + record(PARAMETERS) + (record(INPUT, body) if body else b"") + record(INPUT)
    head, _, content = output(send(stack, records)).partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")]
    headers = {name.lower(): value for name, value in lines}
    answer = Answer("FastCGI", int(headers.pop("status").split()[0]), headers, content)
    answer.set_cookies = dict(value.split("=", 1) for name, value in lines if name == "Set-Cookie")
    return answer


# What no web server sends, by name.
WHOLE = request("/api/v1/key")
PATH = pair("REQUEST_URI", "/api/v1/key")
NONSENSE = {
    "nothing": b"",
    "half a header": begin()[:5],
    "half a beginning": begin()[:12],
    "a beginning alone": begin(),
    "half the parameters": WHOLE[:40],
    "all but the last byte": WHOLE[:-1],
    "another protocol": b"GET /api/v1/key HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "another version": begin(version=9) + WHOLE[16:],
    "a record of no kind": record(99, b"x" * 8) + WHOLE,
    "parameters without a beginning": WHOLE[16:],
    "another request's parameters": begin() + record(PARAMETERS, PATH, request=7) + WHOLE[16:],
    "an abortion": begin() + record(ABORT),
    "an abortion of another": begin() + record(ABORT, request=7) + WHOLE[16:],
    "an authorizer": begin(AUTHORIZER) + WHOLE[16:],
    "a filter": begin(FILTER) + WHOLE[16:],
    "a role of no kind": begin(77) + WHOLE[16:],
    "a beginning that is too short": record(BEGIN, b"\0\1") + WHOLE[16:],
    "a parameter longer than its record":
        begin() + record(PARAMETERS, pair("REQUEST_URI", "/", announced=1000))
        + record(PARAMETERS) + record(INPUT),
    "a parameter longer than memory":
        begin() + record(PARAMETERS, pair("X", "y", announced=0x7fffffff))
        + record(PARAMETERS) + record(INPUT),
    "a record longer than what follows": begin() + record(PARAMETERS, PATH, length=60000),
    "no parameters": begin() + record(PARAMETERS) + record(INPUT),
    "a question of the web server's": record(
        GET_VALUES, pair("FCGI_MAX_CONNS", ""), request=0) + WHOLE,
    "bytes at random": bytes((number * 7919 >> 3) & 0xff for number in range(5000)),
    "zeros": bytes(5000),
    "ones": b"\xff" * 5000,
}
