"""Signing in to Settings, staying so, and ceasing to be."""

import hashlib
import os
import re
import uuid

import pytest

from harness import (Company, SignedIn, Visitor, dump, refused, secrets_in, settings, wait_until,
                     without_id)
from harness.settings import BROWSER, SESSION, cookies_of, token_hash

SCOPES = ["products:read", "products:write", "quotes:read", "quotes:write", "orders:read",
          "customers:read", "customers:write", "requests:read", "requests:write"]
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture(scope="module")
def company(stack):
    return Company(stack)


@pytest.fixture(scope="module")
def admin(company):
    """Somebody whom the tests sign in and leave as they are."""
    return company.person("admin")


@pytest.fixture
def browser(stack, admin):
    return SignedIn(stack, admin)


def signed_out(answer):
    """Checks a refusal that takes the cookie away."""
    refused(answer, 401, "signed_out")
    assert answer.headers["www-authenticate"] == 'Session realm="kabaido settings"'


def age(stack, browser, column, by):
    """Makes a session older by an interval."""
    changed = stack.sql(f"UPDATE sessions SET {column} = {column} - %s::interval "
                        "WHERE token_hash = %s RETURNING 1",
                        [by, token_hash(browser.cookie(SESSION))])
    assert len(changed) == 1


def on_every_worker(stack, browser):
    """The statuses that a session is answered, asked often enough to meet each worker."""
    return {browser.get("/session").status_code for _ in range(6 * len(stack.worker_pids()))}


# --- Signing in -------------------------------------------------------------------------------


def test_signing_in_tells_who_and_where_and_what_there_is(company, admin, browser):
    told = browser.told
    assert list(told) == ["user", "organisation", "may_manage_keys", "session", "scopes", "limits",
                          "grace_seconds_most"]
    assert told["user"] == {"id": told["user"]["id"], "email": admin.email, "role": "admin"}
    assert str(uuid.UUID(told["user"]["id"])) == told["user"]["id"]
    assert told["organisation"] == {"id": company.org_id, "name": company.name, "plan": "team",
                                    "integrations": True}
    assert told["may_manage_keys"] is True
    assert re.fullmatch(MOMENT, told["session"]["created_at"])
    assert re.fullmatch(MOMENT, told["session"]["expires_at"])
    assert told["session"]["idle_seconds"] == 1800
    assert [scope["name"] for scope in told["scopes"]] == SCOPES
    assert all(scope["resource"] == scope["name"].split(":")[0] and scope["allows"]
               and set(scope) == {"name", "resource", "allows"} for scope in told["scopes"])
    assert told["limits"] == {"default": 600, "most": 600}
    assert told["grace_seconds_most"] == 604800
    assert browser.get("/session").json() == told


@pytest.mark.parametrize("role, may", [("owner", True), ("admin", True), ("member", False)])
def test_roles(company, role, may):
    told = company.signed_in(role).told
    assert (told["user"]["role"], told["may_manage_keys"]) == (role, may)


def test_a_plan_without_integrations_says_so(stack):
    told = Company(stack, plan="free").signed_in("owner").told
    assert told["organisation"]["integrations"] is False
    assert told["may_manage_keys"] is True


def test_the_cookies_attributes(stack, admin):
    answer = Visitor(stack).sign_in(admin.email, admin.password)
    assert answer.status_code == 201
    cookies = cookies_of(answer)
    assert set(cookies) == {SESSION, BROWSER}
    for name, life in ((SESSION, 12 * 3600), (BROWSER, 365 * 24 * 3600)):
        value, *attributes = cookies[name].split("; ")
        assert re.fullmatch(r"[A-Za-z0-9_-]{43,64}", value)
        assert attributes == ["Path=/", f"Max-Age={life}", "Secure", "HttpOnly", "SameSite=Strict"]
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_nothing_that_is_signed_in_may_be_kept(browser):
    for path in ("/session", "/keys", "/audit"):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert "etag" not in answer.headers


def test_each_sign_in_is_a_session_of_its_own(stack, admin):
    one, other = SignedIn(stack, admin), SignedIn(stack, admin)
    assert one.cookie(SESSION) != other.cookie(SESSION)
    assert one.delete("/session").status_code == 204
    assert (one.is_signed_in(), other.is_signed_in()) == (False, True)


def test_signing_in_again_does_not_keep_the_cookie(stack, admin, browser):
    """Or somebody who has planted a cookie would be signed in with it (session fixation)."""
    planted = browser.cookie(SESSION)
    assert browser.sign_in(admin.email, admin.password).status_code == 201
    assert browser.cookie(SESSION) != planted
    visitor = Visitor(stack)
    made_up = settings.forged(browser.told["organisation"]["id"])
    visitor.put_cookie(SESSION, made_up)
    assert visitor.sign_in(admin.email, admin.password).status_code == 201
    assert visitor.cookie(SESSION) != made_up


@pytest.mark.parametrize("written", [str.upper, str.title, str.swapcase])
def test_an_address_in_other_letters_is_the_same(stack, company, admin, written):
    visitor = Visitor(stack)
    answer = visitor.sign_in(written(admin.email), admin.password)
    assert answer.status_code == 201
    assert answer.json()["user"]["email"] == admin.email
    assert company.trail("user.sign_in")[-1].actor == admin.email


def test_an_address_as_it_was_given_is_found_in_lower_case(stack, company):
    person = company.person(email=f"Ada.{uuid.uuid4().hex}@Works.Example")
    for email in (person.email, person.email.lower()):
        answer = Visitor(stack).sign_in(email, person.password)
        assert answer.json()["user"]["email"] == person.email


def test_a_password_is_taken_as_it_is(stack, company, admin):
    for password in (admin.password.upper(), admin.password + " ", " " + admin.password,
                     admin.password[:-1]):
        refused(Visitor(stack).sign_in(admin.email, password), 401, "sign_in_failed")


@pytest.mark.parametrize("password", ["пароль с пробелами", "密码密码密码密码密码密码", " e\u0301" * 6,
                                      "x" * 1024])
def test_a_password_may_be_anything_of_twelve_characters(stack, company, password):
    person = company.person()
    person = person._replace(password=password)
    stack.ctl("user", "set-password", "--email", person.email, stdin=password)
    assert SignedIn(stack, person).is_signed_in()


def test_a_browser_sends_each_cookie_by_itself(stack, browser):
    """As HTTP/2 lets it."""
    answer = stack.curl("/settings/api/session", "--http2", "--header", "Cookie: theme=dark",
                        "--header", f"Cookie: {SESSION}={browser.cookie(SESSION)}",
                        "--header", f"Cookie: {BROWSER}={browser.cookie(BROWSER)}")
    assert (answer.protocol, answer.status_code) == ("HTTP/2", 200)


# --- Failing to -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def disabled(stack, company):
    person = company.person()
    stack.ctl("user", "disable", "--email", person.email)
    return person


def failures(admin, disabled):
    """Cause to address and password."""
    return {"an unknown address": ("nobody@works.example", admin.password),
            "a wrong password": (admin.email, "not the password"),
            "another's password": (admin.email, disabled.password),
            "a disabled person": (disabled.email, disabled.password),
            "a disabled person and a wrong password": (disabled.email, "not the password")}


def test_failures_cannot_be_told_apart(stack, admin, disabled):
    answers = []
    for cause, (email, password) in failures(admin, disabled).items():
        answer = Visitor(stack).sign_in(email, password)
        refused(answer, 401, "sign_in_failed")
        assert "set-cookie" not in answer.headers, cause
        assert "www-authenticate" not in answer.headers
        answers.append(without_id(answer))
    assert all(answer == answers[0] for answer in answers)


def statements(stack, action):
    """The statements that the workers send meanwhile, in order, by their names."""
    marker = f"marker {uuid.uuid4()}"
    stack.sql(f"SELECT '{marker}'", user="postgres")
    action()
    end = f"marker {uuid.uuid4()}"
    stack.sql(f"SELECT '{end}'", user="postgres")
    wait_until(lambda: end in stack.log("postgres.log"))
    between = stack.log("postgres.log").partition(marker)[2].partition(end)[0]
    return re.findall(r"execute (\w+):", between)


def memory_of(pid):
    """Bytes that a process has in memory, and the most that it has had since it was asked to forget
    that."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        sizes = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB$", file.read(), re.M))
    return int(sizes["VmRSS"]) * 1024, int(sizes["VmHWM"]) * 1024


def test_failures_take_the_same_work(stack, admin, disabled):
    """The same statements; and one worker works in 32 MiB, as scrypt does, whatever the cause. Nothing
    is timed here: see the tests of the throttle for why nobody can try often enough to see more."""
    seen = {}
    for cause, (email, password) in failures(admin, disabled).items():
        workers = stack.worker_pids()
        for pid in workers:
            with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
                file.write("5")
        before = {pid: memory_of(pid)[0] for pid in workers}
        sent = statements(stack, lambda who=email, what=password: Visitor(stack).sign_in(who, what))
        grown = [pid for pid in workers if memory_of(pid)[1] - before[pid] > 30 * 2 ** 20]
        seen[cause] = (sent, len(grown))
    expected = (["settings_sign_in_attempt", "settings_session_enter", "settings_sign_in_failed"], 1)
    assert seen == {cause: expected for cause in seen}


@pytest.mark.parametrize("body, field", [
    ({}, "email"), ({"password": "x"}, "email"), ({"email": "a@b.example"}, "password"),
    ({"email": None, "password": "x"}, "email"), ({"email": "a@b.example", "password": None}, "password"),
    ({"email": 1, "password": "x"}, "email"), ({"email": ["a@b.example"], "password": "x"}, "email"),
    ({"email": "a@b.example", "password": 1}, "password"),
    ({"email": "a@b.example", "password": {"x": 1}}, "password"),
    ({"email": "", "password": "x"}, "email"), ({"email": "a@b.example", "password": ""}, "password"),
    ({"email": "a@b\n.example", "password": "x"}, "email"),
    ({"email": "x" * 501, "password": "x"}, "email"), ({"email": "é" * 251, "password": "x"}, "email"),
    ({"email": "a@b.example", "password": "x" * 1025}, "password"),
    ({"email": "a@b.example", "password": "x", "remember": True}, "remember"),
])
def test_a_body_that_is_none_names_the_member(stack, body, field):
    answer = Visitor(stack).post("/session", body)
    refused(answer, 422, "invalid_body", field=field)
    assert f"'{field}'" in answer.json()["error"]


def test_an_error_does_not_repeat_a_password(stack, admin):
    for body in ({"email": admin.email, "password": [admin.password]},
                 {"email": [admin.email], "password": admin.password},
                 {"email": admin.email, "password": admin.password * 100}):
        assert admin.password not in Visitor(stack).post("/session", body).text


@pytest.mark.parametrize("body", [[], "x", 1, None, True])
def test_a_body_that_is_no_object(stack, body):
    refused(Visitor(stack).post("/session", b"null" if body is None else body), 422, "invalid_body")


# --- The end of a session ---------------------------------------------------------------------


def test_idle_for_thirty_minutes_it_ends(stack, browser):
    age(stack, browser, "seen_at", "29 minutes 50 seconds")
    assert browser.is_signed_in()
    age(stack, browser, "seen_at", "30 minutes")
    answer = browser.get("/session")
    signed_out(answer)
    assert cookies_of(answer)[SESSION].startswith("; Path=/; Max-Age=0; Secure; ")
    assert browser.cookie(SESSION) is None


def test_being_used_keeps_it(stack, browser):
    """Seen to the minute: a session that was seen 29 minutes ago starts anew with each request."""
    for _ in range(3):
        age(stack, browser, "seen_at", "29 minutes")
        assert browser.is_signed_in()
    seen, = stack.sql("SELECT clock_timestamp() - seen_at < interval '1 minute' FROM sessions "
                      "WHERE token_hash = %s", [token_hash(browser.cookie(SESSION))])
    assert seen == (True,)


def test_it_is_not_written_down_with_every_request(stack, browser):
    """A page that asks now and then costs no write: to the minute is enough."""
    moments = set()
    for _ in range(3):
        browser.get("/session")
        moments |= set(stack.sql("SELECT seen_at, xmin::text FROM sessions WHERE token_hash = %s",
                                 [token_hash(browser.cookie(SESSION))]))
    assert len(moments) == 1


def test_after_twelve_hours_it_ends_however_busy(stack, browser):
    life, = stack.sql("SELECT expires_at - created_at BETWEEN interval '12 hours' - interval '1 s' "
                      "AND interval '12 hours' + interval '1 s' FROM sessions WHERE token_hash = %s",
                      [token_hash(browser.cookie(SESSION))])
    assert life == (True,)
    age(stack, browser, "expires_at", "11 hours 59 minutes")
    assert browser.is_signed_in()
    age(stack, browser, "expires_at", "1 minute")
    signed_out(browser.get("/session"))


def test_an_ended_session_leaves_no_row(stack, browser):
    kept = token_hash(browser.cookie(SESSION))
    age(stack, browser, "expires_at", "12 hours")
    browser.get("/session")
    assert stack.sql("SELECT count(*) FROM sessions WHERE token_hash = %s", [kept]) == [(0,)]


def test_signing_in_sweeps_the_persons_ended_sessions(stack, company):
    person = company.person()
    abandoned, kept = SignedIn(stack, person), SignedIn(stack, person)
    age(stack, abandoned, "seen_at", "31 minutes")
    SignedIn(stack, person)
    assert stack.sql("SELECT count(*) FROM sessions s JOIN users u USING (org_id, user_id) "
                     "WHERE u.email = %s", [person.email]) == [(2,)]
    assert kept.is_signed_in()


def test_signing_out_ends_it_at_once_on_every_worker(stack, browser):
    token = browser.cookie(SESSION)
    assert on_every_worker(stack, browser) == {200}
    answer = browser.delete("/session")
    assert (answer.status_code, answer.content) == (204, b"")
    assert cookies_of(answer)[SESSION] \
        == "; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"
    assert browser.cookie(SESSION) is None
    assert answer.headers["cache-control"] == "no-store"
    browser.put_cookie(SESSION, token)
    assert {(browser.put_cookie(SESSION, token), browser.get("/session").status_code)[1]
            for _ in range(6 * len(stack.worker_pids()))} == {401}
    signed_out(browser.delete("/session"))


def test_disabling_somebody_ends_their_sessions_at_once(stack, company):
    person = company.person()
    one, other = SignedIn(stack, person), SignedIn(stack, person)
    tokens = [browser.cookie(SESSION) for browser in (one, other)]
    stack.ctl("user", "disable", "--email", person.email)
    for browser, token in zip((one, other), tokens):
        signed_out(browser.get("/keys"))
        browser.put_cookie(SESSION, token)
        signed_out(browser.post("/keys", {"name": "late", "scopes": ["quotes:read"]}))
    stack.ctl("user", "enable", "--email", person.email)
    one.put_cookie(SESSION, tokens[0])
    signed_out(one.get("/session"))
    assert SignedIn(stack, person).is_signed_in()


def test_a_password_that_an_operator_sets_ends_them_too(stack, company):
    person = company.person()
    browser = SignedIn(stack, person)
    new = settings.fresh_password()
    stack.passwords.add(new)
    stack.ctl("user", "set-password", "--email", person.email, stdin=new)
    signed_out(browser.get("/session"))
    refused(Visitor(stack).sign_in(person.email, person.password), 401, "sign_in_failed")
    assert SignedIn(stack, person._replace(password=new)).is_signed_in()


def test_another_role_takes_effect_with_the_next_request(stack, company):
    browser = company.signed_in("admin")
    assert browser.get("/keys").status_code == 200
    set_role = "UPDATE users SET role = %s WHERE email = %s"
    stack.sql(set_role, ["member", browser.person.email])
    refused(browser.get("/keys"), 403, "role_required")
    assert browser.get("/session").json()["user"]["role"] == "member"
    assert browser.get("/session").json()["may_manage_keys"] is False
    stack.sql(set_role, ["owner", browser.person.email])
    assert browser.get("/keys").status_code == 200


# --- The password -----------------------------------------------------------------------------


@pytest.fixture
def person(company):
    return company.person()


def change(browser, current, new):
    browser.stack.passwords.add(new)
    return browser.post("/password", {"current_password": current, "new_password": new})


def test_a_new_password_ends_every_other_session(stack, company, person):
    here, elsewhere = SignedIn(stack, person), SignedIn(stack, person)
    somebody_else = company.signed_in()
    former = here.cookie(SESSION)
    new = settings.fresh_password()
    answer = change(here, person.password, new)
    assert (answer.status_code, answer.content) == (204, b"")
    assert list(cookies_of(answer)) == [SESSION]
    assert cookies_of(answer)[SESSION].endswith(
        "; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict")
    assert here.cookie(SESSION) != former
    assert here.is_signed_in() and somebody_else.is_signed_in()
    assert not elsewhere.is_signed_in()
    thief = Visitor(stack)
    thief.put_cookie(SESSION, former)
    signed_out(thief.get("/session"))
    refused(Visitor(stack).sign_in(person.email, person.password), 401, "sign_in_failed")
    assert SignedIn(stack, person._replace(password=new)).is_signed_in()
    row = company.trail("user.password_change", person.email)[0]
    assert (row.subject, row.details, row.address) == (person.email, {}, here.address)


def test_a_wrong_current_password_changes_nothing(stack, company, person):
    here, elsewhere = SignedIn(stack, person), SignedIn(stack, person)
    answer = change(here, "not the password", settings.fresh_password())
    refused(answer, 403, "wrong_password", field="current_password")
    assert "set-cookie" not in answer.headers
    assert here.is_signed_in() and elsewhere.is_signed_in()
    assert SignedIn(stack, person).is_signed_in()
    assert company.trail("user.password_change", person.email) == []


def test_a_wrong_current_password_counts_as_a_try_to_sign_in(stack, person):
    """Of the browser, which is known: ten at once."""
    browser = SignedIn(stack, person)
    for _ in range(10):
        answer = change(browser, "not the password", settings.fresh_password())
        refused(answer, 403, "wrong_password", field="current_password")
    answer = change(browser, person.password, settings.fresh_password())
    refused(answer, 429, "sign_in_throttled")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    refused(browser.sign_in(person.email, person.password), 429, "sign_in_throttled")
    assert browser.is_signed_in()


@pytest.mark.parametrize("new, rule", [
    ("eleven char", "be at least 12 characters long"), ("x", "be at least 12 characters long"),
    ("é" * 11, "be at least 12 characters long"),
    ("twelve\tcharacters", "hold no control characters"),
    ("twelve\u0085characters", "hold no control characters"),
])
def test_a_weak_new_password_is_refused_by_its_rule(stack, browser, new, rule):
    answer = browser.post("/password", {"current_password": browser.person.password,
                                        "new_password": new})
    refused(answer, 422, "invalid_body", field="new_password")
    assert answer.json()["error"] == f"The new password must {rule}."
    assert browser.is_signed_in()


@pytest.mark.parametrize("written", [str, str.upper])
def test_an_address_is_no_password(browser, written):
    answer = browser.post("/password", {"current_password": browser.person.password,
                                        "new_password": written(browser.person.email)})
    refused(answer, 422, "invalid_body", field="new_password")
    assert answer.json()["error"] == "The new password must not be the e-mail address itself."


@pytest.mark.parametrize("body, field", [
    ({"new_password": "x" * 12}, "current_password"), ({"current_password": "x" * 12}, "new_password"),
    ({"current_password": None, "new_password": "x" * 12}, "current_password"),
    ({"current_password": "x", "new_password": 123456789012}, "new_password"),
    ({"current_password": "x", "new_password": "x" * 1025}, "new_password"),
    ({"current_password": "", "new_password": "x" * 12}, "current_password"),
    ({"current_password": "x", "new_password": "y" * 12, "email": "x"}, "email"),
])
def test_a_change_that_lacks_something_names_it(browser, body, field):
    refused(browser.post("/password", body), 422, "invalid_body", field=field)


def test_a_member_may_change_the_password(stack, company):
    browser = company.signed_in("member")
    new = settings.fresh_password()
    assert change(browser, browser.person.password, new).status_code == 204
    assert browser.is_signed_in()


def test_a_hash_of_lesser_cost_is_made_anew_at_sign_in(stack, person):
    """Once somebody has proved the password, and then only."""
    salt = os.urandom(16)
    weak = hashlib.scrypt(person.password.encode(), salt=salt, n=16384, r=8, p=1, dklen=32)
    stack.sql("UPDATE users SET password_salt = %s, password_hash = %s, scrypt_n = 16384, scrypt_r = 8, "
              "scrypt_p = 1 WHERE email = %s", [salt, weak, person.email])
    read = ("SELECT password_salt, password_hash, scrypt_n, scrypt_r, scrypt_p FROM users "
            "WHERE email = %s")
    refused(Visitor(stack).sign_in(person.email, "not the password"), 401, "sign_in_failed")
    assert stack.sql(read, [person.email])[0][2:] == (16384, 8, 1)
    assert SignedIn(stack, person).is_signed_in()
    fresh_salt, fresh, *cost = stack.sql(read, [person.email])[0]
    assert cost == [32768, 8, 3]
    assert bytes(fresh_salt) != salt
    assert bytes(fresh) == hashlib.scrypt(person.password.encode(), salt=bytes(fresh_salt), n=32768,
                                          r=8, p=3, maxmem=2 ** 28, dklen=32)
    assert SignedIn(stack, person).is_signed_in()
    assert stack.sql(read, [person.email])[0][1] == fresh


# --- What is noted, and what is not -----------------------------------------------------------


def test_the_trail_of_a_person(stack, company, person):
    visitor = Visitor(stack)
    visitor.sign_in(person.email, "not the password")
    visitor.sign_in(person.email.upper(), person.password)
    visitor.delete("/session")
    rows = company.trail(actor=person.email)
    assert [row.action for row in rows] == ["user.sign_in_failed", "user.sign_in", "user.sign_out"]
    assert {(row.subject, row.address) for row in rows} == {(person.email, visitor.address)}
    assert all(row.details == {} for row in rows)


def test_the_address_is_the_connections_whatever_a_client_says(company, admin, stack):
    visitor = Visitor(stack)
    visitor.sign_in(admin.email, "not the password",
                    headers={"X-Forwarded-For": "192.0.2.66", "Forwarded": "for=192.0.2.66",
                             "X-Real-IP": "192.0.2.66"})
    assert company.trail("user.sign_in_failed", admin.email)[-1].address == visitor.address


def test_a_disabled_persons_try_is_noted(stack, company, disabled):
    before = len(company.trail("user.sign_in_failed", disabled.email))
    Visitor(stack).sign_in(disabled.email, disabled.password)
    assert len(company.trail("user.sign_in_failed", disabled.email)) == before + 1


def test_a_try_for_nobody_is_noted_nowhere(stack):
    count = "SELECT count(*) FROM audit"
    before = stack.sql(count)
    Visitor(stack).sign_in("nobody@works.example", "not the password")
    assert stack.sql(count) == before


def test_the_database_keeps_the_digest_of_a_session_and_not_the_session(stack, browser):
    token = settings.token_of(browser.cookie(SESSION))
    assert token[:16] == uuid.UUID(browser.told["organisation"]["id"]).bytes
    row, = stack.rows("SELECT * FROM sessions WHERE token_hash = %s",
                      [token_hash(browser.cookie(SESSION))])
    assert str(row.user_id) == browser.told["user"]["id"]
    assert str(row.address) == browser.address
    assert secrets_in(stack, content=dump(stack)) == []
    assert token[16:].hex().encode() not in dump(stack)


def test_no_log_holds_a_password_or_a_session(stack, browser):
    """Nor the database's, which logs every statement with what was sent."""
    wait_until(lambda: "execute settings_session_open:" in stack.log("postgres.log"))
    assert browser.person.password in stack.passwords
    assert browser.cookie(SESSION) in stack.tokens
    assert token_hash(browser.cookie(SESSION)).hex() in stack.log("postgres.log")
    assert secrets_in(stack, stack.logs) == []


def test_the_access_log_knows_the_organisation_and_no_query(stack, company, browser):
    browser.get("/audit", actor="somebody@works.example")
    wait_until(lambda: stack.access_log()[-1]["path"] == "/settings/api/audit")
    line = stack.access_log()[-1]
    assert (line["organisation"], line["key"], line["client"]) == (company.org_id, "", browser.address)
    assert "somebody@" not in stack.log("access.log")
