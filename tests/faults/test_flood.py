"""A flood of keys that nobody has: their refusals are sent slowly, and nothing else is. What is slow is
told by the header that says so to nginx, never by a clock."""

import os
import random
import signal
import subprocess

import pytest

from harness import fastcgi, keys, refused, wait_until

MOST = 5  # a second, in the tests that are to pass it
SLOWED = "kabaido_slowed_refusals_total"


def unknown():
    return keys.make("".join(random.choices(keys.DIGITS, k=8)),
                     "".join(random.choices(keys.DIGITS, k=32)))


def forged(key):
    """The public id of a key that there is, and a secret of one's own."""
    return keys.make(keys.public_id(key), "".join(random.choices(keys.DIGITS, k=32)))


def ask(stack, key, method="GET"):
    """What a worker says past nginx."""
    return fastcgi.exchange(stack, {
        "REQUEST_METHOD": method, "REQUEST_URI": f"/api/v1/quotes/{stack.quote_id}",
        "KABAIDO_REQUEST_ID": "by-hand", "HTTP_AUTHORIZATION": f"Bearer {key}"})


def is_slow(answer):
    return "x-accel-limit-rate" in answer.headers


def flood(stack, make=unknown):
    """Tries keys until one is refused slowly; the next of the same second and the one after are, too."""
    wait_until(lambda: any([is_slow(ask(stack, make())) for _ in range(2 * MOST)]), 30,
               "no refusal is slow", interval=0)


def slowed(stack):
    return stack.metrics().value(SLOWED)


def test_a_slow_refusal_is_the_same_but_for_the_header(stack, workers):
    workers(KABAIDO_UNKNOWN_KEYS_PER_SECOND=MOST)
    before, slow, prompt = slowed(stack), [], []
    wait_until(lambda: [(slow if is_slow(answer) else prompt).append(answer)
                        for answer in [ask(stack, unknown())]] and len(slow) > 20 and prompt, 30)
    assert slowed(stack) - before == len(slow)
    rate, = {answer.headers.pop("x-accel-limit-rate") for answer in slow}
    first = prompt[0]
    for answer in prompt + slow:
        del answer.headers["x-kabaido-time"]
        assert answer.status_code == 401
        assert (answer.headers, answer.content) == (first.headers, first.content)
    # nginx sends the first second's bytes at once: a rate that is near the answer's size slows nothing.
    assert int(rate) < len(first.content) * 2


def test_up_to_the_threshold_refusals_are_prompt(stack, workers):
    workers(KABAIDO_UNKNOWN_KEYS_PER_SECOND=10000)
    assert not any(is_slow(ask(stack, unknown())) for _ in range(100))


def test_without_a_threshold_refusals_are_prompt(stack, workers):
    workers(KABAIDO_UNKNOWN_KEYS_PER_SECOND=0)
    assert not any(is_slow(ask(stack, unknown())) for _ in range(100))


def test_a_wrong_secret_counts_whether_or_not_workers_know_the_key(stack, workers, key):
    workers(KABAIDO_UNKNOWN_KEYS_PER_SECOND=MOST)
    flood(stack, lambda: forged(key))
    for _ in range(20):
        assert ask(stack, key).status_code == 200
    flood(stack, lambda: forged(key))


def test_what_costs_no_look_or_was_somebodys_key_is_prompt(stack, workers):
    workers(KABAIDO_UNKNOWN_KEYS_PER_SECOND=1)
    revoked = stack.new_key()
    stack.ctl("key", "revoke", keys.prefix(revoked))
    misspelt = revoked[:-1] + ("0" if revoked[-1] != "0" else "1")
    answers = [ask(stack, key) for _ in range(20) for key in (misspelt, revoked, "", "nonsense")]
    assert {answer.status_code for answer in answers} == {401}
    assert not any(map(is_slow, answers))


def test_a_good_key_is_answered_promptly_in_a_flood(stack, workers, key):
    workers(KABAIDO_UNKNOWN_KEYS_PER_SECOND=MOST)
    for _ in range(20):
        flood(stack)
        answer = ask(stack, key)
        assert answer.status_code == 200
        assert not is_slow(answer)


def test_all_workers_count_together(stack, workers):
    """Who takes the place of one that died has refused nobody, and is slow from its first refusal on."""
    workers(KABAIDO_UNKNOWN_KEYS_PER_SECOND=MOST, KABAIDO_WORKERS=1)

    def first_is_slow():
        flood(stack)
        former, = stack.worker_pids()
        os.kill(former, signal.SIGKILL)
        wait_until(lambda: stack.worker_pids() not in ([], [former]), 30)
        return is_slow(ask(stack, unknown()))

    wait_until(first_is_slow, 60)


def by_http_1(stack):
    """Three on one connection, which slow answers leave as it was."""
    with stack.session(unknown()) as session:
        answers = [session.get(f"{stack.url}/api/v1/quotes/{stack.quote_id}", timeout=60)
                   for _ in range(3)]
        pools = session.get_adapter(stack.url).poolmanager.pools
        assert [pools[place].num_connections for place in pools.keys()] == [1]
    return answers


def by_http_2(stack):
    return [stack.curl(f"/api/v1/quotes/{stack.quote_id}", "--http2", key=unknown())]


@pytest.mark.parametrize("send", [by_http_1, by_http_2])
def test_the_client_gets_the_whole_answer_and_not_the_header(stack, workers, send):
    workers(KABAIDO_UNKNOWN_KEYS_PER_SECOND=MOST)

    def slow_answers():
        flood(stack)
        before = slowed(stack)
        answers = send(stack)
        for answer in answers:
            refused(answer, 401, "invalid_key")
            assert not [name for name in answer.headers if name.lower().startswith("x-accel")]
        return slowed(stack) > before

    wait_until(slow_answers, 60, "no answer was slow")


def test_nginx_sends_a_slow_answer_in_parts(stack, workers):
    """What was sent at once is not the whole: curl's own clock has the first byte before the last one,
    and the rest waits for nginx's second, which no machine is too slow for."""
    workers(KABAIDO_UNKNOWN_KEYS_PER_SECOND=MOST)

    def took():
        flood(stack)
        before = slowed(stack)
        done = subprocess.run(
            ["curl", "--silent", "--http1.1", "--noproxy", "*", "--cacert", stack.cacert, "--output",
             "/dev/null", "--header", f"Authorization: Bearer {unknown()}", "--write-out",
             "%{time_total}", f"{stack.url}/api/v1/key"], text=True, stdout=subprocess.PIPE, check=True)
        return slowed(stack) > before and float(done.stdout)

    assert wait_until(took, 60) > 0.9
