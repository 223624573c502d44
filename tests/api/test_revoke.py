"""What an admin takes away is gone with the next request, on every worker, however fast they come."""

import time

import pytest

from harness import Crowd, keys, refused, wait_until

QUOTE = "/api/v1/quotes/7f0c0000-0000-0000-0000-000000000000"
FREE_AT_TIMES = "Plan changes"


def fired(stack, key, end_it, path=QUOTE):
    """Four clients hammer the key over all workers while end_it() does its work. Returns the answers
    to what was asked before it was called, and to what was asked after it had returned."""
    with Crowd(stack, 4, path, key) as crowd:
        wait_until(lambda: crowd.each_has(5 * len(stack.worker_pids())), seconds=60)
        began = time.monotonic()
        end_it()
        ended = time.monotonic()
        wait_until(lambda: crowd.each_has(5, lambda one: one.start > ended), seconds=60)
    before = [one for one in crowd.seen if one.end < began]
    after = [one for one in crowd.seen if one.start > ended]
    assert {one.status for one in before} == {200}
    return before, after


@pytest.mark.parametrize("time_in_a_row", range(20))
def test_a_revoked_key_is_not_served_once_the_revocation_has_returned(stack, time_in_a_row):
    key = stack.new_key(limit=1000000)
    _, after = fired(stack, key, lambda: stack.ctl("key", "revoke", keys.prefix(key)))
    assert {one.status for one in after} == {401}
    assert all(b'"code":"revoked_key"' in one.body for one in after)


@pytest.mark.parametrize("path, uncounted", [("/api/v1/key", True), (QUOTE, False)])
def test_no_endpoint_goes_on_serving_it(stack, path, uncounted):
    key = stack.new_key(limit=1000000)
    _, after = fired(stack, key, lambda: stack.ctl("key", "revoke", keys.prefix(key)), path)
    assert {one.status for one in after} == {401}


def test_an_organisations_other_keys_go_on(stack):
    revoked, other = stack.new_key(), stack.new_key()
    stack.ctl("key", "revoke", keys.prefix(revoked))
    assert stack.get(QUOTE, revoked).status_code == 401
    assert stack.get(QUOTE, other).status_code == 200


def test_a_key_that_is_spent_and_then_revoked_is_not_served(stack):
    """A worker may still refuse it from memory, for a second at most."""
    key = stack.new_key(limit=1)
    assert [stack.get(QUOTE, key).status_code for _ in range(5)] == [200] + [429] * 4
    stack.ctl("key", "revoke", keys.prefix(key))
    assert stack.get(QUOTE, key).status_code in (401, 429)
    wait_until(lambda: stack.get(QUOTE, key).status_code == 401)


# Rotation


def rotate(stack, key, grace):
    return stack.ctl("key", "rotate", keys.prefix(key), "--grace", grace)["key"]


def test_a_rotation_without_grace_ends_the_former_secret_at_once(stack):
    key = stack.new_key(limit=1000000)
    made = []
    _, after = fired(stack, key, lambda: made.append(rotate(stack, key, "0")))
    assert {one.status for one in after} == {401}
    assert all(b'"code":"expired_key"' in one.body for one in after)
    assert stack.get(QUOTE, made[0]).status_code == 200


def test_a_rotation_with_grace_loses_no_request(stack):
    key = stack.new_key(limit=1000000)
    made = []
    _, after = fired(stack, key, lambda: made.append(rotate(stack, key, "24h")))
    assert {one.status for one in after} == {200}
    assert stack.get(QUOTE, made[0]).status_code == 200


def test_the_former_secret_ends_with_its_grace(stack):
    key = stack.new_key()
    fresh = rotate(stack, key, "2s")
    assert stack.get(QUOTE, key).status_code == 200
    wait_until(lambda: stack.get(QUOTE, key).status_code != 200)
    refused(stack.get(QUOTE, key), 401, "expired_key")
    assert stack.get(QUOTE, fresh).status_code == 200


def test_a_second_rotation_does_not_prolong_the_first_ones_grace(stack):
    first = stack.new_key()
    second = rotate(stack, first, "0")
    third = rotate(stack, second, "24h")
    refused(stack.get(QUOTE, first), 401, "expired_key")
    assert [stack.get(QUOTE, key).status_code for key in (second, third)] == [200, 200]


def test_a_revocation_ends_every_secret_of_the_key(stack):
    first = stack.new_key()
    second = rotate(stack, first, "24h")
    assert [stack.get(QUOTE, key).status_code for key in (first, second)] == [200, 200]
    stack.ctl("key", "revoke", keys.prefix(first))
    for key in (first, second):
        refused(stack.get(QUOTE, key), 401, "revoked_key")


# Expiry and plans


def test_a_key_ends_with_its_life(stack):
    key = stack.new_key(expires="2s")
    assert stack.get(QUOTE, key).status_code == 200
    wait_until(lambda: stack.get(QUOTE, key).status_code != 200)
    refused(stack.get(QUOTE, key), 401, "expired_key")


@pytest.fixture(scope="module")
def organisation(stack):
    """One whose plan may be changed without spoiling another test."""
    stack.ctl("org", "create", FREE_AT_TIMES, "--plan", "team")
    return FREE_AT_TIMES


def test_losing_the_plan_takes_effect_with_the_next_request(stack, organisation):
    key = stack.new_key(org=organisation, limit=1000000)
    _, after = fired(stack, key, lambda: stack.ctl("org", "set-plan", organisation, "free"),
                     "/api/v1/key")
    assert {one.status for one in after} == {403}
    assert all(b'"code":"plan_required"' in one.body for one in after)
    stack.ctl("org", "set-plan", organisation, "team")
    assert stack.get("/api/v1/key", key).status_code == 200
