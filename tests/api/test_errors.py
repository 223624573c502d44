"""Every error that a client can be told is one of app/errors.def, and looks like the others."""

import re
import uuid

import pytest

from harness import ROOT, keys, refused, wait_until

QUOTE = "/api/v1/quotes/7f0c0000-0000-0000-0000-000000000000"
TABLE = {code: int(status) for status, code in re.findall(
    r'^ERROR\(\w+, (\d+), "(\w+)"', (ROOT / "app/errors.def").read_text(encoding="utf-8"), re.M)}

BULK = "/api/v1/products/bulk"


def of_limited_key(stack):
    key = stack.new_key(limit=1)
    stack.get(QUOTE, key)
    return stack.get(QUOTE, key)


def of_expired_key(stack):
    key = stack.new_key()
    stack.ctl("key", "rotate", keys.prefix(key), "--grace", "0")
    return stack.get(QUOTE, key)


def of_revoked_key(stack):
    key = stack.new_key()
    stack.ctl("key", "revoke", keys.prefix(key))
    return stack.get(QUOTE, key)


def of_faulty_database(stack):
    """The database refuses a statement of ours: the fault is ours and not the client's."""
    stack.sql("REVOKE SELECT ON quote_lines FROM kabaido_worker")
    try:
        return stack.get(QUOTE, stack.key)
    finally:
        stack.sql("GRANT SELECT ON quote_lines TO kabaido_worker")


def of_absent_database(stack):
    stack.stop_postgres()
    try:
        return stack.get(QUOTE, stack.key)
    finally:
        stack.start_postgres()
        wait_until(lambda: stack.get(QUOTE, stack.key).status_code == 200)


def bulk(stack, body, key=None, **headers):
    return stack.request("POST", BULK, key or stack.key, data=body,
                         headers={"Content-Type": "application/json"} | headers)


def of_full_plan(stack):
    """One product more than the plan includes, while the plan includes none."""
    stack.sql("UPDATE plans SET product_limit = 1 WHERE plan = 'team'")
    try:
        return bulk(stack, b'{"products":[{"sku":"one more","title":"t"}]}', stack.key_other)
    finally:
        stack.sql("UPDATE plans SET product_limit = 100000 WHERE plan = 'team'")


def of_other_body(stack):
    key = f"errors-{uuid.uuid4()}"
    bulk(stack, b'{"products":[{}]}', **{"Idempotency-Key": key})
    return bulk(stack, b'{"products":[{},{}]}', **{"Idempotency-Key": key})


def of_same_key_at_work(stack):
    """Somebody holds the lock of the Idempotency-Key: the first request, as far as we can tell."""
    name = f"errors-{uuid.uuid4()}"
    prefix = keys.prefix(stack.key)
    with stack.connect() as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(key_id::text || ' ' || %s, 0)) "
                      "FROM credentials WHERE public_id = %s", [name, prefix[-8:]])
        return bulk(stack, b'{"products":[{}]}', **{"Idempotency-Key": name})


# Code to how a client gets it.
PROVOKED = {
    "malformed_request": lambda stack: stack.curl("/api/v1/key?a=%00", key=stack.key),
    "missing_key": lambda stack: stack.get(QUOTE),
    "invalid_key": lambda stack: stack.get(QUOTE, "kbd_live_"),
    "expired_key": of_expired_key,
    "revoked_key": of_revoked_key,
    "insufficient_scope": lambda stack: stack.get(QUOTE, stack.new_key("quotes:write")),
    "plan_required":
        lambda stack: stack.get(QUOTE, stack.new_key(org="Pärnu Laagrikeskus OÜ")),
    "not_found": lambda stack: stack.get("/api/v1/nothing", stack.key),
    "method_not_allowed": lambda stack: stack.request("DELETE", QUOTE, stack.key),
    "body_too_large":
        lambda stack: stack.request("POST", QUOTE, stack.key, data=b" " * (1024 * 1024 + 1)),
    "invalid_cursor": lambda stack: stack.get("/api/v1/quotes?cursor=x", stack.key),
    "malformed_json": lambda stack: bulk(stack, b'{"products":[{"sku":1,"sku":2}]}'),
    "unsupported_media_type":
        lambda stack: bulk(stack, b"{}", **{"Content-Type": "text/plain"}),
    "invalid_body": lambda stack: bulk(stack, b'{"products":{}}'),
    "too_many_items": lambda stack: bulk(stack, b'{"products":[' + b"0," * 10000 + b"0]}"),
    "plan_product_limit": of_full_plan,
    "idempotency_mismatch": of_other_body,
    "idempotency_in_progress": of_same_key_at_work,
    "invalid_parameter": lambda stack: stack.get(QUOTE + "?a=b", stack.key),
    "rate_limited": of_limited_key,
    "internal": of_faulty_database,
    "unavailable": of_absent_database,
}

# Members that only these errors have.
FURTHER = {"insufficient_scope": {"required_scope": "quotes:read"},
           "invalid_parameter": {"field": "a"}, "invalid_cursor": {"field": "cursor"},
           "malformed_json": {"field": "products[0].sku"},
           "unsupported_media_type": {"field": "Content-Type"}, "invalid_body": {"field": "products"},
           "too_many_items": {"field": "products"},
           "plan_product_limit": {"limit": 1, "products": 421},
           "idempotency_mismatch": {"field": "Idempotency-Key"}}
CHALLENGED = {"missing_key", "invalid_key", "expired_key", "revoked_key", "insufficient_scope"}
POSTPONED = {"rate_limited", "unavailable", "idempotency_in_progress"}
KNOWS_THE_KEY = {"malformed_request", "insufficient_scope", "plan_required", "invalid_parameter",
                 "rate_limited", "internal"}


def test_every_code_of_the_table_is_provoked_here():
    assert set(PROVOKED) == set(TABLE)


@pytest.mark.parametrize("code", PROVOKED)
def test_shape(stack, code):
    answer = PROVOKED[code](stack)
    refused(answer, TABLE[code], code, **FURTHER.get(code, {}))
    assert ("www-authenticate" in answer.headers) == (code in CHALLENGED)
    assert ("retry-after" in answer.headers) == (code in POSTPONED)
    assert ("allow" in answer.headers) == (code == "method_not_allowed")
    assert list(answer.json())[:2] == ["error", "code"]
    assert list(answer.json())[-1] == "request_id"


@pytest.mark.parametrize("code", ["internal", "unavailable"])
def test_internals_do_not_leak(stack, code):
    answer = PROVOKED[code](stack)
    told = answer.text + str(answer.headers)
    for word in ("quote_lines", "permission", "SQL", "sql", "42501", "PG", "postgres", "socket",
                 "libpq", str(stack.files), "kabaido_worker", "X-Kabaido"):
        assert word not in told


def test_a_fault_of_ours_can_be_found_by_its_request_id(stack):
    request_id = of_faulty_database(stack).json()["request_id"]
    line = wait_until(lambda: [line for line in stack.log("api.log").splitlines()
                               if request_id in line])[0]
    assert '"level":"error"' in line and "42501 permission denied for table quote_lines" in line


def test_a_request_that_failed_for_our_fault_counts(stack):
    key = stack.new_key(limit=5)
    stack.sql("REVOKE SELECT ON quote_lines FROM kabaido_worker")
    try:
        assert [stack.get(QUOTE, key).status_code for _ in range(5)] == [500] * 5
    finally:
        stack.sql("GRANT SELECT ON quote_lines TO kabaido_worker")
    assert stack.get(QUOTE, key).status_code == 429


def test_after_a_fault_the_next_request_gets_its_own_answer(stack):
    """A pipeline that was aborted half-way must not leave an answer behind for somebody else."""
    of_faulty_database(stack)
    for _ in range(3 * len(stack.worker_pids())):
        assert stack.get("/api/v1/key", stack.key).json()["name"] == "Demo: every scope"
        assert stack.get(QUOTE, stack.key_quotes).json()["number"] == "Q-1024"
        assert stack.get("/api/v1/key", stack.key_other).json()["organisation"]["name"] \
            == "Atelier Brunel"
