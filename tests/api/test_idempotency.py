"""Idempotency-Key: the work is done once and its answer given again, whatever happens in between."""

import concurrent.futures
import os
import random
import signal
import time
import uuid

import pytest
import requests

from harness import Tenant, refused, wait_until


@pytest.fixture(scope="module")
def tenant(stack):
    return Tenant(stack)


def key():
    return str(uuid.uuid4())


def send(tenant, idempotency_key, text="x", path="/requests", **parameters):
    return tenant.post(path, {"text": text}, {"Idempotency-Key": idempotency_key}, **parameters)


def is_replay(answer):
    assert answer.headers.get("idempotency-replayed") in (None, "true")
    return "idempotency-replayed" in answer.headers


def texts(tenant, text):
    """How often a request was opened with this text."""
    return tenant.stack.sql("SELECT count(*) FROM messages WHERE org_id = %s AND body = %s",
                            [tenant.org_id, text])[0][0]


def assert_replays(again, first):
    assert is_replay(again) and not is_replay(first)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for name in ("content-type", "cache-control", "location"):
        assert again.headers.get(name) == first.headers.get(name)


# --- The same again ------------------------------------------------------------------------------

def test_the_first_answer_is_given_again(tenant):
    text, idempotency_key = key(), key()
    first = send(tenant, idempotency_key, text)
    assert first.status_code == 201 and first.headers["cache-control"] == "no-store"
    for _ in range(2):
        assert_replays(send(tenant, idempotency_key, text), first)
    assert texts(tenant, text) == 1


def test_a_replay_counts_and_has_a_request_id_of_its_own(tenant):
    idempotency_key = key()
    first, again = send(tenant, idempotency_key), send(tenant, idempotency_key)
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    left = [int(answer.headers["ratelimit"].split("r=")[1].split(";")[0]) for answer in (first, again)]
    assert left[0] == left[1] + 1


def test_a_refusal_is_an_answer_as_well(tenant):
    idempotency_key = key()
    first = send(tenant, idempotency_key, text=" ")
    refused(first, 422, "invalid_body", field="text")
    assert_replays(send(tenant, idempotency_key, text=" "), first)


def test_bulk_writes_are_answered_again(tenant):
    idempotency_key = {"Idempotency-Key": key()}
    rows = {"customers": [{"company": key()}, {}]}
    first = tenant.post("/customers", rows, idempotency_key)
    assert first.json()["upserted"] == 1
    assert_replays(tenant.post("/customers", rows, idempotency_key), first)
    refused(tenant.post("/customers", rows, idempotency_key, dry_run="true"), 422,
            "idempotency_mismatch", field="Idempotency-Key")
    assert tenant.stack.sql("SELECT count(*) FROM customers WHERE company = %s",
                            [rows["customers"][0]["company"]]) == [(1,)]


def test_another_request_with_the_same_key_is_refused(tenant):
    idempotency_key = key()
    body = {"text": "x", "title": "t"}
    first = tenant.post("/requests", body, {"Idempotency-Key": idempotency_key})
    others = [("/requests", b'{"text":"x", "title":"u"}'), ("/requests", b'{"text":"x","title":"t"}'),
              ("/customers", b'{"customers":[{"company":"A"}]}')]
    for path, other in others:
        body_of_refusal = refused(tenant.post(path, other, {"Idempotency-Key": idempotency_key}), 422,
                                  "idempotency_mismatch", field="Idempotency-Key")
        assert "another request" in body_of_refusal["error"]
    assert_replays(tenant.post("/requests", body, {"Idempotency-Key": idempotency_key}), first)


def test_quoted_or_bare_it_is_the_same_key(tenant):
    idempotency_key = key()
    first = send(tenant, idempotency_key)
    assert_replays(send(tenant, f'"{idempotency_key}"'), first)


def test_a_key_may_have_255_characters(tenant):
    longest = "k" * (255 - 36) + key()
    first = send(tenant, longest)
    assert_replays(send(tenant, f'"{longest}"'), first)
    for wrong in ("k" * 256, f'"{"k" * 256}"', '""', "a b", "é"):
        refused(send(tenant, wrong.encode("utf-8")), 422, "invalid_parameter", field="Idempotency-Key")


def test_without_a_key_every_request_is_its_own(tenant):
    text = key()
    for headers in ({}, {}, {"Idempotency-Key": ""}, {"Idempotency-Key": ""}):
        assert not is_replay(tenant.post("/requests", {"text": text}, headers))
    assert texts(tenant, text) == 4


def test_each_api_key_has_idempotency_keys_of_its_own(tenant):
    text, idempotency_key = key(), key()
    first = send(tenant, idempotency_key, text)
    other = tenant.stack.request("POST", "/api/v1/requests", tenant.new_key(), json={"text": text},
                                 headers={"Idempotency-Key": idempotency_key})
    assert other.status_code == 201 and not is_replay(other)
    assert other.json()["id"] != first.json()["id"]


def test_a_rotated_key_is_the_same_key(tenant):
    whole = tenant.new_key()
    headers = {"Idempotency-Key": key()}
    first = tenant.stack.request("POST", "/api/v1/requests", whole, json={"text": "x"}, headers=headers)
    rotated = tenant.stack.ctl("key", "rotate", whole[:17], "--grace", "0h")["key"]
    assert_replays(tenant.stack.request("POST", "/api/v1/requests", rotated, json={"text": "x"},
                                        headers=headers), first)


def test_a_revoked_key_is_told_nothing(tenant):
    whole = tenant.new_key()
    headers = {"Idempotency-Key": key()}
    arguments = {"json": {"text": "x"}, "headers": headers}
    assert tenant.stack.request("POST", "/api/v1/requests", whole, **arguments).status_code == 201
    tenant.stack.ctl("key", "revoke", whole[:17])
    refused(tenant.stack.request("POST", "/api/v1/requests", whole, **arguments), 401, "revoked_key")


# --- How long, and what not ----------------------------------------------------------------------

def shift(tenant, idempotency_key, interval):
    tenant.stack.sql("UPDATE idempotency SET created_at = now() - %s::interval "
                     "WHERE idempotency_key = %s", [interval, idempotency_key])


def test_an_answer_is_kept_for_24_hours(tenant):
    text, idempotency_key = key(), key()
    first = send(tenant, idempotency_key, text)
    shift(tenant, idempotency_key, "23 hours 59 minutes")
    assert_replays(send(tenant, idempotency_key, text), first)
    shift(tenant, idempotency_key, "24 hours")
    second = send(tenant, idempotency_key, text)
    assert not is_replay(second) and second.json()["id"] != first.json()["id"]
    assert_replays(send(tenant, idempotency_key, text), second)


def test_old_answers_are_forgotten_by_and_by(tenant):
    old = [key() for _ in range(25)]
    for idempotency_key in old:
        send(tenant, idempotency_key)
        shift(tenant, idempotency_key, "25 hours")
    for _ in range(3):
        send(tenant, key())
    assert tenant.stack.sql("SELECT count(*) FROM idempotency WHERE idempotency_key = ANY (%s)",
                            [old]) == [(0,)]


def test_a_body_that_could_not_be_read_is_not_remembered(tenant):
    headers = {"Idempotency-Key": key()}
    refused(tenant.post("/requests", b'{"text":', headers), 400, "malformed_json", field="text")
    assert tenant.post("/requests", {"text": "x"}, headers).status_code == 201


def test_what_failed_on_our_side_is_not_remembered(tenant):
    """Another writer holds the organisation's change clock for longer than a worker waits."""
    text, idempotency_key = key(), key()
    with tenant.connect(autocommit=False) as writer:
        writer.execute("SELECT change_time(%s)", [tenant.org_id])
        answer = send(tenant, idempotency_key, text)
        refused(answer, 503, "unavailable")
        assert "location" not in answer.headers and int(answer.headers["retry-after"]) >= 1
    first = send(tenant, idempotency_key, text)
    assert first.status_code == 201 and not is_replay(first)
    assert texts(tenant, text) == 1


# --- Many at once --------------------------------------------------------------------------------

def together(tenant, count, idempotency_key, text):
    def one(_):
        return tenant.stack.request("POST", "/api/v1/requests", tenant.key, json={"text": text},
                                    headers={"Idempotency-Key": idempotency_key})

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_fifty_at_once_do_the_work_once(tenant):
    text, idempotency_key = key(), key()
    answers = together(tenant, 50, idempotency_key, text)
    done = [answer for answer in answers if answer.status_code == 201 and not is_replay(answer)]
    replays = [answer for answer in answers if is_replay(answer)]
    busy = [answer for answer in answers if answer.status_code == 409]
    assert (len(done), len(replays) + len(busy)) == (1, 49)
    for answer in replays:
        assert_replays(answer, done[0])
    for answer in busy:
        refused(answer, 409, "idempotency_in_progress")
        assert answer.headers["retry-after"] == "1"
    assert texts(tenant, text) == 1
    # Once the answer is there it is there for all, though each looks for it with the lock in hand.
    assert all(is_replay(answer) for answer in together(tenant, 50, idempotency_key, text))


def test_while_the_first_is_at_work_others_are_told_so(tenant):
    text, idempotency_key = key(), key()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with tenant.connect(autocommit=False) as writer:
            writer.execute("SELECT change_time(%s)", [tenant.org_id])
            first = pool.submit(tenant.stack.request, "POST", "/api/v1/requests", tenant.key,
                                json={"text": text}, headers={"Idempotency-Key": idempotency_key})
            wait_until(lambda: tenant.stack.sql(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
            assert not first.done()
            refused(send(tenant, idempotency_key, text), 409, "idempotency_in_progress")
            refused(send(tenant, idempotency_key, "another"), 409, "idempotency_in_progress")
        assert first.result().status_code == 201
    assert_replays(send(tenant, idempotency_key, text), first.result())


# --- Crashes -------------------------------------------------------------------------------------

def settled(tenant, idempotency_key, text):
    """Retries as a client does, until there is an answer."""
    def attempt():
        try:
            answer = send(tenant, idempotency_key, text)
        except requests.ConnectionError:
            return None
        return answer if answer.status_code < 500 and answer.status_code != 409 else None

    return wait_until(attempt, 20, "the retries got no answer", interval=0.02)


def test_a_worker_killed_between_commit_and_reply(own_stack):
    """The commit is held where it stands in the log and its answer has not left: PostgreSQL waits
    for a standby that does not exist. There the worker is killed, and the commit let go on. (The
    admission, which comes first, would wait as well: it is told not to.)"""
    stack = own_stack(KABAIDO_WORKERS=2)
    stack.sql("ALTER DATABASE kabaido SET kabaido.admission_commit = 'off'", user="postgres")
    stack.restart_workers()
    tenant = Tenant(stack)
    text, idempotency_key = key(), key()
    with stack.connect("postgres") as superuser, concurrent.futures.ThreadPoolExecutor(1) as pool:
        superuser.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        superuser.execute("SELECT pg_reload_conf()")
        lost = pool.submit(send, tenant, idempotency_key, text)
        waiting = wait_until(lambda: superuser.execute(
            "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' "
            "AND usename = 'kabaido_worker'").fetchall())
        assert len(waiting) == 1 and texts(tenant, text) == 0
        for pid in stack.worker_pids():
            os.kill(pid, signal.SIGKILL)
        assert lost.result().status_code >= 500
        superuser.execute("ALTER SYSTEM RESET synchronous_standby_names")
        superuser.execute("SELECT pg_reload_conf()")
        again = settled(tenant, idempotency_key, text)
    assert again.status_code == 201 and is_replay(again)
    assert texts(tenant, text) == 1
    thread = tenant.request("GET", again.headers["location"].removeprefix("/api/v1"))
    assert thread.content == again.content


def test_workers_killed_at_any_moment(own_stack):
    stack = own_stack(KABAIDO_WORKERS=2)
    tenant = Tenant(stack)
    chance = random.Random(20)
    unanswered = replayed = 0
    for _ in range(40):
        text, idempotency_key = key(), key()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            sent = pool.submit(tenant.stack.request, "POST", "/api/v1/requests", tenant.key,
                               json={"text": text}, headers={"Idempotency-Key": idempotency_key})
            time.sleep(chance.uniform(0.001, 0.015))
            for pid in stack.worker_pids():
                os.kill(pid, signal.SIGKILL)
            unanswered += sent.result().status_code >= 500
        again = settled(tenant, idempotency_key, text)
        assert again.status_code == 201
        replayed += is_replay(again)
        assert texts(tenant, text) == 1
    print(f"{unanswered} of 40 requests lost their worker; {replayed} had been done")
    assert unanswered and replayed


def test_after_a_restart_of_the_database(own_stack):
    stack = own_stack()
    tenant = Tenant(stack)
    text, idempotency_key = key(), key()
    first = send(tenant, idempotency_key, text)
    stack.stop_postgres("immediate")
    stack.start_postgres()
    assert_replays(settled(tenant, idempotency_key, text), first)
