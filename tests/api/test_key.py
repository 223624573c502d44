"""GET /key: the key that asks, its rights, and what is left of its limit."""

import datetime
import json
import re

import pytest

from harness import keys

QUOTE = "/api/v1/quotes/7f0c0000-0000-0000-0000-000000000000"


def read(stack, key):
    answer = stack.get("/api/v1/key", key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def moment(text):
    assert text.endswith("Z")
    return datetime.datetime.fromisoformat(text[:-1] + "+00:00")


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def test_members_in_the_order_of_the_contract(stack):
    answer = stack.get("/api/v1/key", stack.key)
    assert list(answer.json()) == ["prefix", "name", "scopes", "limit", "remaining", "created_at",
                                   "expires_at", "last_used_at", "organisation"]
    assert list(answer.json()["organisation"]) == ["id", "name", "plan"]
    assert answer.headers["cache-control"] == "private, no-cache"


def test_a_new_key(stack):
    before = now() - datetime.timedelta(seconds=1)
    key = stack.new_key("quotes:read,orders:read", name="Shop 🛒", limit=40)
    found = read(stack, key)
    assert before <= moment(found.pop("created_at")) <= now()
    organisation = stack.rows("SELECT org_id::text AS id, name, plan FROM organisations "
                              "WHERE name = 'Northfield Tooling'")[0]
    assert found == {
        "prefix": keys.prefix(key), "name": "Shop 🛒", "scopes": ["quotes:read", "orders:read"],
        "limit": 40, "remaining": 40, "expires_at": None, "last_used_at": None,
        "organisation": {"id": organisation.id, "name": organisation.name, "plan": organisation.plan},
    }


def test_the_secret_is_not_repeated(stack):
    key = stack.new_key()
    assert keys.secret(key) not in stack.get("/api/v1/key", key).text


@pytest.mark.parametrize("scope", ["quotes:write", "products:read", "requests:write"])
def test_any_scope_will_do(stack, scope):
    assert read(stack, stack.new_key(scope))["scopes"] == [scope]


def test_asking_does_not_count(stack):
    key = stack.new_key(limit=2)
    for _ in range(5):
        answer = stack.get("/api/v1/key", key)
        assert answer.json()["remaining"] == 2
        assert answer.headers["ratelimit"] == '"default";r=2;t=0'
        assert answer.headers["ratelimit-policy"] == '"default";q=2;w=60'


def test_asking_is_possible_when_the_limit_is_spent(stack):
    key = stack.new_key(limit=1)
    assert [stack.get(QUOTE, key).status_code for _ in range(3)] == [200, 429, 429]
    answer = stack.get("/api/v1/key", key)
    assert (answer.status_code, answer.json()["remaining"]) == (200, 0)
    assert re.fullmatch('"default";r=0;t=(60|[1-5]?[0-9])', answer.headers["ratelimit"])


def test_remaining_counts_down_with_each_request(stack):
    key = stack.new_key("orders:read", limit=3)
    assert stack.get(QUOTE, key).status_code == 403  # counts as well
    assert read(stack, key)["remaining"] == 2


def test_last_use_is_told_to_the_minute(stack):
    key = stack.new_key()
    before = now()
    stack.get(QUOTE, key)
    used = moment(read(stack, key)["last_used_at"])
    assert used.second == used.microsecond == 0
    assert before - datetime.timedelta(minutes=1) < used <= now()


def test_a_key_that_expires_says_when(stack):
    found = read(stack, stack.new_key(expires="90d"))
    life = moment(found["expires_at"]) - moment(found["created_at"])
    assert abs(life - datetime.timedelta(days=90)) < datetime.timedelta(minutes=1)


def test_after_a_rotation_each_secret_speaks_of_itself(stack):
    former = stack.new_key(name="Rotated", limit=50)
    stack.get(QUOTE, former)
    fresh = stack.ctl("key", "rotate", keys.prefix(former), "--grace", "24h")["key"]
    of_former, of_fresh = read(stack, former), read(stack, fresh)
    assert of_former["prefix"] == keys.prefix(former)
    assert of_fresh["prefix"] == keys.prefix(fresh)
    left = moment(of_former["expires_at"]) - now()
    assert datetime.timedelta(hours=23) < left <= datetime.timedelta(hours=24)
    assert of_fresh["expires_at"] is None
    same = ("name", "scopes", "limit", "remaining", "created_at", "last_used_at", "organisation")
    assert [of_former[name] for name in same] == [of_fresh[name] for name in same]
    assert of_fresh["remaining"] == 49


def test_numbers_are_whole(stack):
    text = stack.get("/api/v1/key", stack.new_key(limit=1000000)).text
    assert '"limit":1000000,"remaining":1000000,' in text
    assert json.loads(text, parse_float=pytest.fail)
