"""Text that would be code elsewhere is text, in every place where a client can put some: it is found,
kept, or refused by the name of its place, and nothing else happens."""

import json
import re

import psycopg
import pytest

from harness import Company, Tenant, Visitor, places, refused, wait_until

# To PostgreSQL, to shells and file systems, to headers and logs, to templates and other databases.
TEXTS = [
    "'", "''", "\"", "\\", "\\'", "`", ";", "--", "/*", "%", "%27", "%%", "_", "$1", "$$", "$$;--", ":x", "?",
    "' OR '1'='1", "' OR 1=1 --", "\" OR \"\"=\"", "') OR ('1'='1", "1 OR 1=1", "1; SELECT pg_sleep(9)",
    "'; DROP TABLE quotes; --", "' UNION SELECT NULL, NULL --", "1' AND 1=CAST(version() AS int) --",
    "'||(SELECT version())||'", "' AND pg_sleep(9) IS NULL --", "E'\\x27'", "U&'\\0027'", "\u2019 OR 1=1",
    "{", "{}", "{\"a\":1}", "{1,2}", "[]", "(1,2)", "NULL", "null", "true", "0x27", "infinity", "NaN", "1e400",
    "::int", "now()", "current_user", "\\copy x", "COPY x TO PROGRAM 'id'", "kabaido.org_id",
    "a\tb", "a\r\nX-Injected: yes", "a\nb", "\u0001", "\u007f", "\u202e", "\ufeff", "\U0001f600", "é" * 200,
    "; id", "| id", "$(id)", "`id`", "&& id", "../../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd",
    "file:///etc/passwd", "http://127.0.0.1:9443/metrics", "gopher://127.0.0.1", "\\\\host\\share",
    "<script>alert(1)</script>", "\"><img src=x>", "javascript:alert(1)", "{{7*7}}", "${7*7}", "<%= 7*7 %>",
    "#{7*7}", "${jndi:ldap://127.0.0.1/x}", "%s%s%s%n", "%x" * 20, "*)(uid=*", "' or ''='", "{\"$gt\":\"\"}",
    "__proto__", "constructor", "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>", "A" * 5000,
]

# What PostgreSQL says of a statement that a client's text has become a part of, or might have.
FAULT = re.compile(r" kabaido_worker@.*(?:ERROR|FATAL|PANIC): .*")
PROBE = "nobody_has_this_column"


@pytest.fixture(scope="module")
def tenant(stack):
    return Tenant(stack)


@pytest.fixture(scope="module")
def browser(stack):
    return Company(stack).signed_in()


@pytest.fixture(scope="module", autouse=True)
def nothing_happened(stack):
    """Neither PostgreSQL nor the workers had anything to object to."""
    started = len(stack.log("postgres.log")), len(stack.log("api.log"))
    yield
    faults = FAULT.findall(stack.log("postgres.log")[started[0]:])
    assert [fault for fault in faults if PROBE not in fault] == []
    assert "database:" not in stack.log("api.log")[started[1]:]


def test_every_member_of_the_document_has_its_place():
    assert list(places.forgotten()) == []


def test_the_bodies_are_good(tenant):
    """So that text in one member gets as far as that member goes."""
    for path in ("/products/bulk", "/customers", "/requests"):
        answer = tenant.post(path, places.BODIES[f"/api/v1{path}"])
        assert answer.status_code in (200, 201) and not answer.json().get("errors"), answer.content


def test_an_error_of_the_databases_would_be_found(stack):
    with stack.connect("kabaido_worker") as connection, pytest.raises(psycopg.errors.UndefinedColumn):
        connection.execute(f"SELECT {PROBE}")
    wait_until(lambda: any(PROBE in fault for fault in FAULT.findall(stack.log("postgres.log"))))


def send(tenant, browser, place, text):
    """By who may: the key of an organisation, or another one's admin."""
    path, headers, body = places.request(place, text)
    # nginx makes its own 404 of a path that leads out of the API when it is decoded.
    options = {"hooks": {"response": lambda *_, **__: None}} if place.kind == "path" else {}
    if place.path.startswith("/api/v1"):
        headers = {**({"Content-Type": "application/json"} if body is not None else {}), **headers}
        return tenant.session.request(place.method, tenant.stack.url + path, headers=headers, timeout=60,
                                      data=None if body is None else json.dumps(body), **options)
    return browser.request(place.method, path.removeprefix("/settings/api"), body, headers)


def can_be_sent(place, text):
    """A header's value is one line of characters that it can have."""
    return place.kind != "header" or re.fullmatch(r"[!-~\xa0-\xff](?:[ -~\xa0-\xff]*[!-~\xa0-\xff])?", text)


# All but those that take passwords, which have tests of their own below, and signing out.
@pytest.mark.parametrize("place", [
    one for one in places.places() if one.method != "DELETE"
    and one.path not in ("/settings/api/session", "/settings/api/password")], ids=places.at)
def test_text_is_text(tenant, browser, place):
    for text in filter(lambda text: can_be_sent(place, text), TEXTS):
        answer = send(tenant, browser, place, text)
        assert answer.status_code < 500, (text, answer.content)
        assert "X-Injected" not in answer.headers
        assert answer.elapsed.total_seconds() < 9, text
        if answer.status_code >= 400:
            body = answer.json()
            assert {"error", "code", "request_id"} <= set(body), text
            assert "root:" not in body["error"] and "PostgreSQL" not in body["error"]
        elif answer.status_code in (200, 201):
            assert answer.headers["Content-Type"] == "application/json"
            assert b"root:" not in answer.content and b"PostgreSQL 1" not in answer.content


@pytest.mark.parametrize("name", ["search", "sku", "category"])
def test_no_text_finds_what_does_not_contain_it(stack, tenant, name):
    """One that is read as code would find everything, or something else."""
    tenant.post("/products/bulk", {"products": [{"sku": f"EM {i}", "title": "End mill", "price": 1}
                                                for i in range(3)]})
    for text in TEXTS:
        answer = tenant.get("/products", **{name: text})
        if answer.status_code == 200:
            found = answer.json()["products"]
            assert all(text.lower() in f"{one['sku']}|{one['title']}".lower() for one in found), text


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_text_that_is_kept_comes_back_as_it_was(tenant, text):
    """Where it is refused, it is refused by name."""
    answer = tenant.post("/requests", {"text": text})
    if answer.status_code == 422:
        refused(answer, 422, "invalid_body", field="text")
        return
    assert answer.status_code == 201, answer.content
    again = tenant.get(f"/requests/{answer.json()['id']}")
    assert again.json()["messages"][0]["body"] == text


def test_a_slash_stays_a_slash(tenant):
    """Not every reader of JSON in a shell takes an escape that need not be there."""
    opened = tenant.post("/requests", {"text": "https://works.example/a/b"})
    again = tenant.get(f"/requests/{opened.json()['id']}")
    for answer in (opened, again):
        assert b'"https://works.example/a/b"' in answer.content


STATEMENTS = [text for text in TEXTS if "OR" in text or "UNION" in text][:4]


def test_nobody_is_signed_in_by_a_statement(stack):
    """A few only, each from an address of its own: tries are throttled, and cost a slow hash."""
    person = Company(stack).person()
    for text in STATEMENTS:
        for email, password in ((text, person.password), (f"{person.email}{text}", person.password),
                                (person.email, f"{person.password}{text}")):
            answer = Visitor(stack).sign_in(email, password)
            assert answer.status_code in (401, 422), answer.content
            assert not answer.headers.get("Set-Cookie")


def test_no_password_is_changed_by_a_statement(browser):
    for text in STATEMENTS:
        answer = browser.post("/password", {"current_password": text, "new_password": "long enough for it"})
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")
    assert browser.is_signed_in()
