"""sqlmap, a tool that looks for SQL injection, at every place where a client can put text.

It takes minutes, so it is a suite of its own: make test-injection. What every place must do with hostile
text is in tests/api/test_injection.py.
"""

import http.server
import json
import subprocess
import threading
import urllib.parse

import psycopg
import pytest

from harness import Company, places
from harness.tenant import SCOPES

# Values that lead into the database, by parameter; elsewhere a word will do.
GOOD = {"limit": "5", "updated_since": "2026-06-02T10:30:00Z", "since": "2026-06-02T10:30:00Z",
        "until": "2026-06-02T10:30:00Z", "customer_id": places.QUOTE, "status": "open",
        "action": "key.create", "email": "sales@bolts.example", "dry_run": "true", "strict": "true"}

# Signing in is throttled, as it should be, and signing out takes no text.
TRIED = [one for one in places.places() if one.kind in ("path", "query", "header", "value")
         and one.method != "DELETE" and one.path not in ("/settings/api/session", "/settings/api/password")
         and one.where not in ("Content-Type", "Accept-Encoding", "User-Agent")]


@pytest.fixture(scope="module")
def key(stack):
    """Of an organisation that has records, so that a condition that is always true would show."""
    return stack.new_key(SCOPES, limit=1000000)


@pytest.fixture(scope="module")
def known(stack):
    """The id of a record of each kind in its organisation."""
    return {table: str(stack.sql(f"SELECT {table[:-1]}_id FROM {table} JOIN organisations USING (org_id) "
                                 "WHERE name = 'Northfield Tooling' LIMIT 1")[0][0])
            for table in ("quotes", "orders", "customers", "requests")}


@pytest.fixture(scope="module")
def browser(stack):
    return Company(stack).signed_in()


def sqlmap(folder, url, *arguments):
    """What sqlmap says of the place that an asterisk marks: all of PostgreSQL's techniques, as far as
    they are likely."""
    done = subprocess.run(
        ["sqlmap", "--batch", "--disable-coloring", "--flush-session", f"--output-dir={folder}",
         "--dbms=PostgreSQL", "--technique=BEUSTQ", "--level=2", "--risk=1", "--retries=0",
         "--param-exclude=^(JSON [^#]|__Host-)", "--url", url, *arguments],
        cwd=folder, env={"PATH": "/usr/bin:/bin", "HOME": str(folder)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    return done.stdout


def marked(value):
    """The place's good value with sqlmap's mark behind it."""
    return f"{value}*" if isinstance(value, (str, int)) and not isinstance(value, bool) else "x*"


def good_value(place):
    if place.kind != "value":
        return GOOD.get(place.where, "mill")
    value = places.BODIES[place.path]
    for part in place.where:
        value = value[part]
    return value


@pytest.mark.parametrize("place", TRIED, ids=places.at)
def test_sqlmap_finds_nothing(stack, key, known, browser, tmp_path, place):
    path, headers, body = places.request(place, "MARK")
    identifier = known.get(place.path.split("/")[3])
    if place.path.startswith("/settings/api/keys/{id}"):
        identifier = browser.create_key()[0]["id"]
    if identifier:
        path = path.replace(places.QUOTE, identifier)
    text = f"{identifier}*" if place.kind == "path" else marked(good_value(place))
    arguments = ["--method", place.method]
    if place.path.startswith("/settings/"):
        headers["Origin"] = stack.url
        arguments += ["--cookie", "; ".join(f"{one.name}={one.value}" for one in browser.session.cookies),
                      "--drop-set-cookie"]
    else:
        headers["Authorization"] = f"Bearer {key}"
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
        arguments += ["--data", json.dumps(body).replace("MARK", text)]
    lines = "\n".join(f"{name}: {value}" for name, value in headers.items()).replace("MARK", text)
    said = sqlmap(tmp_path, stack.url + path.replace("MARK", text), "--headers", lines, *arguments)
    assert "all tested parameters do not appear to be injectable" in said, said
    assert "identified the following injection point" not in said
    assert "(Unauthorized)" not in said and "(Forbidden)" not in said, "it did not get that far"


def test_sqlmap_finds_a_hole(stack, tmp_path):
    """In a server that does what ours does not: it puts the parameter into the statement's text."""
    class Hole(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            try:
                rows = stack.sql(f"SELECT title FROM products WHERE category = '{query['category'][0]}'")
                status, body = 200, json.dumps([title for title, in rows[:9]]).encode()
            except (psycopg.Error, KeyError):
                status, body = 500, b"{}"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    (category,), = stack.sql("SELECT category FROM products WHERE category NOT LIKE '%% %%' LIMIT 1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hole) as server:
        threading.Thread(target=server.serve_forever).start()
        said = sqlmap(tmp_path, f"http://127.0.0.1:{server.server_port}/?category="
                                f"{urllib.parse.quote(category)}*", "--technique=B")
        server.shutdown()
    assert "identified the following injection point" in said, said
