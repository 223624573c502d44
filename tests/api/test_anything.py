"""Whatever is thrown at an operation gets an answer that says what is wrong with it: no 5xx, no hang,
and nothing of another organisation."""

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from harness import Tenant, endpoints

BOUNDED = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
OPERATIONS = [one for one in endpoints() if not one.public]
READS = [one for one in OPERATIONS if one.method == "GET"]
WRITES = [one for one in OPERATIONS if one.method == "POST"]

TEXT = strategies.text(max_size=40) | strategies.sampled_from(
    ["%", "_", "\\", "'", "\"", "\u0000", "\u202e", "😀", "' OR 1=1 --", "{}", "[]", "null", "-1", "0", "1e9",
     "9" * 40, "2026-02-30T00:00:00Z", "2026-06-02T10:30:00Z", "2026-06-02 10:30", "infinity", "NaN",
     "00000000-0000-0000-0000-000000000000", "sent", "open", "confirmed"])
SCALARS = (strategies.none() | strategies.booleans() | TEXT | strategies.integers(-2**70, 2**70) |
           strategies.floats(allow_nan=False, allow_infinity=False))
VALUES = strategies.recursive(
    SCALARS, lambda inner: strategies.lists(inner, max_size=4) |
    strategies.dictionaries(TEXT, inner, max_size=4), max_leaves=12)
MEMBERS = strategies.sampled_from(
    ["products", "customers", "schema_id", "sku", "title", "name", "price", "attrs", "company", "email",
     "phone", "external_id", "text", "customer", "external_ref", "id"])
OBJECTS = strategies.dictionaries(MEMBERS | TEXT, VALUES, max_size=6)
BODIES = OBJECTS | VALUES | strategies.fixed_dictionaries(
    {}, optional={"products": strategies.lists(OBJECTS, max_size=4),
                  "customers": strategies.lists(OBJECTS, max_size=4),
                  "text": TEXT, "title": TEXT, "customer": OBJECTS | TEXT, "external_ref": TEXT})


@pytest.fixture(scope="module")
def tenant(stack):
    return Tenant(stack)


@pytest.fixture(scope="module")
def others(stack, tenant):
    """What belongs to everybody else, which must be the same afterwards."""
    count = " UNION ALL ".join(
        f"SELECT '{table}', count(*) FROM {table} WHERE org_id <> %(org)s"
        for table in ("products", "customers", "contacts", "requests", "messages", "quotes", "orders"))

    def counted():
        return stack.sql(count, {"org": tenant.org_id})

    before = counted()
    yield
    assert counted() == before


def path_of(operation, identifier="7f0c0000-0000-0000-0000-000000000000"):
    return operation.path.removeprefix("/api/v1").replace("{id}", identifier)


def check(answer):
    """A refusal has its shape, and one of something that was sent names it."""
    assert answer.status_code < 500, answer.content
    if answer.status_code < 400:
        return
    body = answer.json()
    assert body["error"] and body["code"] and body["request_id"]
    if answer.status_code == 422 and body["code"] == "invalid_parameter":
        assert "field" in body


def by_name(operation):
    return f"{operation.method} {operation.path}"


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("operation", READS, ids=by_name)
def test_parameters(tenant, operation):
    names = strategies.sampled_from(sorted(operation.parameters) or ["x"]) | TEXT

    @BOUNDED
    @given(strategies.lists(strategies.tuples(names, TEXT), max_size=4))
    def send(parameters):
        answer = tenant.get(path_of(operation), **dict(parameters))
        check(answer)
        if answer.status_code == 200 and "next_cursor" in answer.json():
            # A tenant with nothing of its own sees nothing, whatever it asks for.
            rows, = (value for name, value in answer.json().items() if name != "next_cursor")
            assert all(row["id"] for row in rows)

    send()


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("operation", WRITES, ids=by_name)
def test_bodies(tenant, operation):
    @BOUNDED
    @given(BODIES, strategies.sampled_from([{}, {"dry_run": "true"}, {"strict": "true"}]))
    def send(body, parameters):
        known = {name: value for name, value in parameters.items() if name in operation.parameters}
        check(tenant.post(path_of(operation), body, **known))

    send()


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("operation", WRITES, ids=by_name)
def test_bytes(tenant, operation):
    """Also what is no JSON: bytes, and JSON with bytes put into it."""
    @BOUNDED
    @given(strategies.binary(max_size=60), BODIES, strategies.integers(0, 200))
    def send(noise, body, place):
        text = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        check(tenant.post(path_of(operation), text[:place] + noise + text[place:]))

    send()
