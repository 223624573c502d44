"""What nginx does by itself: TLS, HTTP/2, request ids, its own errors as JSON, its log."""

import os
import re
import resource
import signal
import socket
import ssl
import threading
import warnings

import pytest

from harness import wait_until

CLOSE = b"Host: localhost\r\nConnection: close\r\n\r\n"


def request_line(line, *headers):
    """The bytes of a request that ends its connection."""
    return b"\r\n".join([line.encode(), *(header.encode() for header in headers), CLOSE])


# --- TLS and HTTP ---------------------------------------------------------------------------


@pytest.mark.parametrize("version, served", [
    (ssl.TLSVersion.TLSv1, False),
    (ssl.TLSVersion.TLSv1_1, False),
    (ssl.TLSVersion.TLSv1_2, True),
    (ssl.TLSVersion.TLSv1_3, True),
])
def test_tls_versions(stack, version, served):
    context = ssl.create_default_context(cafile=stack.cacert)
    context.set_ciphers("ALL:@SECLEVEL=0")  # so that it is the server who refuses
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    if served:
        with stack.connection(context) as connection:
            assert connection.version() == version.name.replace("_", ".")
    else:
        with pytest.raises(ssl.SSLError, match="alert protocol version"):
            stack.connection(context)


def test_tls_1_2_without_forward_secrecy_is_refused(stack):
    context = ssl.create_default_context(cafile=stack.cacert)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA")
    with pytest.raises(ssl.SSLError, match="handshake failure"):
        stack.connection(context)


def test_certificate_is_for_localhost_and_its_addresses(stack):
    with stack.connection() as connection:
        names = {name for _, name in connection.getpeercert()["subjectAltName"]}
    assert {"localhost", "127.0.0.1"} <= names


@pytest.mark.parametrize("option, protocol", [("--http2", "HTTP/2"), ("--http1.1", "HTTP/1.1")])
def test_http_versions(stack, option, protocol):
    answer = stack.curl("/api/v1/key", option, key=stack.key)
    assert (answer.status_code, answer.protocol) == (200, protocol)


@pytest.mark.parametrize("path, key, line", [
    ("/api/v1/key", True, b"HTTP/1.1 200 OK\r\n"),
    ("/api/v1/key", False, b"HTTP/1.1 401 Unauthorized\r\n"),
    ("/elsewhere", False, b"HTTP/1.1 404 Not Found\r\n"),
])
def test_status_lines_are_whole(stack, path, key, line):
    headers = [f"Authorization: Bearer {stack.key}"] if key else []
    with stack.connection() as connection:
        connection.sendall(request_line(f"GET {path} HTTP/1.1", *headers))
        assert connection.makefile("rb").readline() == line


def test_plain_http_on_the_https_port_is_a_malformed_request(stack):
    with socket.create_connection(("localhost", stack.port), timeout=10) as connection:
        connection.sendall(request_line("GET /api/v1/key HTTP/1.1"))
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"malformed_request"' in answer


@pytest.mark.parametrize("path", ["/api/v1/key", "/api/v1/nothing", "/elsewhere"])
def test_every_answer_has_the_security_headers(stack, path):
    answer = stack.get(path, stack.key)
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Server"] == "nginx"
    for name in answer.headers:
        assert not name.lower().startswith("x-kabaido")


def test_answers_are_compressed_for_those_who_ask(stack):
    path = f"/api/v1/quotes/{stack.quote_id}"
    plain = stack.curl(path, key=stack.key)
    packed = stack.curl(path, "--compressed", key=stack.key)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.json() == plain.json()


# --- Request ids ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/elsewhere"])
@pytest.mark.parametrize("own", ["a", "Order-17_b.c", "x" * 64])
def test_a_sane_request_id_is_kept(stack, path, own):
    answer = stack.get(path, headers={"X-Request-Id": own})
    assert answer.headers["X-Request-Id"] == own
    assert answer.json()["request_id"] == own


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/elsewhere"])
@pytest.mark.parametrize("own", [None, "", "x" * 65, "two words", 'quo"te', "back\\slash", "ümlaut",
                                 "<script>", "semi;colon"])
def test_any_other_request_id_is_replaced(stack, path, own):
    headers = {} if own is None else {"X-Request-Id": own.encode("latin-1")}
    answer = stack.get(path, headers=headers)
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_request_ids_differ(stack):
    ids = {stack.get("/elsewhere").headers["X-Request-Id"] for _ in range(5)}
    assert len(ids) == 5


# --- Errors ---------------------------------------------------------------------------------

LONG = "x" * 20000
ERRORS = {
    "no request at all": (b"GARBAGE\r\n\r\n", 400, "malformed_request"),
    "no host": (b"GET /api/v1/key HTTP/1.1\r\n\r\n", 400, "malformed_request"),
    "unknown version": (request_line("GET /api/v1/key HTTP/3.7"), 400, "malformed_request"),
    "method in lower case": (request_line("get /api/v1/key HTTP/1.1"), 400, "malformed_request"),
    "NUL in the path": (request_line("GET /api/\0 HTTP/1.1"), 400, "malformed_request"),
    "bad escape": (request_line("GET /api/v1/%zz HTTP/1.1"), 400, "malformed_request"),
    "above the root": (request_line("GET /../api/v1/key HTTP/1.1"), 400, "malformed_request"),
    "headers too large": (request_line("GET / HTTP/1.1", f"X: {LONG}"), 400, "malformed_request"),
    "two hosts": (request_line("GET / HTTP/1.1", "Host: other"), 400, "malformed_request"),
    "unknown transfer coding":
        (request_line("POST /api/v1/key HTTP/1.1", "Transfer-Encoding: gzip"),
         400, "malformed_request"),
    "length and chunks":
        (request_line("POST /api/v1/key HTTP/1.1", "Content-Length: 3",
                      "Transfer-Encoding: chunked"), 400, "malformed_request"),
    "address too long": (request_line(f"GET /{LONG} HTTP/1.1"), 414, "malformed_request"),
    "unknown path": (request_line("GET /elsewhere HTTP/1.1"), 404, "not_found"),
    "the API's folder": (request_line("GET /api/v1 HTTP/1.1"), 404, "not_found"),
    "the error page itself": (request_line("GET /.errors/page HTTP/1.1"), 404, "not_found"),
    "the error page's worker": (request_line("GET /.errors/worker HTTP/1.1"), 404, "not_found"),
    "trace": (request_line("TRACE /api/v1/key HTTP/1.1"), 405, "method_not_allowed"),
    "trace elsewhere": (request_line("TRACE /elsewhere HTTP/1.1"), 404, "not_found"),
    "body too large":
        (request_line("POST /api/v1/key HTTP/1.1", f"Content-Length: {1024 * 1024 + 1}"),
         413, "body_too_large"),
    "bulk body too large":
        (request_line("POST /api/v1/products/bulk HTTP/1.1",
                      f"Content-Length: {16 * 1024 * 1024 + 1}"), 413, "body_too_large"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_of_nginx_are_json(stack, name):
    request, status, code = ERRORS[name]
    answer = stack.raw(request)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"error", "code", "request_id"}
    assert body["code"] == code
    assert body["error"].endswith(".")
    assert body["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("option", ["--http1.1", "--http2"])
def test_errors_of_nginx_are_json_over_either_protocol(stack, option):
    refused = stack.curl("/api/v1/key", option, "--data-binary", "@-", stdin=b" " * (1024 * 1024 + 1))
    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
    unknown = stack.curl("/elsewhere", option)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


def test_a_refused_method_says_what_is_allowed(stack):
    assert stack.raw(request_line("TRACE /api/v1/key HTTP/1.1")).headers["allow"] \
        == "GET, HEAD, OPTIONS"


def test_an_error_has_no_body_for_head(stack):
    answer = stack.raw(request_line("HEAD /elsewhere HTTP/1.1"))
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("path, most", [("/api/v1/key", 1024 * 1024),
                                        ("/api/v1/products/bulk", 16 * 1024 * 1024)])
@pytest.mark.parametrize("how", ["Content-Length", "Transfer-Encoding: chunked"])
def test_bodies_up_to_the_limit_reach_the_workers(stack, path, most, how):
    arguments = ["--data-binary", "@-"]
    if how != "Content-Length":
        arguments += ["--header", how, "--http1.1"]
    fits = stack.curl(path, *arguments, key=stack.key, stdin=b" " * most)
    assert fits.status_code != 413
    beyond = stack.curl(path, *arguments, key=stack.key, stdin=b" " * (most + 1))
    assert beyond.status_code == 413


# --- What reaches the workers ---------------------------------------------------------------


@pytest.mark.parametrize("option", ["--http1.1", "--http2"])
def test_two_authorization_headers_are_wrong_credentials(stack, option):
    good = f"Authorization: Bearer {stack.key}"
    for first, second in [(good, good), (good, "Authorization: x"), ("Authorization: x", good)]:
        answer = stack.curl("/api/v1/key", option, "--header", first, "--header", second)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("option", ["--http1.1", "--http2"])
def test_a_long_authorization_reaches_the_workers(stack, option):
    answer = stack.curl("/api/v1/key", option, key="x" * 8192)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_key")


@pytest.mark.parametrize("path", ["/api/v1//key", "//api/v1/key", "/api/v1/%6bey", "/api/v1/key/",
                                  "/api/v1/./key", "/api/v1/x/../key", "/x/../api/v1/key",
                                  "/api%2fv1/key", "/API/v1/key"])
def test_paths_are_matched_as_they_were_sent(stack, path):
    answer = stack.curl(path, key=stack.key)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_clients_cannot_speak_for_nginx(stack):
    answer = stack.get("/api/v1/key", stack.key, headers={
        "Kabaido-Web-Error": "400", "Kabaido-Request-Id": "x", "Request-Method": "POST",
        "Request-Uri": "/elsewhere", "X-Kabaido-Org": "x"})
    assert answer.status_code == 200


def test_slow_bodies_hold_no_worker(stack):
    slow = [stack.connection() for _ in range(4 * len(stack.worker_pids()))]
    try:
        for connection in slow:
            connection.sendall(request_line("POST /api/v1/key HTTP/1.1", "Content-Length: 1000"))
        answer = stack.get("/api/v1/key", stack.key)
        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() < 5
    finally:
        for connection in slow:
            connection.close()


# --- Workers that are away or busy ----------------------------------------------------------


def test_without_workers_it_is_503_in_json(stack):
    stack.stop("api")
    try:
        for request in [request_line("GET /api/v1/key HTTP/1.1"),
                        request_line("POST /api/v1/products/bulk HTTP/1.1", "Content-Length: 0"),
                        request_line("TRACE /api/v1/key HTTP/1.1"),
                        request_line("GET / HTTP/1.1", "Authorization: a", "Authorization: b")]:
            answer = stack.raw(request)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["retry-after"] == "1"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-request-id"] == answer.json()["request_id"]
        assert stack.get("/elsewhere").status_code == 404
    finally:
        stack.start("api")
    assert stack.get("/api/v1/key", stack.key).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_is_sent_once(stack, method):
    """In place of the workers stands one who takes requests and hangs up."""
    taken = []

    def hang_up():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            taken.append(connection.recv(65536))
            connection.close()

    stack.stop("api")
    path = stack.files / "sockets/api/api.sock"
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            path.chmod(0o666)
            listener.listen()
            thread = threading.Thread(target=hang_up)
            thread.start()
            answer = stack.request(method, "/api/v1/key", stack.key)
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
    finally:
        path.unlink()
        stack.start("api")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert len(taken) == 1


def test_a_burst_waits_for_the_workers(stack):
    """More at once than the workers' usual queue: everyone is answered, nobody with 503."""
    count = 1500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    workers = stack.worker_pids()
    waiting = []
    try:
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        context = ssl.create_default_context(cafile=stack.cacert)
        for _ in range(count):
            connection = stack.connection(context)
            connection.sendall(request_line("GET /api/v1/key HTTP/1.1"))
            waiting.append(connection)
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        statuses = [connection.recv(12) for connection in waiting]
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        for connection in waiting:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert statuses == [b"HTTP/1.1 401"] * count


# --- The log --------------------------------------------------------------------------------


def logged(stack, request_id):
    """The log's line of a request; nginx writes it after the answer."""
    return wait_until(lambda: next((line for line in stack.access_log()
                                    if line["request_id"] == request_id), None),
                      message=f"no line for {request_id}")


def test_a_line_says_who_what_and_how_long(stack):
    path = f"/api/v1/quotes/{stack.quote_id}"
    answer = stack.get(path, stack.key, headers={"Accept-Encoding": "identity"})
    line = logged(stack, answer.headers["X-Request-Id"])
    organisation = stack.sql("SELECT org_id::text FROM quotes WHERE quote_id = %s",
                             [stack.quote_id])[0][0]
    assert line["key"] == stack.key[:len("kbd_live_") + 8]
    assert line["organisation"] == organisation
    assert (line["method"], line["path"], line["status"]) == ("GET", path, 200)
    assert line["bytes_sent"] > len(answer.content)
    assert 0 < line["database_us"] <= line["worker_us"]
    assert line["worker_us"] <= (line["upstream_s"] + 0.002) * 1e6
    assert line["upstream_s"] <= line["request_s"] + 0.002


def test_a_line_of_nginx_alone_has_nulls(stack):
    answer = stack.get("/elsewhere")
    line = logged(stack, answer.headers["X-Request-Id"])
    assert (line["key"], line["organisation"], line["status"]) == ("", "", 404)
    assert line["upstream_s"] is line["worker_us"] is line["database_us"] is None


def test_a_line_without_an_answer_is_json_too(stack):
    """A header that is too long for HTTP/2 ends the stream."""
    with pytest.raises(AssertionError, match="not closed cleanly"):
        stack.curl("/api/v1/key", "--http2", "--header", f"X: {'~' * 40000}",
                   "--header", "X-Request-Id: no-answer")
    wait_until(lambda: any(line["status"] is None for line in stack.access_log()))


def test_the_log_has_the_method_of_a_refused_request(stack):
    answer = stack.raw(request_line("TRACE /api/v1/key HTTP/1.1"))
    line = logged(stack, answer.headers["x-request-id"])
    assert (line["method"], line["path"], line["status"]) == ("TRACE", "/api/v1/key", 405)


def test_the_logs_have_neither_secrets_nor_queries(stack):
    key = stack.new_key()
    secret = key[len("kbd_live_") + 8:-6]
    header = f"Authorization: Bearer {key}"
    stack.get("/api/v1/key?word=Quizzical", key)
    stack.get(f"/elsewhere?key={key}", headers={"Cookie": key, "Referer": key})
    for option in ["--http1.1", "--http2"]:
        stack.curl("/api/v1/key", option, "--header", header, "--header", header)
        stack.curl("/api/v1/key", option, "--header", f"{header}{'x' * 17000}")
        stack.curl("/api/v1/key", option, "--header", header, "--header", "Host: a b")
    last = stack.get("/elsewhere").headers["X-Request-Id"]
    logged(stack, last)
    for path in stack.logs.iterdir():
        text = path.read_text(errors="replace")
        assert secret not in text, path
        assert "Quizzical" not in text, path
        assert "Bearer" not in text, path
