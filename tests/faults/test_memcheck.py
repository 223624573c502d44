"""The workers under valgrind's memcheck: a thousand requests of all kinds, clean to the last byte."""

import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import threading
import uuid

import pytest
import requests

from harness import Stack, endpoints, fastcgi, keys, program, records, wait_until

REQUESTS = 1000
QUOTE = "/api/v1/quotes/7f0c0000-0000-0000-0000-000000000000"
FREE = "Pärnu Laagrikeskus OÜ"  # an organisation without integrations

SUPPRESSIONS = pathlib.Path(__file__).with_name("libfcgi.supp")

# Path to a body that is done as it says.
BODIES = {
    "/api/v1/products/bulk": {"products": [
        {"sku": f"MEM-{number}", "title": f"Fräser {number} \u5200", "price": "42.50", "stock_qty": 7,
         "attrs": {"flutes": number}, "coating": "TiAlN"} for number in range(50)]
        + [{"sku": ""}, {"title": "without"}, {"sku": "MEM-1", "price": "x"}, "nothing"]},
    "/api/v1/customers": {"customers": [
        {"company": "Memcheck GmbH", "email": "einkauf@memcheck.example", "phone": "+49 30 1"},
        {"company": "", "email": "x"}, {"company": "M\u00fcller", "external_id": "m-1"}]},
    "/api/v1/requests": {"text": "Two of each, please.\nThank you!", "title": "An order",
                         "customer": {"company": "Memcheck GmbH"}},
}

# Bodies that are malformed, or not what anybody wants.
BAD_BODIES = [b"", b"{", b"{}", b"[]", b"null", b'{"a":1,"a":2}', b'{"a":"\\ud800"}', b"\xff\xfe",
              b"[" * 40, b'{"a":1}x', b'{"a\\u0000b":1}', b'{"a":1e999}', b'{"products":[1,{}]}',
              b'{"customers":[1,{}]}', b'{"text":""}', b'{"text":1}', b" " * 100000]

# What is lost counts as an error; what is still reachable at the end is the libraries' own.
MEMCHECK = ["valgrind", "--trace-children=yes", "--vgdb=no", "--num-callers=30", "--leak-check=full",
            "--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=definite,indirect"]

pytestmark = pytest.mark.skipif(bool(os.environ.get("SANITIZE")),
                                reason="AddressSanitizer and memcheck do not go together")


def verdicts(log):
    """Process id to the number of errors that memcheck counted in it."""
    return {int(pid): int(errors) for pid, errors in
            re.findall(r"^==(\d+)== ERROR SUMMARY: (\d+) errors", log, re.M)}


def complaints(log):
    """What memcheck said beside its greeting."""
    return "\n".join(line for line in log.splitlines() if re.match(r"==\d+==", line))


@pytest.fixture
def checked():
    """A stack whose kabaido-api, and whatever that starts, runs under memcheck."""
    with Stack(KABAIDO_WORKERS=2, KABAIDO_DATABASE_TIMEOUT_MS=25000) as stack:
        stack.stop("api")
        path = stack.files / "bin/kabaido-api"
        path.rename(path.with_name("checked"))
        # Where the workers' user can read it, unlike perhaps the checkout.
        shutil.copy(SUPPRESSIONS, stack.files / "bin/libfcgi.supp")
        path.write_text(f"#!/bin/sh\nexec {' '.join(MEMCHECK)} --suppressions='{path.parent}/libfcgi.supp'"
                        f" '{path.parent}/checked' \"$@\"\n")
        path.chmod(0o755)
        stack.start("api")
        yield stack


class Mixture:
    """Requests of all kinds, each with the statuses that it may have."""

    def __init__(self, stack):
        self.stack = stack
        self.quotes = stack.new_key("quotes:read,orders:read", limit=1000000)
        self.all = stack.new_key("all", limit=1000000)
        self.limited = stack.new_key(limit=1)
        self.revoked, self.rotated, self.expired = (stack.new_key() for _ in range(3))
        stack.ctl("key", "revoke", keys.prefix(self.revoked))
        stack.ctl("key", "rotate", keys.prefix(self.rotated), "--grace", "0")
        stack.sql("UPDATE api_keys SET expires_at = now() WHERE key_id = (SELECT key_id FROM "
                  "credentials WHERE public_id = %s)", [keys.public_id(self.expired)])
        self.narrow = stack.new_key("quotes:write")
        self.free = stack.new_key(org=FREE)
        quote_id = records.add_large_quote(stack, 400, '\u00fc"\u5200\n' * 200)
        self.large = f"/api/v1/quotes/{quote_id}"

    def of_the_table(self):
        """Every endpoint, with and without what it wants."""
        for endpoint in endpoints():
            path = endpoint.path.replace("{id}", self.stack.quote_id)
            key = self.all
            if endpoint.method == "POST":
                yield from self.writes(endpoint.path)
            else:
                yield endpoint.method, path, key, {200, 404}, {}
                yield endpoint.method, path, key, {200, 304, 404}, {
                    "headers": {"If-None-Match": 'W/"x", *'}}
            yield endpoint.method, f"{path}?%61=b&c", key, {200, 400, 415, 422}, {}
            for query in ("cursor=x", "limit=0", "limit=2", "search=%C3%BCx&limit=1", "status=sent",
                          "updated_since=2026-06-01T00:00:00Z", "updated_since=never", "limit=2&limit=3"):
                yield endpoint.method, f"{path}?{query}", key, {200, 400, 404, 415, 422}, {}

    def writes(self, path):
        own = {"Content-Type": "application/json"}
        body = json.dumps(BODIES[path]).encode()
        for headers in (own, {**own, "Idempotency-Key": str(uuid.uuid4())},
                        {**own, "Idempotency-Key": f"again-{path}"}):
            yield "POST", path, self.all, {200, 201, 409}, {"data": body, "headers": headers}
        for query in ("?dry_run=true", "?strict=true"):
            yield "POST", path + query, self.all, {200, 201, 422}, {"data": body, "headers": own}
        yield "POST", path, self.all, {415}, {"data": body, "headers": {"Content-Type": "text/plain"}}
        for bad in BAD_BODIES:
            yield "POST", path, self.all, {200, 400, 422}, {"data": bad, "headers": own}

    def kinds(self):
        """Tuples of method, path, key, statuses, further options."""
        stack = self.stack
        key = self.quotes
        yield from self.of_the_table()
        for method, path, one, status in [
                ("GET", QUOTE, key, 200), ("GET", "/api/v1/key", key, 200), ("HEAD", QUOTE, key, 200),
                ("OPTIONS", QUOTE, None, 204), ("GET", self.large, key, 200),
                ("GET", QUOTE.upper().replace("/API/V1/QUOTES", "/api/v1/quotes"), key, 200),
                ("GET", QUOTE, None, 401), ("GET", QUOTE, "x", 401), ("GET", QUOTE, "x" * 9000, 401),
                ("GET", QUOTE, key[:-1], 401), ("GET", QUOTE, keys.make("0" * 8, "0" * 32), 401),
                ("GET", QUOTE, keys.make(keys.public_id(key), "0" * 32), 401),
                ("GET", QUOTE, self.revoked, 401), ("GET", QUOTE, self.rotated, 401),
                ("GET", QUOTE, self.expired, 401), ("GET", QUOTE, self.narrow, 403),
                ("GET", QUOTE, self.free, 403), ("GET", QUOTE, stack.key_other, 404),
                ("GET", f"/api/v1/quotes/{uuid.uuid4()}", key, 404), ("GET", "/api/v1/x", key, 404),
                ("GET", "/api/v1/quotes/%00", key, 400), ("GET", "/api/v1/quotes/%2F", key, 404),
                ("DELETE", QUOTE, key, 405), ("BREW", QUOTE, key, 405),
                ("GET", f"{QUOTE}?a=%00", key, 400), ("GET", f"{QUOTE}?{'a=b&' * 100}", key, None),
                ("GET", f"{QUOTE}?{'%C3%BC' * 500}", key, 422), ("GET", QUOTE, self.limited, None)]:
            yield method, path, one, {status} if status else {400, 404, 422, 429, 200}, {}
        for body in (b"", b"{}", b"x" * 1000, b"\xff" * 100000, b" " * (1024 * 1024 + 1)):
            yield "POST", QUOTE, key, {405, 413}, {"data": body}
            if len(body) <= 100000:
                yield "GET", QUOTE, key, {200}, {"data": body}

    def send(self, method, path, key, statuses, options):
        answer = self.stack.request(method, path, key, **options)
        assert answer.status_code in statuses, (method, path[:200], answer.status_code, answer.text)

    def by_hand(self):
        """What only raw bytes can say."""
        head = f"GET {QUOTE} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.quotes}\r\n"
        for further, status in [(f"Authorization: Bearer {self.quotes}\r\n", 401),
                                ("Authorization: Basic eDp4\r\n", 401), ("Host: other\r\n", 400),
                                ("Content-Length: 3\r\nContent-Length: 4\r\n", 400),
                                ("Transfer-Encoding: gzip\r\n", 400), (f"X: {'x' * 20000}\r\n", 400)]:
            answer = self.stack.raw((head + further + "Connection: close\r\n\r\n").encode())
            assert answer.status_code in (status, 400), (further[:50], answer.status_code)
        with self.stack.connection() as client:
            client.sendall(f"{head}\r\n".replace(QUOTE, self.large).encode())
            client.recv(100)
        for path in (QUOTE, self.large):
            with fastcgi.connect(self.stack) as connection:
                connection.sendall(fastcgi.request(path, self.quotes))
                connection.recv(100)

    def nonsense(self):
        for content in fastcgi.NONSENSE.values():
            fastcgi.send(self.stack, content)


class Sender(threading.Thread):
    """Sends its share of the requests, in an order of its own."""

    def __init__(self, mixture, count, seed):
        super().__init__()
        self.mixture, self.count, self.random = mixture, count, random.Random(seed)
        self.faults = []

    def run(self):
        sent = 0
        while sent < self.count:
            kinds = list(self.mixture.kinds())
            self.random.shuffle(kinds)
            for kind in kinds:
                try:
                    self.mixture.send(*kind)
                except (AssertionError, requests.RequestException) as fault:
                    self.faults.append(str(fault))
            sent += len(kinds)


def send_all(mixture):
    senders = [Sender(mixture, REQUESTS // 2, seed) for seed in (1, 2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    faults = {fault for sender in senders for fault in sender.faults}
    assert not faults, "\n".join(faults)


def reload(stack):
    former = set(stack.worker_pids())
    stack.reload_workers()
    wait_until(lambda: len(set(stack.worker_pids()) - former) == 2
               and not former & set(stack.worker_pids()), 60, "former workers stay")


def refuse_all(stack, mixture):
    """The database away, and a statement of ours that it refuses."""
    stack.stop_postgres()
    for _ in range(6):
        mixture.send("GET", QUOTE, mixture.quotes, {503}, {})
    stack.start_postgres()
    wait_until(lambda: stack.get(QUOTE, mixture.quotes).status_code == 200, 30)
    stack.sql("REVOKE SELECT ON quote_lines FROM kabaido_worker")
    for _ in range(6):
        mixture.send("GET", QUOTE, mixture.quotes, {500}, {})
    stack.sql("GRANT SELECT ON quote_lines TO kabaido_worker")


def test_a_thousand_mixed_requests_are_clean(checked):
    workers = set(checked.worker_pids())
    mixture = Mixture(checked)
    send_all(mixture)
    mixture.by_hand()
    mixture.nonsense()
    reload(checked)
    workers |= set(checked.worker_pids())
    refuse_all(checked, mixture)
    mixture.by_hand()
    mixture.nonsense()
    (checked.files / "api.env").open("a", encoding="utf-8").write("KABAIDO_WORKERS='none'\n")
    checked.reload_workers()
    wait_until(lambda: "reload refused: " in checked.log("api.log"), 60)
    master = checked.master_pid
    checked.stop("api")
    log = checked.log("api.log")
    found = verdicts(log)
    assert workers | {master} <= set(found), complaints(log)
    assert set(found.values()) == {0}, complaints(log)
    assert "was killed by signal" not in log and "ended with status" not in log


def test_memcheck_would_have_told(tmp_path):
    """So that silence means something: a program that loses memory and reads what was freed."""
    source = tmp_path / "faulty.c"
    source.write_text("#include <stdlib.h>\n"
                      "int main(void) { char *volatile lost = malloc(9); lost = malloc(9);\n"
                      "free(lost); return lost[3]; }\n")
    subprocess.run(["cc", "-O0", "-w", "-o", tmp_path / "faulty", source], check=True)
    done = subprocess.run([*MEMCHECK, tmp_path / "faulty"], text=True, capture_output=True)
    assert list(verdicts(done.stderr).values()) == [2]  # one read, one lost


TOOL = [["--help"], ["org", "list"], ["org", "list", "--json"], ["org", "create"],
        ["org", "create", "Works under memcheck", "--plan", "team"],
        ["org", "create", "Works under memcheck", "--plan", "none", "--json"],
        ["org", "set-plan", "Works under memcheck", "business"],
        ["key", "create", "--org", "Works under memcheck", "--name", "x", "--scopes", "all", "--json"],
        ["key", "list", "--org", "Works under memcheck"], ["key", "rotate", "{prefix}"],
        ["key", "check"], ["key", "revoke", "{prefix}"], ["key", "revoke", "kbd_live_00000000"]]


def test_the_tool_is_clean(stack):
    key = stack.new_key()
    faults = []
    for words in TOOL:
        done = subprocess.run(
            [*MEMCHECK, program.BUILD / "kabaidoctl",
             *(word.format(prefix=keys.prefix(key)) for word in words)], text=True, input=key,
            capture_output=True, env={"PATH": os.environ["PATH"], "PGHOST": stack.env["PGHOST"],
                                      "PGPORT": stack.env["PGPORT"]})
        stack.keys.update(match[0] for match in keys.WHOLE_KEY.finditer(done.stdout))
        if list(verdicts(done.stderr).values()) != [0]:
            faults.append(f"{words}: {complaints(done.stderr)}")
    assert not faults, "\n".join(faults)
