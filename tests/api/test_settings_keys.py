"""An organisation's keys, as its admins make, see, change and end them; and the trail of it."""

import concurrent.futures
import datetime
import re
import time
import uuid

import pytest

from harness import Company, Crowd, dump, keys, refused, secrets_in, wait_until
from harness.settings import let_in

MEMBERS = ["id", "name", "prefix", "scopes", "limit", "created_by", "created_at", "expires_at",
           "last_used_at", "revoked_at", "state", "previous", "requests_24h", "hours"]
ALL_SCOPES = ["products:read", "products:write", "quotes:read", "quotes:write", "orders:read",
              "customers:read", "customers:write", "requests:read", "requests:write"]
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z"
WHOLE_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
KEY = "/api/v1/key"


@pytest.fixture(scope="module")
def company(stack):
    return Company(stack)


@pytest.fixture(scope="module")
def admin(company):
    return company.person("admin")


@pytest.fixture
def browser(stack, admin):
    return let_in(stack, admin)


@pytest.fixture
def alone(stack):
    """An admin of an organisation that has no key yet."""
    company = Company(stack)
    browser = let_in(stack, company.person("owner"))
    browser.company = company
    return browser


def moment(text):
    assert re.fullmatch(MOMENT, text), text
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def at(stack, expression):
    """A moment by the database's clock, as text that the interface takes."""
    (text,), = stack.sql(f"SELECT to_char(({expression}) AT TIME ZONE 'UTC', "
                         "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
    return text


def status(stack, key, path=KEY):
    """What a key is answered: 200, or the code of the error."""
    answer = stack.get(path, key)
    return 200 if answer.status_code == 200 else answer.json()["code"]


def everywhere(stack, key):
    """What it is answered on all workers."""
    return {status(stack, key) for _ in range(5 * len(stack.worker_pids()))}


def at_once(count, action):
    with concurrent.futures.ThreadPoolExecutor(count) as crowd:
        return list(crowd.map(action, range(count)))


def expire(stack, key_id):
    stack.sql("UPDATE api_keys SET expires_at = clock_timestamp() WHERE key_id = %s", [key_id])


# --- Create ------------------------------------------------------------------------------------


def test_a_key_that_was_made(stack, company, admin, browser):
    answer = browser.post("/keys", {"name": "Web shop", "scopes": ["quotes:read", "orders:read"]})
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    assert list(made) == ["key", "secret"]
    key, secret = made["key"], made["secret"]
    assert list(key) == MEMBERS
    assert keys.WHOLE_KEY.fullmatch(secret)
    assert keys.make(keys.public_id(secret), keys.secret(secret)) == secret
    hours = key.pop("hours")
    assert {one["requests"] for one in hours} == {0} and len(hours) == 24
    assert str(uuid.UUID(key["id"])) == key["id"]
    age = moment(at(stack, "clock_timestamp() + interval '1 s'")) - moment(key["created_at"])
    assert datetime.timedelta() <= age < datetime.timedelta(minutes=1)
    assert key == {
        "id": key["id"], "name": "Web shop", "prefix": keys.prefix(secret),
        "scopes": ["quotes:read", "orders:read"], "limit": 600, "created_by": admin.email,
        "created_at": key["created_at"], "expires_at": None, "last_used_at": None, "revoked_at": None,
        "state": "active", "previous": None, "requests_24h": 0}
    row, = [row for row in company.trail("key.create", admin.email) if row.subject == key["prefix"]]
    assert row.details == {"name": "Web shop", "scopes": ["quotes:read", "orders:read"], "limit": 600,
                           "expires_at": None}
    assert row.address == browser.address


def test_the_whole_key_opens_the_api_at_once(stack, company, browser):
    key, secret = browser.create_key(scopes=["quotes:read"], limit=7)
    assert everywhere(stack, secret) == {200}
    answer = stack.get(KEY, secret)
    told = answer.json()
    assert (told["prefix"], told["name"], told["scopes"], told["limit"]) \
        == (key["prefix"], "Shop", ["quotes:read"], 7)
    assert told["organisation"]["id"] == company.org_id
    assert stack.get("/api/v1/quotes", secret).headers["ratelimit-policy"] == '"default";q=7;w=60'
    refused(stack.get("/api/v1/orders", secret), 403, "insufficient_scope",
            required_scope="orders:read")


def test_the_secret_is_told_once(stack, browser):
    """In no further answer, and nowhere in the database; logs are searched when the stack ends."""
    key, secret = browser.create_key()
    _, fresh = rotated(browser, key, 3600)
    for answer in (browser.get("/keys"), browser.get("/audit"), browser.get("/session"),
                   browser.patch(f"/keys/{key['id']}", {"name": "Another"}),
                   browser.post(f"/keys/{key['id']}/revoke", {}), browser.get("/keys")):
        assert answer.status_code == 200
        assert not keys.WHOLE_KEY.search(answer.text)
        for one in (secret, fresh):
            assert keys.secret(one) not in answer.text
    assert {secret, fresh} <= stack.keys
    assert secrets_in(stack, content=dump(stack)) == []
    assert secrets_in(stack, stack.logs) == []


def test_keys_are_not_alike(browser):
    made = [browser.create_key(name="The same") for _ in range(3)]
    assert len({key["id"] for key, _ in made}) == len({secret for _, secret in made}) == 3
    assert len({keys.secret(secret) for _, secret in made}) == 3


@pytest.mark.parametrize("given, told", [
    (["requests:write", "products:read"], ["products:read", "requests:write"]),
    (["quotes:read", "quotes:read"], ["quotes:read"]),
    (ALL_SCOPES, ALL_SCOPES), (ALL_SCOPES[::-1], ALL_SCOPES),
])
def test_scopes_are_each_there_once_in_the_order_of_the_page(browser, given, told):
    assert browser.create_key(scopes=given)[0]["scopes"] == told


@pytest.mark.parametrize("name", ["x", "Shop — Zürich, 東京", "x" * 500, "é" * 500, "\"'<b>&",
                                  "Robert'); --", "{}", "kbd", "a\\b"])
def test_a_name_is_what_was_given(browser, name):
    key, _ = browser.create_key(name=name)
    assert key["name"] == name
    assert browser.key(key["id"])["name"] == name


@pytest.mark.parametrize("given, told", [
    ("2099-01-31T12:30:00Z", "2099-01-31T12:30:00Z"),
    ("2099-01-31T12:30:00+02:00", "2099-01-31T10:30:00Z"),
    ("2099-01-31t12:30:00z", "2099-01-31T12:30:00Z"),
    ("2099-01-31T12:30:00.5Z", "2099-01-31T12:30:00.5Z"),
    (None, None)])
def test_an_end_is_a_moment_or_none(company, browser, given, told):
    key, _ = browser.create_key(expires_at=given)
    assert (key["expires_at"], key["state"]) == (told, "active")
    row = company.trail("key.create")[-1]
    assert row.details["expires_at"] == (told and told.replace(".5Z", "Z"))


def test_a_key_dies_at_its_end(stack, browser):
    key, secret = browser.create_key(expires_at=at(stack, "clock_timestamp() + interval '2 days'"))
    assert status(stack, secret) == 200
    expire(stack, key["id"])
    assert everywhere(stack, secret) == {"expired_key"}
    assert browser.key(key["id"])["state"] == "expired"


WRONG = {
    "no name": ({"name": ...}, "name"),
    "null": ({"name": None}, "name"),
    "empty": ({"name": ""}, "name"),
    "blank": ({"name": " \u3000\t"}, "name"),
    "a number": ({"name": 1}, "name"),
    "an object": ({"name": {}}, "name"),
    "two lines": ({"name": "a\nb"}, "name"),
    "a control character": ({"name": "a\u007fb"}, "name"),
    "501 characters": ({"name": "x" * 501}, "name"),
    "no scopes": ({"scopes": ...}, "scopes"),
    "null for scopes": ({"scopes": None}, "scopes"),
    "none of them": ({"scopes": []}, "scopes"),
    "a text": ({"scopes": "quotes:read"}, "scopes"),
    "an unknown one": ({"scopes": ["quotes:read", "quotes:delete"]}, "scopes"),
    "all": ({"scopes": ["*"]}, "scopes"),
    "one in capitals": ({"scopes": ["Quotes:Read"]}, "scopes"),
    "one with a comma": ({"scopes": ["quotes:read,orders:read"]}, "scopes"),
    "a number among them": ({"scopes": [1]}, "scopes"),
    "a null among them": ({"scopes": [None]}, "scopes"),
    "a moment gone": ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    "a date": ({"expires_at": "2099-01-01"}, "expires_at"),
    "without a zone": ({"expires_at": "2099-01-01T00:00:00"}, "expires_at"),
    "the 30th of February": ({"expires_at": "2099-02-30T00:00:00Z"}, "expires_at"),
    "days": ({"expires_at": "90d"}, "expires_at"),
    "an empty end": ({"expires_at": ""}, "expires_at"),
    "infinity": ({"expires_at": "infinity"}, "expires_at"),
    "seconds": ({"expires_at": 4070908800}, "expires_at"),
    "the year 10000": ({"expires_at": "10000-01-01T00:00:00Z"}, "expires_at"),
    "no limit at all": ({"limit": None}, "limit"),
    "zero": ({"limit": 0}, "limit"),
    "less": ({"limit": -1}, "limit"),
    "601": ({"limit": 601}, "limit"),
    "a fraction": ({"limit": 1.5}, "limit"),
    "a whole fraction": ({"limit": 60.0}, "limit"),
    "a limit in text": ({"limit": "60"}, "limit"),
    "a boolean": ({"limit": True}, "limit"),
    "beyond 64 bits": ({"limit": 2 ** 64}, "limit"),
    "a member too many": ({"id": "x"}, "id"),
    "an owner": ({"created_by": "x"}, "created_by"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_and_makes_nothing(stack, company, browser, what):
    members, field = WRONG[what]
    count = "SELECT count(*) FROM api_keys WHERE org_id = %s"
    before = stack.sql(count, [company.org_id]), len(company.trail())
    body = {"name": "Shop", "scopes": ["quotes:read"]} | members
    answer = browser.post("/keys", {name: value for name, value in body.items() if value is not ...})
    refused(answer, 422, "invalid_body", field=field)
    assert f"'{field}'" in answer.json()["error"] or what == "beyond 64 bits"
    assert (stack.sql(count, [company.org_id]), len(company.trail())) == before


@pytest.mark.parametrize("limit", [1, 600])
def test_the_bounds_of_a_limit(browser, limit):
    assert browser.create_key(limit=limit)[0]["limit"] == limit


# --- List --------------------------------------------------------------------------------------


def test_no_keys(stack, alone):
    told = alone.get("/keys").json()
    assert sorted(told) == ["keys", "now"]
    assert told["keys"] == []
    clock, = stack.sql("SELECT clock_timestamp()")[0]
    assert abs(moment(told["now"]) - clock) < datetime.timedelta(minutes=1)


def test_newest_first_with_those_that_have_ended(stack, alone):
    made = [alone.create_key(name=name)[0]["id"] for name in ("first", "second", "third")]
    expire(stack, made[0])
    alone.post(f"/keys/{made[1]}/revoke", {})
    listed = alone.get("/keys").json()["keys"]
    assert [(one["id"], one["state"]) for one in listed] \
        == [(made[2], "active"), (made[1], "revoked"), (made[0], "expired")]
    assert all(list(one) == MEMBERS for one in listed)
    assert [one["revoked_at"] is not None for one in listed] == [False, True, False]


def test_revoked_stays_revoked_when_it_has_expired_too(stack, browser):
    key, _ = browser.create_key()
    browser.post(f"/keys/{key['id']}/revoke", {})
    expire(stack, key["id"])
    assert browser.key(key["id"])["state"] == "revoked"


def test_an_operators_keys_are_there_as_well(stack, alone):
    secret = stack.new_key("orders:read", org=alone.company.name, name="By an operator", limit=1000)
    key, = alone.get("/keys").json()["keys"]
    assert (key["prefix"], key["created_by"], key["limit"]) == (keys.prefix(secret), "kabaidoctl", 1000)


def test_another_organisations_keys_are_not(stack, alone, browser):
    browser.create_key()
    assert alone.get("/keys").json()["keys"] == []


def test_last_used_is_told_to_the_minute(stack, browser):
    key, secret = browser.create_key()
    before = moment(at(stack, "date_trunc('minute', clock_timestamp())"))
    assert stack.get("/api/v1/quotes", secret).status_code == 200
    after = moment(at(stack, "date_trunc('minute', clock_timestamp())"))
    used = browser.key(key["id"])["last_used_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z", used)
    assert before <= moment(used) <= after


def test_the_hours_are_the_last_24_with_what_each_had(stack, browser):
    """The present one among them, which is counted elsewhere until it is over."""
    key, secret = browser.create_key()
    calls = 3
    for _ in range(calls):
        assert stack.get("/api/v1/quotes", secret).status_code == 200
    now, = stack.sql("SELECT hour FROM key_window WHERE key_id = %s", [key["id"]])[0]
    earlier = {1: 100, 5: 7, 23: 1000000, 24: 50, 25: 60, 500: 70}
    for hours, requests in earlier.items():
        stack.sql("INSERT INTO usage_hourly (org_id, key_id, hour, requests) "
                  "SELECT org_id, key_id, %s, %s FROM api_keys WHERE key_id = %s",
                  [now - datetime.timedelta(hours=hours), requests, key["id"]])
    # As if it were still the hour of the calls, should it have turned meanwhile.
    stack.sql("UPDATE key_window SET hour = date_trunc('hour', clock_timestamp(), 'UTC') "
              "WHERE key_id = %s", [key["id"]])
    told = browser.key(key["id"])
    hours = [moment(one["hour"]) for one in told["hours"]]
    assert all(re.fullmatch(WHOLE_MOMENT, one["hour"]) for one in told["hours"])
    assert hours == [hours[-1] - datetime.timedelta(hours=23 - i) for i in range(24)]
    if hours[-1] == now:
        counts = [one["requests"] for one in told["hours"]]
        assert counts == [1000000] + [0] * 17 + [7] + [0] * 3 + [100, calls]
    assert told["requests_24h"] == sum(one["requests"] for one in told["hours"])


def test_an_hour_that_is_over_is_not_the_present_one(stack, browser):
    """The last call was in an hour before this one, and is not counted into it."""
    key, secret = browser.create_key()
    assert stack.get("/api/v1/quotes", secret).status_code == 200
    stack.sql("UPDATE key_window SET hour = hour - interval '2 hours' WHERE key_id = %s", [key["id"]])
    counts = [one["requests"] for one in browser.key(key["id"])["hours"]]
    assert (sum(counts), counts[-1], 1 in counts[-4:-1]) == (1, 0, True)


# --- Rotate ------------------------------------------------------------------------------------


def rotated(browser, key, grace):
    """Returns the key as it is shown then, and its new secret."""
    answer = browser.post(f"/keys/{key['id']}/rotate", {"grace_seconds": grace})
    assert answer.status_code == 201, answer.content
    assert list(answer.json()) == ["key", "secret"]
    return answer.json()["key"], answer.json()["secret"]


def test_a_rotation_without_grace(stack, company, browser):
    key, secret = browser.create_key(limit=5)
    stack.get("/api/v1/quotes", secret)
    fresh, new = rotated(browser, key, 0)
    assert everywhere(stack, secret) == {"expired_key"}
    assert everywhere(stack, new) == {200}
    assert new != secret and fresh["prefix"] == keys.prefix(new) != key["prefix"]
    assert fresh["previous"] is None
    kept = ("id", "name", "scopes", "limit", "created_by", "created_at", "expires_at")
    assert {name: fresh[name] for name in kept} == {name: key[name] for name in kept}
    assert fresh["requests_24h"] == 1
    assert stack.get("/api/v1/key", new).json()["remaining"] == 4  # of the same window
    row = company.trail("key.rotate")[-1]
    assert (row.subject, row.actor, row.address) \
        == (fresh["prefix"], browser.person.email, browser.address)
    assert sorted(row.details) == ["name", "previous", "previous_expires_at"]
    assert (row.details["name"], row.details["previous"]) == ("Shop", key["prefix"])
    assert re.fullmatch(WHOLE_MOMENT, row.details["previous_expires_at"])


def test_a_rotation_with_grace(stack, browser):
    key, secret = browser.create_key()
    fresh, new = rotated(browser, key, 3600)
    assert (status(stack, secret), status(stack, new)) == (200, 200)
    assert set(fresh["previous"]) == {"prefix", "expires_at"}
    assert fresh["previous"]["prefix"] == key["prefix"]
    left = moment(fresh["previous"]["expires_at"]) - moment(at(stack, "clock_timestamp()"))
    assert datetime.timedelta(minutes=55) < left <= datetime.timedelta(hours=1)
    assert browser.key(key["id"]) == fresh | {"last_used_at": browser.key(key["id"])["last_used_at"]}
    stack.sql("UPDATE credentials SET expires_at = expires_at - interval '1 hour' "
              "WHERE public_id = %s", [keys.public_id(secret)])
    assert everywhere(stack, secret) == {"expired_key"}
    assert status(stack, new) == 200
    assert browser.key(key["id"])["previous"] is None


def test_seven_days_of_grace(stack, browser):
    key, _ = browser.create_key()
    fresh, _ = rotated(browser, key, 604800)
    left = moment(fresh["previous"]["expires_at"]) - moment(at(stack, "clock_timestamp()"))
    assert datetime.timedelta(days=6, hours=23) < left <= datetime.timedelta(days=7)


def test_a_later_rotation_prolongs_no_grace(stack, browser):
    key, first = browser.create_key()
    shorter, second = rotated(browser, key, 3600)
    longer, third = rotated(browser, key, 604800)
    assert longer["previous"]["prefix"] == keys.prefix(second)
    ends = dict(stack.sql("SELECT public_id, expires_at FROM credentials WHERE key_id = %s",
                          [key["id"]]))
    assert abs(ends[keys.public_id(first)] - moment(shorter["previous"]["expires_at"])) \
        < datetime.timedelta(seconds=1)
    assert [status(stack, one) for one in (first, second, third)] == [200] * 3
    rotated(browser, key, 0)
    assert [status(stack, one) for one in (first, second, third)] == ["expired_key"] * 3


@pytest.mark.parametrize("grace", [-1, 604801, 1.5, 60.0, "60", None, True, [], 2 ** 64, ...])
def test_a_grace_that_is_none(stack, company, browser, grace):
    key, secret = browser.create_key()
    before = len(company.trail())
    body = {} if grace is ... else {"grace_seconds": grace}
    refused(browser.post(f"/keys/{key['id']}/rotate", body), 422, "invalid_body", field="grace_seconds")
    assert status(stack, secret) == 200
    assert browser.key(key["id"])["prefix"] == key["prefix"]
    assert len(company.trail()) == before


# --- Revoke ------------------------------------------------------------------------------------


def test_a_revocation_is_immediate_on_every_worker(stack, company, browser):
    key, secret = browser.create_key(limit=600)
    path = f"/keys/{key['id']}/revoke"
    with Crowd(stack, 3, KEY, secret) as crowd:
        wait_until(lambda: crowd.each_has(2 * len(stack.worker_pids())), seconds=60)
        answer = browser.post(path, {})
        ended = time.monotonic()
        wait_until(lambda: crowd.each_has(5, lambda one: one.start > ended), seconds=60)
    assert answer.status_code == 200
    assert {one.status for one in crowd.seen if one.start > ended} == {401}
    assert everywhere(stack, secret) == {"revoked_key"}
    assert list(answer.json()) == ["key"]
    told = answer.json()["key"]
    assert list(told) == MEMBERS
    assert (told["id"], told["state"], told["previous"]) == (key["id"], "revoked", None)
    assert abs(moment(told["revoked_at"]) - moment(at(stack, "clock_timestamp()"))) \
        < datetime.timedelta(minutes=1)
    row = company.trail("key.revoke")[-1]
    assert (row.actor, row.subject, row.details, row.address) \
        == (browser.person.email, key["prefix"], {"name": "Shop"}, browser.address)


def test_twice_is_once(company, browser):
    key, _ = browser.create_key()
    first, second = (browser.post(f"/keys/{key['id']}/revoke", {}) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["key"] == second.json()["key"]
    assert [row.subject for row in company.trail("key.revoke")].count(key["prefix"]) == 1


def test_every_secret_of_it_ends(stack, browser):
    key, secret = browser.create_key()
    _, new = rotated(browser, key, 3600)
    told = browser.post(f"/keys/{key['id']}/revoke", {}).json()["key"]
    assert told["previous"] is None
    assert (status(stack, secret), status(stack, new)) == ("revoked_key", "revoked_key")


def test_an_expired_key_can_be_revoked(stack, browser):
    key, _ = browser.create_key()
    expire(stack, key["id"])
    answer = browser.post(f"/keys/{key['id']}/revoke", {})
    assert (answer.status_code, answer.json()["key"]["state"]) == (200, "revoked")


def test_an_operator_sees_it_revoked(stack, alone):
    key, secret = alone.create_key()
    alone.post(f"/keys/{key['id']}/revoke", {})
    listed, = stack.ctl("key", "list", "--org", alone.company.name)["keys"]
    assert (listed["prefix"], listed["status"]) == (key["prefix"], "revoked")


# --- Update ------------------------------------------------------------------------------------


def update(browser, key, **members):
    return browser.patch(f"/keys/{key['id']}", members)


def test_another_name_and_limit(stack, company, browser):
    key, secret = browser.create_key(limit=100)
    answer = update(browser, key, name="Warehouse", limit=5)
    assert (answer.status_code, list(answer.json())) == (200, ["key"])
    told = answer.json()["key"]
    assert told == key | {"name": "Warehouse", "limit": 5}
    assert browser.key(key["id"]) == told
    assert stack.get("/api/v1/quotes", secret).headers["ratelimit-policy"] == '"default";q=5;w=60'
    row = company.trail("key.update")[-1]
    assert (row.actor, row.subject, row.address) \
        == (browser.person.email, key["prefix"], browser.address)
    assert row.details == {"name": "Warehouse", "limit": 5, "former_name": "Shop", "former_limit": 100}


@pytest.mark.parametrize("members", [{"name": "Another"}, {"limit": 7}])
def test_one_of_them_leaves_the_other(browser, members):
    key, _ = browser.create_key(limit=100)
    assert update(browser, key, **members).json()["key"] == key | members


@pytest.mark.parametrize("members", [{}, {"name": "Shop"}, {"limit": 100},
                                     {"name": "Shop", "limit": 100}])
def test_what_changes_nothing_is_not_noted(company, browser, members):
    key, _ = browser.create_key(limit=100)
    before = len(company.trail())
    answer = update(browser, key, **members)
    assert (answer.status_code, answer.json()["key"]) == (200, key)
    assert len(company.trail()) == before


def test_a_limit_that_an_operator_has_given_stays(stack, alone):
    stack.new_key(org=alone.company.name, limit=5000)
    key, = alone.get("/keys").json()["keys"]
    assert update(alone, key, name="Another").json()["key"]["limit"] == 5000


@pytest.mark.parametrize("what", [what for what, (members, field) in WRONG.items()
                                  if field in ("name", "limit") and ... not in members.values()])
def test_what_is_wrong_with_an_update_is_named(company, browser, what):
    members, field = WRONG[what]
    key, _ = browser.create_key()
    before = len(company.trail())
    refused(update(browser, key, **members), 422, "invalid_body", field=field)
    assert browser.key(key["id"]) == key
    assert len(company.trail()) == before


@pytest.mark.parametrize("member", ["scopes", "expires_at", "revoked_at", "id", "org_id"])
def test_what_a_key_may_stays_as_it_was_made(browser, member):
    key, _ = browser.create_key()
    refused(update(browser, key, **{member: None}), 422, "invalid_body", field=member)


@pytest.mark.parametrize("state", ["expired", "revoked"])
@pytest.mark.parametrize("method, path, body", [("PATCH", "", {"name": "x"}), ("PATCH", "", {}),
                                                ("POST", "/rotate", {"grace_seconds": 0})])
def test_a_key_that_has_ended_has_ended_for_good(stack, company, browser, state, method, path, body):
    key, secret = browser.create_key()
    if state == "expired":
        expire(stack, key["id"])
    else:
        browser.post(f"/keys/{key['id']}/revoke", {})
    told, before = browser.key(key["id"]), len(company.trail())
    answer = browser.request(method, f"/keys/{key['id']}{path}", body)
    refused(answer, 409, "key_ended")
    assert f" {state}," in answer.json()["error"]
    assert browser.key(key["id"]) == told
    assert len(company.trail()) == before


# --- At the same time --------------------------------------------------------------------------


def test_rotations_at_the_same_time_leave_one_secret(stack, company, admin, browser):
    key, secret = browser.create_key()
    browsers = [let_in(stack, admin) for _ in range(6)]
    new = [one for _, one in at_once(6, lambda number: rotated(browsers[number], key, 0))]
    assert len(set(new)) == 6
    alive = [one for one in [secret, *new] if status(stack, one) == 200]
    assert len(alive) == 1
    assert browser.key(key["id"])["prefix"] == keys.prefix(alive[0])
    subjects = {row.subject for row in company.trail("key.rotate")}
    assert {keys.prefix(one) for one in new} <= subjects


def test_a_rotation_during_a_revocation_saves_no_secret(stack, admin, browser):
    for _ in range(5):
        key, secret = browser.create_key()
        browsers = [let_in(stack, admin) for _ in range(4)]

        def race(number):
            if number == 0:
                return browsers[0].post(f"/keys/{key['id']}/revoke", {})
            return browsers[number].post(f"/keys/{key['id']}/rotate", {"grace_seconds": 3600})

        revoked, *others = at_once(4, race)
        assert revoked.status_code == 200
        made = [one.json()["secret"] for one in others if one.status_code == 201]
        assert all(one.status_code in (201, 409) for one in others)
        assert {status(stack, one) for one in [secret, *made]} == {"revoked_key"}


def test_revocations_at_the_same_time_are_noted_once(stack, company, admin, browser):
    key, _ = browser.create_key()
    browsers = [let_in(stack, admin) for _ in range(6)]
    answers = at_once(6, lambda number: browsers[number].post(f"/keys/{key['id']}/revoke", {}))
    assert {one.status_code for one in answers} == {200}
    assert len({one.json()["key"]["revoked_at"] for one in answers}) == 1
    assert [row.subject for row in company.trail("key.revoke")].count(key["prefix"]) == 1


def test_updates_at_the_same_time_are_noted_one_after_the_other(stack, company, admin, browser):
    key, _ = browser.create_key(name="0")
    browsers = [let_in(stack, admin) for _ in range(6)]
    at_once(6, lambda number: update(browsers[number], key, name=str(number + 1)))
    rows = [row for row in company.trail("key.update") if row.subject == key["prefix"]]
    assert [row.details["former_name"] for row in rows] \
        == ["0", *(row.details["name"] for row in rows[:-1])]
    assert browser.key(key["id"])["name"] == rows[-1].details["name"]


# --- The trail ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trail(stack):
    """An organisation in which things have happened: 30 rows a minute apart, the oldest first."""
    company = Company(stack)
    browser = let_in(stack, company.person("owner"))
    stack.sql("""INSERT INTO audit (org_id, at, actor, action, subject, details, address)
                 SELECT %s, '2026-05-01T12:00:00Z'::timestamptz + i * interval '1 minute',
                        CASE WHEN i %% 3 = 0 THEN 'Ada@works.example' ELSE 'bob_%%@works.example' END,
                        CASE WHEN i %% 2 = 0 THEN 'key.create' ELSE 'key.revoke' END,
                        'kbd_live_' || lpad(i::text, 8, '0'), jsonb_build_object('name', 'key ' || i),
                        CASE WHEN i %% 5 <> 0 THEN '192.0.2.7'::inet END
                   FROM generate_series(0, 29) AS i""", [company.org_id])
    return browser


def entries(browser, **parameters):
    answer = browser.get("/audit", **parameters)
    assert answer.status_code == 200, answer.content
    assert list(answer.json()) == ["entries", "next_cursor"]
    return answer.json()["entries"]


def numbers(browser, **parameters):
    """Which of the 30 rows are told, in their order."""
    return [int(one["subject"][-8:]) for one in entries(browser, **parameters)
            if one["subject"].startswith("kbd_live_000000")]


def test_an_entry(trail):
    told = [one for one in entries(trail) if one["subject"] == "kbd_live_00000029"]
    assert told == [{"id": told[0]["id"], "at": "2026-05-01T12:29:00Z", "actor": "bob_%@works.example",
                     "action": "key.revoke", "subject": "kbd_live_00000029",
                     "details": {"name": "key 29"}, "address": "192.0.2.7"}]
    assert list(told[0]) == ["id", "at", "actor", "action", "subject", "details", "address"]


def test_newest_first_with_what_operators_did(trail):
    told = entries(trail)
    assert numbers(trail) == list(range(29, -1, -1))
    assert [one["action"] for one in told[30:]] == ["user.create", "org.create"]
    assert {one["actor"] for one in told[30:]} == {"kabaidoctl"}
    assert {one["address"] for one in told[30:]} == {None}
    assert [one["address"] is None for one in told[:30]] == [i % 5 == 0 for i in range(29, -1, -1)]


@pytest.mark.parametrize("filters, expected", [
    ({"actor": "Ada@works.example"}, lambda i: i % 3 == 0), ({"actor": "ada"}, lambda i: i % 3 == 0),
    ({"actor": "WORKS"}, lambda i: True), ({"actor": "%"}, lambda i: i % 3 != 0),
    ({"actor": "b_b"}, lambda i: False), ({"actor": "_"}, lambda i: i % 3 != 0),
    ({"action": "key.create"}, lambda i: i % 2 == 0), ({"action": "key"}, lambda i: False),
    ({"action": "KEY.CREATE"}, lambda i: False),
    ({"subject": "kbd_live_00000007"}, lambda i: i == 7),
    ({"subject": "LIVE_0000001"}, lambda i: 10 <= i < 20),
    ({"since": "2026-05-01T12:10:00Z"}, lambda i: i >= 10),
    ({"until": "2026-05-01T12:10:00Z"}, lambda i: i < 10),
    ({"since": "2026-05-01T14:10:00+02:00", "until": "2026-05-01T12:12:00Z"}, lambda i: i in (10, 11)),
    ({"actor": "ada", "action": "key.create", "until": "2026-05-01T12:10:00Z"}, lambda i: i in (0, 6)),
    ({"actor": "nobody"}, lambda i: False), ({"actor": "' OR true --"}, lambda i: False),
])
def test_filters(trail, filters, expected):
    assert numbers(trail, **filters) == [i for i in range(29, -1, -1) if expected(i)]


def test_another_organisations_trail_is_another(trail, browser):
    browser.create_key()
    assert numbers(browser) == []
    assert {one["id"] for one in entries(browser)} & {one["id"] for one in entries(trail)} == set()


@pytest.mark.parametrize("limit", [1, 7, 200])
@pytest.mark.parametrize("filters", [{}, {"action": "key.create"}])
def test_pages_are_the_whole(trail, limit, filters):
    found, cursor = [], {}
    while cursor is not None:
        answer = trail.get("/audit", limit=limit, **filters, **cursor).json()
        assert len(answer["entries"]) <= limit
        found += [one["id"] for one in answer["entries"]]
        cursor = answer["next_cursor"] and {"cursor": answer["next_cursor"]}
    assert found == [one["id"] for one in entries(trail, limit=200, **filters)]


def test_a_page_has_fifty_if_not_told_otherwise(stack, trail):
    assert len(entries(trail)) == 32
    stack.sql("INSERT INTO audit (org_id, actor, action, subject) SELECT org_id, 'x', 'key.many', 'x' "
              "FROM users, generate_series(1, 60) WHERE email = %s", [trail.person.email])
    answer = trail.get("/audit", action="key.many").json()
    assert (len(answer["entries"]), answer["next_cursor"] is None) == (50, False)


def test_what_happens_meanwhile_does_not_move_a_page(stack, browser):
    for _ in range(3):
        browser.create_key()
    whole = [one["id"] for one in entries(browser, limit=200)]
    first = browser.get("/audit", limit=2).json()
    browser.create_key()
    second = browser.get("/audit", limit=2, cursor=first["next_cursor"]).json()
    assert [one["id"] for one in first["entries"] + second["entries"]] == whole[:4]


def first_cursor(browser, **filters):
    return browser.get("/audit", limit=1, **filters).json()["next_cursor"]


def test_a_cursor_that_is_not_ours_for_this(stack, trail, browser):
    cursor = first_cursor(trail)
    browser.create_key()
    wrong = ["", "garbage", cursor[:-1], cursor + "A", cursor[::-1],
             ("A" if cursor[0] != "A" else "B") + cursor[1:], cursor + "==",
             first_cursor(browser), first_cursor(trail, action="key.create"),
             stack.get("/api/v1/quotes?limit=1", stack.key).json()["next_cursor"]]
    for one in wrong:
        refused(trail.get("/audit", limit=1, cursor=one), 400, "invalid_cursor", field="cursor")
    refused(trail.get("/audit", limit=1, cursor=cursor, action="key.create"), 400, "invalid_cursor",
            field="cursor")
    assert trail.get("/audit", limit=5, cursor=cursor).status_code == 200


@pytest.mark.parametrize("name, value", [
    ("limit", "0"), ("limit", "201"), ("limit", "x"), ("limit", ""), ("limit", "-1"), ("limit", "1.5"),
    ("since", "yesterday"), ("since", ""), ("until", "2026-05-01"), ("until", "2026-02-30T00:00:00Z"),
    ("actor", ""), ("action", ""), ("subject", ""), ("actor", "x" * 501), ("subject", "a\tb")])
def test_a_parameter_that_is_none_is_named(trail, name, value):
    refused(trail.get("/audit", **{name: value}), 422, "invalid_parameter", field=name)


@pytest.mark.parametrize("name", ["limit", "cursor", "actor", "action", "subject", "since", "until"])
def test_a_parameter_is_given_once(trail, name):
    refused(trail.get("/audit", **{name: ["1", "1"]}), 422, "invalid_parameter", field=name)
