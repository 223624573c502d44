"""Every row of Settings keeps every promise of the contract: no new one can forget any.

The table is what kabaido-api prints itself. A new row adds a line to POLICY, and to BODIES if it takes
a body; which of two kinds it is says the rest.
"""

import re
import secrets
import uuid

import pytest

from harness import (ROOT, Company, Visitor, endpoints, refused, settings, settings_endpoints, without_id)
from harness.settings import API, SESSION, let_in

ROWS = settings_endpoints()
PATHS = sorted({row.path for row in ROWS})
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"]

# Who may call: anybody who signs in, who is signed in, or who manages keys.
SIGN_IN, SESSION_ROW, MANAGES_KEYS = "sign-in", "session", "session:manages-keys"
POLICY = {
    "POST /settings/api/session": SIGN_IN,
    "GET /settings/api/session": SESSION_ROW,
    "DELETE /settings/api/session": SESSION_ROW,
    "POST /settings/api/password": SESSION_ROW,
    "GET /settings/api/keys": MANAGES_KEYS,
    "POST /settings/api/keys": MANAGES_KEYS,
    "PATCH /settings/api/keys/{id}": MANAGES_KEYS,
    "POST /settings/api/keys/{id}/rotate": MANAGES_KEYS,
    "POST /settings/api/keys/{id}/revoke": MANAGES_KEYS,
    "GET /settings/api/audit": MANAGES_KEYS,
}

# A body that the row accepts from this person.
BODIES = {
    "POST /settings/api/session": lambda one: {"email": one.email, "password": one.password},
    "POST /settings/api/password": lambda one: {"current_password": one.password,
                                                "new_password": one.password},
    "POST /settings/api/keys": lambda one: {"name": "Shop", "scopes": ["quotes:read"]},
    "PATCH /settings/api/keys/{id}": lambda one: {"name": "Another name"},
    "POST /settings/api/keys/{id}/rotate": lambda one: {"grace_seconds": 0},
    "POST /settings/api/keys/{id}/revoke": lambda one: {},
}

# What makes a secret takes a plan that lets the key in; the rest does not.
TAKES_A_PLAN = {"POST /settings/api/keys", "POST /settings/api/keys/{id}/rotate"}


def name_of(row):
    return f"{row.method} {row.path}"


every_row = pytest.mark.parametrize("row", ROWS, ids=name_of)
every_path = pytest.mark.parametrize("path", PATHS)


def of_rows(holds):
    return pytest.mark.parametrize("row", [row for row in ROWS if holds(row)], ids=name_of)


asks_for_a_session = of_rows(lambda row: row.scope != SIGN_IN)
changes_something = of_rows(lambda row: row.method != "GET")
takes_a_body = of_rows(lambda row: row.body_limit > 0)
has_an_id = of_rows(lambda row: "{id}" in row.path)


def allowed(path):
    """The methods that the table serves at a path, in the order of Allow."""
    methods = {row.method for row in ROWS if row.path == path}
    return [*(["GET", "HEAD"] if "GET" in methods else []),
            *(method for method in ("POST", "PATCH", "DELETE") if method in methods), "OPTIONS"]


class Walk:
    """Sends requests to rows as they want them."""

    def __init__(self, stack):
        self.stack = stack
        self.company = Company(stack)
        self.people = {role: self.company.person(role) for role in ("owner", "admin", "member")}

    def let_in(self, role="admin"):
        return let_in(self.stack, self.people[role])

    def key_id(self):
        """Of a new key of the organisation."""
        return self.let_in().create_key()[0]["id"]

    def path(self, row, key_id=None):
        """Below /settings/api, with the id of a key that is there or this one."""
        path = row.path.removeprefix(API)
        return path.replace("{id}", key_id or self.key_id()) if "{id}" in path else path

    def send(self, visitor, row, key_id=None, **options):
        """As somebody whom it is for would, but for the options; body: another one."""
        if row.body_limit > 0 and "body" not in options:
            person = getattr(visitor, "person", self.people["admin"])
            options["body"] = BODIES[name_of(row)](person)
        query = options.pop("query", "")
        return visitor.request(options.pop("method", row.method), self.path(row, key_id) + query,
                               **options)

    def state(self):
        """All that a row of Settings could change."""
        tables = [self.stack.sql(f"SELECT * FROM {table} WHERE org_id = %s ORDER BY {key}",
                                 [self.company.org_id])
                  for table, key in (("api_keys", "key_id"), ("credentials", "public_id"),
                                     ("users", "user_id"), ("audit", "audit_id"))]
        return tables + [self.stack.sql("SELECT token_hash, user_id, expires_at FROM sessions "
                                        "WHERE org_id = %s ORDER BY 1", [self.company.org_id])]


@pytest.fixture(scope="module")
def walk(stack):
    return Walk(stack)


def signed_out(answer):
    refused(answer, 401, "signed_out")
    assert answer.headers["www-authenticate"] == 'Session realm="kabaido settings"'


def test_the_table_is_walked():
    assert {name_of(row): row.scope for row in ROWS} == POLICY
    assert {name_of(row) for row in ROWS if row.body_limit > 0} == set(BODIES)


def test_the_document_has_every_row():
    """docs/settings.md, with who may call it."""
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    who = {"anybody": SIGN_IN, "signed in": SESSION_ROW, "owner, admin": MANAGES_KEYS}
    assert {name: who[said] for name, said
            in re.findall(r"^\| `([A-Z]+ /settings/api/\S+)` \| ([a-z, ]+) \|", text, re.M)} == POLICY


@every_row
def test_no_row_takes_more_than_people_type(row):
    assert row.body_limit == (16384 if row.method in ("POST", "PATCH") else 0)
    assert not row.counted and not row.public


# --- Who may -----------------------------------------------------------------------------------


@every_row
@pytest.mark.parametrize("role", ["owner", "admin"])
def test_served_to_who_may(walk, row, role):
    answer = walk.send(walk.let_in(role), row)
    assert answer.status_code in (200, 201, 204), answer.content
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]
    assert "ratelimit" not in answer.headers
    if answer.status_code != 204:
        assert answer.headers["content-type"] == "application/json"


@every_row
def test_a_member_manages_no_keys(walk, row):
    browser = walk.let_in("member")
    key_id = walk.key_id()
    before = walk.state()
    answer = walk.send(browser, row, key_id)
    if row.scope == MANAGES_KEYS:
        refused(answer, 403, "role_required")
        assert walk.state() == before
    else:
        assert answer.status_code < 300, answer.content


@asks_for_a_session
def test_no_cookie(walk, row):
    key_id = walk.key_id()
    before = walk.state()
    signed_out(walk.send(Visitor(walk.stack), row, key_id))
    assert walk.state() == before


def another_organisation(walk):
    """The secret of a session of ours in the name of another organisation."""
    token = settings.token_of(walk.let_in().cookie(SESSION))
    return settings.forged(Company(walk.stack).org_id, token[16:])


COOKIES = {
    "nothing": lambda walk: "",
    "garbage": lambda walk: "garbage",
    "quoted": lambda walk: f'"{walk.let_in().cookie(SESSION)}"',
    "a made up one of ours": lambda walk: settings.forged(walk.company.org_id),
    "a made up one of nobody": lambda walk: settings.forged(uuid.uuid4()),
    "another organisation's name": another_organisation,
    "zeros": lambda walk: settings.forged(uuid.UUID(int=0), bytes(32)),
    "one that lacks a byte": lambda walk: settings.forged(walk.company.org_id, secrets.token_bytes(31)),
    "one with a byte more": lambda walk: settings.forged(walk.company.org_id, secrets.token_bytes(33)),
    "an absurd one": lambda walk: "A" * 6000,
    "one with padding": lambda walk: walk.let_in().cookie(SESSION) + "==",
    "its digest": lambda walk: settings.forged(
        walk.company.org_id, settings.token_hash(walk.let_in().cookie(SESSION))),
}


@asks_for_a_session
@pytest.mark.parametrize("kind", COOKIES)
def test_a_cookie_that_nobody_has(walk, row, kind):
    cookie = COOKIES[kind](walk)
    key_id = walk.key_id()
    before = walk.state()
    visitor = Visitor(walk.stack)
    signed_out(walk.send(visitor, row, key_id, headers={"Cookie": f"{SESSION}={cookie}"}))
    assert walk.state() == before


@asks_for_a_session
@pytest.mark.parametrize("name", ["kabaido_session", f"x{SESSION}", f"{SESSION}x", SESSION.upper(),
                                  SESSION.lower(), settings.BROWSER])
def test_a_cookie_of_another_name(walk, row, name):
    """__Host- is what keeps another host, or plain HTTP, from setting it."""
    cookie = walk.let_in().cookie(SESSION)
    signed_out(walk.send(Visitor(walk.stack), row, headers={"Cookie": f"{name}={cookie}"}))


@asks_for_a_session
def test_a_cookie_among_others(walk, row):
    cookie = walk.let_in().cookie(SESSION)
    answer = walk.send(Visitor(walk.stack), row,
                       headers={"Cookie": f"theme=dark; {SESSION}={cookie}; a=b=c"},
                       body=BODIES[name_of(row)](walk.people["admin"]) if row.body_limit else None)
    assert answer.status_code < 300, answer.content


@asks_for_a_session
def test_a_session_that_has_ended(walk, row):
    key_id = walk.key_id()
    ended = {"signed out": lambda one: one.delete("/session"),
             "idle": lambda one: walk.stack.sql(
                 "UPDATE sessions SET seen_at = seen_at - interval '30 minutes' WHERE token_hash = %s",
                 [settings.token_hash(one.cookie(SESSION))]),
             "old": lambda one: walk.stack.sql(
                 "UPDATE sessions SET expires_at = clock_timestamp() WHERE token_hash = %s",
                 [settings.token_hash(one.cookie(SESSION))])}
    for end in ended.values():
        browser = walk.let_in()
        cookie = browser.cookie(SESSION)
        end(browser)
        before = walk.state()[:4]
        browser.put_cookie(SESSION, cookie)
        signed_out(walk.send(browser, row, key_id))
        assert walk.state()[:4] == before


@asks_for_a_session
def test_no_key_opens_it(walk, row):
    """However it is sent, and whatever it may do at the API."""
    key = walk.stack.new_key(",".join(sorted({one.scope for one in endpoints() if one.scope})),
                             org=walk.company.name)
    key_id = walk.key_id()
    before = walk.state()
    for headers in ({"Authorization": f"Bearer {key}"}, {"Cookie": f"{SESSION}={key}"},
                    {"Authorization": f"Session {walk.let_in().cookie(SESSION)}"}):
        before = walk.state()
        signed_out(walk.send(Visitor(walk.stack), row, key_id, headers=headers))
        assert walk.state() == before


@pytest.mark.parametrize("endpoint", [one for one in endpoints() if not one.public], ids=name_of)
def test_no_session_opens_the_api(walk, endpoint):
    """Neither the cookie, which nginx does not pass on there, nor past nginx, nor as a key."""
    browser = walk.let_in("owner")
    cookie = browser.cookie(SESSION)
    path = endpoint.path.replace("{id}", str(uuid.uuid4()))
    send = {"json": {}} if endpoint.body_limit else {}
    answer = browser.session.request(endpoint.method, walk.stack.url + path, timeout=60, **send)
    refused(answer, 401, "missing_key")
    answer = walk.stack.request(endpoint.method, path, cookie, **send)
    refused(answer, 401, "invalid_key")
    answer = settings.past_nginx(walk.stack, endpoint.method, path, {} if send else None,
                                 cookies={SESSION: cookie}, prefix="")
    assert (answer.status_code, answer.json()["code"]) == (401, "missing_key")


# --- Where it comes from -----------------------------------------------------------------------


ORIGINS = {
    "none": lambda url: None,
    "a page that hides it": lambda url: "null",
    "another site": lambda url: "https://evil.example",
    "this host without TLS": lambda url: url.replace("https:", "http:"),
    "another port": lambda url: url + "1",
    "this host within another": lambda url: url + ".evil.example",
    "this host behind another": lambda url: "https://evil.example/" + url,
    "with a path": lambda url: url + "/",
    "without the scheme": lambda url: url.removeprefix("https://"),
    "the scheme alone": lambda url: "https://",
    "two": lambda url: f"{url} {url}",
    "in other letters": lambda url: url.upper(),
}


@changes_something
@pytest.mark.parametrize("kind", ORIGINS)
def test_what_changes_something_comes_from_our_own_page(walk, row, kind):
    browser = walk.let_in()
    key_id = walk.key_id()
    before = walk.state()
    answer = walk.send(browser, row, key_id, headers={"Origin": ORIGINS[kind](walk.stack.url)})
    refused(answer, 403, "origin_refused", field="Origin")
    assert "set-cookie" not in answer.headers
    assert walk.state() == before
    assert browser.is_signed_in()


@of_rows(lambda row: row.method == "GET")
@pytest.mark.parametrize("origin", [None, "null", "https://evil.example"])
def test_a_look_may_come_from_anywhere_and_is_told_to_our_own_page_only(walk, row, origin):
    """Browsers send no Origin with it; what another site's page asked it may not read."""
    answer = walk.send(walk.let_in(), row, headers={"Origin": origin})
    assert answer.status_code == 200
    assert not any(name.lower().startswith("access-control") for name in answer.headers)


# --- Whose it is -------------------------------------------------------------------------------


@has_an_id
def test_another_organisations_key_is_as_absent_as_a_random_one(walk, row):
    browser = walk.let_in()
    other = Company(walk.stack)
    theirs = let_in(walk.stack, other.person()).create_key()[0]["id"]
    answers = [walk.send(browser, row, key_id)
               for key_id in (theirs, str(uuid.uuid4()), theirs.upper(), "1", "x" * 36)]
    for answer in answers:
        refused(answer, 404, "not_found")
        assert without_id(answer) == without_id(answers[0])
    assert [key["state"] for key in let_in(walk.stack, walk.people["admin"]).get("/keys").json()["keys"]
            if key["id"] == theirs] == []
    rows = walk.stack.rows("SELECT name, revoked_at FROM api_keys WHERE key_id = %s", [theirs])
    assert [tuple(one) for one in rows] == [("Shop", None)]


@has_an_id
def test_an_id_in_upper_case_is_the_same(walk, row):
    assert walk.send(walk.let_in(), row, walk.key_id().upper()).status_code < 300


@of_rows(lambda row: row.scope == MANAGES_KEYS)
def test_a_member_learns_nothing_of_keys(walk, row):
    browser = walk.let_in("member")
    ids = [walk.key_id(), str(uuid.uuid4()), "1"] if "{id}" in row.path else [None]
    answers = [walk.send(browser, row, key_id) for key_id in ids] \
        + [walk.send(browser, row, ids[0], query="?colour=red")]
    for answer in answers:
        refused(answer, 403, "role_required")
        assert without_id(answer) == without_id(answers[0])


@every_row
def test_a_plan_without_integrations_lets_keys_be_seen_and_ended(stack, row):
    company = Company(stack)
    person = company.person()
    browser = let_in(stack, person)
    key_id = browser.create_key()[0]["id"]
    company.set_plan("free")
    path = row.path.removeprefix(API).replace("{id}", key_id)
    answer = browser.request(row.method, path, BODIES[name_of(row)](person) if row.body_limit else None)
    if name_of(row) in TAKES_A_PLAN:
        refused(answer, 403, "plan_required")
        assert [len(stack.sql(f"SELECT 1 FROM {table} WHERE org_id = %s", [company.org_id]))
                for table in ("api_keys", "credentials")] == [1, 1]
    else:
        assert answer.status_code < 300, answer.content


# --- What is asked -----------------------------------------------------------------------------


@every_path
def test_other_methods(walk, path):
    row, = [row for row in ROWS if row.path == path][:1]
    served = allowed(path)
    for method in METHODS:
        if method not in served:
            for visitor in (Visitor(walk.stack), walk.let_in()):
                answer = visitor.request(method, walk.path(row))
                if method == "HEAD":
                    assert (answer.status_code, answer.content) == (405, b"")
                else:
                    refused(answer, 405, "method_not_allowed")
                assert answer.headers["allow"] == ", ".join(served)


@every_path
def test_options(walk, path):
    row, = [row for row in ROWS if row.path == path][:1]
    for visitor in (Visitor(walk.stack), walk.let_in()):
        answer = visitor.request("OPTIONS", walk.path(row),
                                 headers={"Origin": "https://evil.example",
                                          "Access-Control-Request-Method": "POST"})
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["allow"] == ", ".join(allowed(path))
        assert not any(name.lower().startswith("access-control") for name in answer.headers)


@of_rows(lambda row: row.method == "GET")
def test_head_is_get_without_a_body(walk, row):
    browser = walk.let_in()
    plain = {"Accept-Encoding": "identity"}
    get = walk.send(browser, row, headers=plain)
    head = walk.send(browser, row, method="HEAD", headers=plain)
    assert (head.status_code, head.content) == (200, b"")
    varying = {"Date", "X-Request-Id"}
    assert {name: value for name, value in head.headers.items() if name not in varying} \
        == {name: value for name, value in get.headers.items() if name not in varying}
    answer = walk.send(Visitor(walk.stack), row, method="HEAD")
    assert (answer.status_code, answer.content) == (401, b"")


@every_row
@pytest.mark.parametrize("query, field", [("?colour=red", "colour"), ("?colour", "colour"),
                                          ("?=red", ""), ("?gr%C3%B6%C3%9Fe=1", "größe")])
def test_an_unknown_parameter_is_named(walk, row, query, field):
    browser = walk.let_in()
    key_id = walk.key_id()
    before = walk.state()
    answer = walk.send(browser, row, key_id, query=query)
    refused(answer, 422, "invalid_parameter", field=field)
    assert walk.state() == before


@every_row
@pytest.mark.parametrize("query", ["?a=%00", "?a=%zz", "?%ff=1", "?" + "&".join("abcdefg" * 5)])
def test_a_malformed_query(walk, row, query):
    """Sent by curl, since requests would mend it."""
    answer = walk.stack.curl(API + walk.path(row) + query, "--request", row.method,
                             "--header", f"Cookie: {SESSION}={walk.let_in().cookie(SESSION)}",
                             "--header", f"Origin: {walk.stack.url}")
    refused(answer, 400, "malformed_request")


@asks_for_a_session
def test_what_is_wrong_with_the_input_is_told_only_to_who_may(walk, row):
    signed_out(walk.send(Visitor(walk.stack), row, query="?colour=red"))
    if row.body_limit:
        signed_out(walk.send(Visitor(walk.stack), row, body=b"{"))


@takes_a_body
def test_an_unknown_member_is_named(walk, row):
    browser = walk.let_in()
    key_id = walk.key_id()
    before = walk.state()
    answer = walk.send(browser, row, key_id,
                       body=BODIES[name_of(row)](browser.person) | {"colour": "red"})
    refused(answer, 422, "invalid_body", field="colour")
    assert "'colour'" in answer.json()["error"]
    assert walk.state() == before


@takes_a_body
@pytest.mark.parametrize("body, status, code", [
    (b"", 400, "malformed_json"), (b"{", 400, "malformed_json"), (b"{} {}", 400, "malformed_json"),
    (b'{"a":1,"a":2}', 400, "malformed_json"), (b'{"a":"\\u0000"}', 400, "malformed_json"),
    (b'{"a":"\xff"}', 400, "malformed_json"), (b'{"a":"\\ud800"}', 400, "malformed_json"),
    (b"[" * 33 + b"]" * 33, 400, "malformed_json"), (b'{"a":NaN}', 400, "malformed_json"),
    (b"[]", 422, "invalid_body"), (b"null", 422, "invalid_body"), (b'"x"', 422, "invalid_body"),
])
def test_a_body_that_is_no_object(walk, row, body, status, code):
    browser = walk.let_in()
    key_id = walk.key_id()
    before = walk.state()
    answer = walk.send(browser, row, key_id, body=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert walk.state() == before


@takes_a_body
@pytest.mark.parametrize("headers, field", [
    ({"Content-Type": "text/plain"}, "Content-Type"),
    ({"Content-Type": "application/x-www-form-urlencoded"}, "Content-Type"),
    ({"Content-Type": "multipart/form-data; boundary=x"}, "Content-Type"),
    ({"Content-Type": "application/jsonp"}, "Content-Type"), ({"Content-Type": ""}, "Content-Type"),
    ({"Content-Encoding": "gzip"}, "Content-Encoding"),
])
def test_a_body_of_another_kind(walk, row, headers, field):
    """What another site's form could send is among them."""
    browser = walk.let_in()
    key_id = walk.key_id()
    before = walk.state()
    answer = walk.send(browser, row, key_id, headers=headers)
    refused(answer, 415, "unsupported_media_type", field=field)
    assert walk.state() == before


@takes_a_body
def test_a_body_that_is_too_large(walk, row):
    browser = walk.let_in()
    key_id = walk.key_id()
    before = walk.state()
    for size in (row.body_limit + 1, 2 ** 20 + 1):
        refused(walk.send(browser, row, key_id, body=b" " * size), 413, "body_too_large")
    assert walk.state() == before
    fits = walk.send(browser, row, key_id, body=b" " * row.body_limit)
    refused(fits, 400, "malformed_json")


@of_rows(lambda row: row.body_limit == 0)
def test_a_body_where_none_is_taken_changes_nothing(walk, row):
    assert walk.send(walk.let_in(), row, body={"a": 1}).status_code in (200, 204)


def test_there_is_nothing_else_at_the_interface(walk):
    for path in ("", "/", "/session/", "/keys/", "/keys/{id}/", "/keys//rotate", "/users", "/Keys"):
        for visitor in (Visitor(walk.stack), walk.let_in()):
            answer = visitor.get(path.replace("{id}", str(uuid.uuid4())))
            refused(answer, 404, "not_found")
