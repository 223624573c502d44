"""An organisation that sends many large calls at once has half of the workers for them: the others are
there for everybody else. Its writes are one after another, so more of them would only wait."""

import concurrent.futures
import json
import os
import pathlib
import signal

import pytest

from harness import Tenant, refused, wait_until

LARGE = 512 * 1024  # bytes: a call of more is a large one


@pytest.fixture
def tenant(stack):
    return Tenant(stack)


@pytest.fixture
def pool():
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        yield threads


@pytest.fixture
def writer(tenant, workers):
    """Another writer of the organisation's, whom all its writes wait for until it commits."""
    workers(patience=20, KABAIDO_WORKERS=4)
    with tenant.connect(autocommit=False) as connection:
        connection.execute("INSERT INTO customers (org_id, company) VALUES (%s, 'Slow')",
                           [tenant.org_id])
        yield connection


def body(sku, size=LARGE + 1):
    """A call of one product and this size."""
    return json.dumps({"products": [{"sku": sku, "title": sku}]}).encode().ljust(size)


def send(pool, tenant, sku, *options):
    return pool.submit(tenant.post, "/products/bulk", body(sku, *options))


def waiting(stack):
    """Process ids of PostgreSQL's side of workers that wait for a lock."""
    return [pid for pid, in stack.sql("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                      "AND usename = 'kabaido_worker'")]


def wait_for_waiting(stack, count):
    wait_until(lambda: len(waiting(stack)) == count, message=f"{count} do not wait")


def places(stack):
    """The places that workers hold, by the kernel's account of locks."""
    workers = set(map(str, stack.worker_pids()))
    lines = pathlib.Path("/proc/locks").read_text(encoding="ascii").splitlines()
    return [line for line in lines if line.split()[4] in workers]


def skus(tenant):
    return {product["sku"] for product in tenant.get("/products").json()["products"]}


def test_half_of_the_workers_are_left_for_others(stack, tenant, writer, pool):
    held = [send(pool, tenant, sku) for sku in ("A", "B")]
    wait_for_waiting(stack, 2)
    assert len(places(stack)) == 2
    for number in range(4):
        answer = tenant.post("/products/bulk", body("C"), {"Idempotency-Key": f"{number}"})
        refused(answer, 503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
        assert "large calls" in answer.json()["error"]
    other = Tenant(stack)
    assert other.post("/products/bulk", body("A")).status_code == 200
    assert tenant.get("/products").status_code == 200
    assert [one.done() for one in held] == [False, False]
    writer.commit()
    assert [one.result().status_code for one in held] == [200, 200]
    assert skus(tenant) == {"A", "B"}
    # What was refused was not begun, so that it can be sent again, and that is the first time.
    again = tenant.post("/products/bulk", body("C"), {"Idempotency-Key": "0"})
    assert again.status_code == 200 and "Idempotency-Replayed" not in again.headers
    assert skus(tenant) == {"A", "B", "C"}


def test_small_calls_are_not_counted(stack, tenant, writer, pool):
    held = [send(pool, tenant, sku, LARGE) for sku in ("A", "B", "C")]
    wait_for_waiting(stack, 3)
    writer.commit()
    assert [one.result().status_code for one in held] == [200, 200, 200]


def test_a_place_is_given_back_whatever_came_of_it(stack, tenant, writer, pool):
    writer.commit()
    wrong = json.dumps({"products": "none"}).encode().ljust(LARGE + 1)
    for content, status in ((body("A"), 200), (wrong, 422), (b" " * (LARGE + 1), 400)):
        assert tenant.post("/products/bulk", content).status_code == status
        assert places(stack) == []


def test_a_worker_that_dies_gives_its_place_back(stack, tenant, writer, pool):
    before = set(stack.worker_pids())
    held = [send(pool, tenant, sku) for sku in ("A", "B")]
    wait_for_waiting(stack, 2)
    left_behind = set(waiting(stack))  # PostgreSQL goes on waiting for whoever has gone
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    for one in held:
        refused(one.result(), 503, "unavailable")
    wait_until(lambda: len(stack.worker_pids()) == 4 and not before & set(stack.worker_pids()))
    held = [send(pool, tenant, sku) for sku in ("A", "B")]
    wait_until(lambda: len(set(waiting(stack)) - left_behind) == 2, message="the places are not free")
    assert "large calls" in tenant.post("/products/bulk", body("C")).json()["error"]
    writer.commit()
    assert [one.result().status_code for one in held] == [200, 200]
