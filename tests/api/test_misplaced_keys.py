"""A key where none belongs, in an address, a referrer, a body: whatever goes wrong meanwhile, no log
quotes it. PostgreSQL logs every statement, with what the shipped settings let it say of them."""

import pytest

from harness import Stack, keys, secrets_in, wait_until

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def stack():
    """One of its own: other tests' logs have parameters, and its services come and go."""
    with Stack(KABAIDO_WORKERS=2) as own:
        with own.connect("postgres") as connection:
            connection.execute("ALTER SYSTEM SET log_min_duration_statement = 0")
            connection.execute("SELECT pg_reload_conf()")
        yield own


def addresses(word):
    """Wherever in an address somebody may put a word."""
    return [f"/api/v1/quotes/7f0c0000-0000-0000-0000-000000000000?access_token={word}",
            f"/api/v1/products?search={word}", f"/api/v1/quotes/{word}", f"/api/v1/{word}/quotes",
            f"/api/v1/products/bulk?{word}", f"/docs?{word}", f"/docs/{word}", f"/{word}",
            f"/settings/integrations?{word}", f"/settings/assets/{word}", f"/settings/api/session?{word}"]


def send_everywhere(stack, word, key):
    """To every address, with bodies of every kind, over either protocol, and in all other places."""
    for address in addresses(word):
        stack.get(address, key)
        stack.get(address)
        stack.curl(address, "--http2", key=key)
        stack.curl(address, "--request", "TRACE", key=key)
        for size in (300 * 1024, 2 * 1024 * 1024):  # beyond the buffer, and beyond the limit
            stack.request("POST", address, key, data=b" " * size, headers=JSON)
        stack.raw(f"POST {address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                  f"Authorization: Bearer {key}\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n".encode())
        stack.raw(f"GET {address} HTTP/1.1\r\nHost: localhost\r\nHost: other\r\nConnection: close\r\n"
                  f"Authorization: Bearer {key}\r\n\r\n".encode())
    for path in ("/api/v1/quotes", "/docs/nothing", "/settings/api/session", "/elsewhere"):
        stack.get(path, key, headers={"Referer": f"https://shop.example/?key={word}"})
        stack.get(path, key, headers={"User-Agent": word, "X-Request-Id": word, "Cookie": f"k={word}",
                                      "If-None-Match": word, "Origin": f"https://{word}"})
    for path in ("/api/v1/requests", "/api/v1/products/bulk", "/api/v1/customers"):
        for body in (f'{{"text":"{word}"}}', f'{{"products":[{{"sku":"{word}"}}]}}', f'{{"{word}":1}}', word):
            stack.request("POST", path, key, data=body, headers={**JSON, "Idempotency-Key": word})


@pytest.fixture(scope="module")
def misplaced(stack):
    """A key that was everywhere, and a harmless word that was as well: with all well, without workers,
    without the database."""
    key, word = stack.new_key("quotes:read,products:read,products:write,requests:write,customers:write",
                              limit=1000000), "Quizzical"
    for wrong in ([], ["api"], ["postgres"]):
        for service in wrong:
            stack.stop(service)
        send_everywhere(stack, key, key)
        send_everywhere(stack, word, key)
        for service in wrong:
            stack.start(service)
    wait_until(lambda: stack.get("/api/v1/key", key).status_code == 200, 20)
    return key


@pytest.mark.parametrize("log", ["access.log", "error.log", "nginx.log", "api.log", "postgres.log"])
def test_no_log_quotes_a_key(stack, misplaced, log):
    """A prefix may stand there: it is what a key is called."""
    assert secrets_in(stack, stack.logs / log) == []
    assert keys.secret(misplaced)[:8] not in stack.log(log)


def test_the_logs_would_quote_it(stack, misplaced):
    """What went wrong was logged, of the same requests with a harmless word."""
    errors = stack.log("error.log")
    for fault in ("connect() to unix:", "client request body is buffered", "too large body",
                  "invalid chunked body", "No such file or directory"):
        assert any(fault in line and "Quizzical" in line for line in errors.splitlines()), fault
    assert any("referrer" in line and "Quizzical" in line for line in errors.splitlines())
    assert "duration: " in stack.log("postgres.log")
    assert keys.prefix(misplaced) in stack.log("access.log")


def test_what_is_answered_is_what_it_would_be(stack, misplaced):
    """Not quoting changes nothing else: such a request is routed, refused and served as any other."""
    for path, status in [("/api/v1/quotes?access_token={}", 422), ("/api/v1/products?search={}", 200),
                         ("/api/v1/quotes/{}", 404), ("/{}", 404), ("/api/v1/openapi.json?{}", 422)]:
        answer = stack.get(path.format(misplaced), misplaced)
        assert answer.status_code == status, answer.content
        assert answer.headers["X-Request-Id"]
    assert stack.get(f"/api/v1/key?key={misplaced}").json()["code"] == "missing_key"
    assert stack.get("/.unquoted", misplaced).status_code == 404
