"""The limit of a key: its headers, its refusals, and that it is strict whoever asks how fast."""

import re
import time

import pytest

from harness import Crowd, keys, most_in_a_minute, refused
from harness.crowd import Seen

QUOTE = "/api/v1/quotes/7f0c0000-0000-0000-0000-000000000000"
LIMIT = re.compile('"default";r=([0-9]+);t=([0-9]+)')


def limit_of(answer):
    """(left, seconds until one more is)"""
    left, seconds = LIMIT.fullmatch(answer.headers["ratelimit"]).groups()
    return int(left), int(seconds)


def age(stack, key, seconds):
    """Makes the key's requests so much older: the test need not wait."""
    stack.sql("""
        UPDATE key_window w SET admitted = ARRAY(SELECT entry - %s * 1000000
                                                   FROM unnest(admitted) AS entry ORDER BY entry)
          FROM credentials c WHERE c.key_id = w.key_id AND public_id = %s""",
              [seconds, keys.public_id(key)])


# What is told


def test_headers_count_down_and_are_the_drafts(stack):
    key = stack.new_key(limit=3)
    for left in (2, 1, 0):
        answer = stack.get(QUOTE, key)
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"default";q=3;w=60'
        assert limit_of(answer)[0] == left
        assert 1 <= limit_of(answer)[1] <= 60


def test_600_a_minute_unless_said_otherwise(stack):
    answer = stack.get(QUOTE, stack.new_key())
    assert answer.headers["ratelimit-policy"] == '"default";q=600;w=60'
    assert answer.headers["ratelimit"] == '"default";r=599;t=60'


def test_time_is_that_until_the_oldest_request_expires(stack):
    key = stack.new_key(limit=10)
    stack.get(QUOTE, key)
    age(stack, key, 40)
    left, seconds = limit_of(stack.get(QUOTE, key))
    assert left == 8 and 1 <= seconds <= 20
    age(stack, key, 30)  # the first has expired, the second is 30 seconds old
    left, seconds = limit_of(stack.get(QUOTE, key))
    assert left == 8 and 1 <= seconds <= 30


@pytest.mark.parametrize("ask, status", [
    (lambda stack, key: stack.get(QUOTE, key), 200),
    (lambda stack, key: stack.get(QUOTE.replace("7", "8"), key), 404),
    (lambda stack, key: stack.get(QUOTE + "?a=b", key), 422),
    (lambda stack, key: stack.get("/api/v1/key", key), 200),
    (lambda stack, key: stack.request("HEAD", QUOTE, key), 200),
])
def test_every_answer_to_a_known_key_has_them(stack, ask, status):
    answer = ask(stack, stack.new_key(limit=7))
    assert answer.status_code == status
    assert answer.headers["ratelimit-policy"] == '"default";q=7;w=60'
    assert LIMIT.fullmatch(answer.headers["ratelimit"])


def test_what_is_refused_for_its_scope_or_its_plan_counts(stack):
    for key, code in ((stack.new_key("orders:read", limit=5), "insufficient_scope"),
                      (stack.new_key(org="Pärnu Laagrikeskus OÜ", limit=5), "plan_required")):
        for left in (4, 3):
            answer = stack.get(QUOTE, key)
            assert answer.json()["code"] == code
            assert limit_of(answer)[0] == left


# Refusals


def test_a_refusal_says_how_long_to_wait_and_that_is_enough(stack):
    key = stack.new_key(limit=2)
    assert [stack.get(QUOTE, key).status_code for _ in range(2)] == [200, 200]
    age(stack, key, 57)
    answer = stack.get(QUOTE, key)
    refused(answer, 429, "rate_limited")
    wait = int(answer.headers["retry-after"])
    assert 1 <= wait <= 3
    assert limit_of(answer) == (0, wait)
    time.sleep(wait)
    assert stack.get(QUOTE, key).status_code == 200


def test_a_wait_that_is_told_from_memory_is_enough_as_well(stack):
    """For a second a worker refuses a spent key by itself."""
    key = stack.new_key(limit=1)
    stack.get(QUOTE, key)
    age(stack, key, 57.5)
    with Crowd(stack, 2, QUOTE, key) as crowd:
        time.sleep(1.2)
    told = [one for one in crowd.seen if one.status == 429]
    assert len(told) > 20
    allowed_at = min(one.end + int(one.headers["retry-after"]) for one in told)
    time.sleep(max(0, allowed_at - time.monotonic()))
    assert stack.get(QUOTE, key).status_code == 200


def test_refusals_do_not_count(stack):
    key = stack.new_key(limit=2)
    assert [stack.get(QUOTE, key).status_code for _ in range(20)] == [200] * 2 + [429] * 18
    assert stack.sql("SELECT hour_requests FROM key_window JOIN credentials USING (key_id) "
                     "WHERE public_id = %s", [keys.public_id(key)]) == [(2,)]
    age(stack, key, 60)
    time.sleep(1)  # each worker asks the database again
    assert [stack.get(QUOTE, key).status_code for _ in range(3)] == [200, 200, 429]


def test_a_refused_request_does_nothing_else(stack):
    """Not even an absent record or a wrong parameter can be told from the answer."""
    key = stack.new_key(limit=1)
    stack.get(QUOTE, key)
    for path in (QUOTE, QUOTE.replace("7", "8"), QUOTE + "?a=b"):
        refused(stack.get(path, key), 429, "rate_limited")


def test_each_key_has_a_limit_of_its_own(stack):
    spent, fresh = stack.new_key(limit=1), stack.new_key(limit=1)
    assert [stack.get(QUOTE, spent).status_code for _ in range(2)] == [200, 429]
    assert stack.get(QUOTE, fresh).status_code == 200


def test_rotation_does_not_refill(stack):
    former = stack.new_key(limit=3)
    assert limit_of(stack.get(QUOTE, former))[0] == 2
    fresh = stack.ctl("key", "rotate", keys.prefix(former), "--grace", "1h")["key"]
    assert limit_of(stack.get(QUOTE, fresh))[0] == 1
    assert limit_of(stack.get(QUOTE, former))[0] == 0
    for key in (fresh, former):
        refused(stack.get(QUOTE, key), 429, "rate_limited")


def test_a_flood_on_a_spent_key_costs_the_database_a_look_a_second_and_worker(stack):
    key = stack.new_key(limit=1)
    stack.get(QUOTE, key)
    looks = lambda: len(re.findall(r"execute admit:", stack.log("postgres.log")))
    before = looks()
    start = time.monotonic()
    with Crowd(stack, 4, QUOTE, key, count=200) as crowd:
        crowd.join()
    took = time.monotonic() - start
    assert [one.status for one in crowd.seen] == [429] * 800
    assert 0 < looks() - before <= len(stack.worker_pids()) * (int(took) + 1)


# The strict limit under the fastest fire


def test_the_fullest_minute_is_found():
    seen = [Seen(second, second + 0.5, 200, {}, b"") for second in (0, 10, 59, 60, 61, 69, 71, 130)]
    assert most_in_a_minute(seen) == 5  # from 10: 71 comes too late; from 59: 130 does


def admitted_and_asked(answers):
    """How many were admitted and how many answered in the first minute."""
    within = [one.status for one in answers if one.end < answers[0].start + 60]
    return within.count(200), len(within)


def test_16_clients_at_once_get_600_a_minute_and_not_one_more(own_stack):
    """2,000 requests on one key over 8 workers, begun at second 50 so that a clock's minute turns
    under fire. Then a rest of 60 seconds, and the same again."""
    stack = own_stack(KABAIDO_WORKERS=8)
    key = stack.new_key()
    time.sleep((50 - time.time()) % 60)
    with Crowd(stack, 16, QUOTE, key, count=125) as first:
        first.join()
    answers = first.seen
    assert len(answers) == 2000
    assert {one.status for one in answers} == {200, 429}
    assert most_in_a_minute(answers) <= 600
    admitted, asked = admitted_and_asked(answers)
    assert admitted == min(600, asked)  # 2,000, but on the slowest of machines
    refusals = [one for one in answers if one.status == 429]
    assert all(1 <= int(one.headers["retry-after"]) <= 60 for one in refusals)

    last = max(one.end for one in answers if one.status == 200)
    time.sleep(max(0, last + 60 - time.monotonic()))
    with Crowd(stack, 16, QUOTE, key, count=50) as second:
        second.join()
    assert most_in_a_minute(answers + second.seen) <= 600
    admitted, asked = admitted_and_asked(second.seen)
    assert admitted == min(600, asked)
