"""Every endpoint of the table keeps every promise of the contract: no new one can forget any.

The table is what kabaido-api prints itself. A new resource adds a line to RESOURCES if its path
holds an id, and to BODIES if it takes a body. What is public has its own file (test_openapi.py).
"""

import json
import random
import uuid

import pytest

from harness import endpoints, keys, refused, without_id

ENDPOINTS = [endpoint for endpoint in endpoints() if not endpoint.public]
PATHS = sorted({endpoint.path for endpoint in ENDPOINTS})
NORTHFIELD, BRUNEL, FREE = "Northfield Tooling", "Atelier Brunel", "Pärnu Laagrikeskus OÜ"

# Path to the statement that finds an id there is, of the organisation by this name.
RESOURCES = {
    "/api/v1/quotes/{id}": "SELECT quote_id FROM quotes JOIN organisations USING (org_id) "
                           "WHERE name = %s ORDER BY number LIMIT 1",
    "/api/v1/orders/{id}": "SELECT order_id FROM orders JOIN organisations USING (org_id) "
                           "WHERE name = %s ORDER BY number LIMIT 1",
    "/api/v1/customers/{id}": "SELECT customer_id FROM customers JOIN organisations o USING (org_id) "
                              "WHERE o.name = %s ORDER BY customer_id LIMIT 1",
    "/api/v1/requests/{id}": "SELECT request_id FROM requests JOIN organisations o USING (org_id) "
                             "WHERE o.name = %s ORDER BY request_id LIMIT 1",
}

# Method and path to a body that the operation accepts.
BODIES = {
    ("POST", "/api/v1/customers"): {"customers": [{"company": "Harrow Gears Ltd",
                                                   "external_id": "C-10077"}]},
    ("POST", "/api/v1/products/bulk"): {"products": [{"sku": "EM-1204", "name": "End mill 12mm"}]},
    ("POST", "/api/v1/requests"): {"text": "Please quote 40 pieces of EM-1204."},
}

# The contract's operations: the scope of each, and whether it counts against the limit.
CONTRACT = {
    "GET /api/v1/products": ("products:read", True),
    "POST /api/v1/products/bulk": ("products:write", True),
    "GET /api/v1/quotes": ("quotes:read", True),
    "GET /api/v1/quotes/{id}": ("quotes:read", True),
    "GET /api/v1/orders": ("orders:read", True),
    "GET /api/v1/orders/{id}": ("orders:read", True),
    "GET /api/v1/customers": ("customers:read", True),
    "POST /api/v1/customers": ("customers:write", True),
    "GET /api/v1/customers/{id}": ("customers:read", True),
    "GET /api/v1/requests": ("requests:read", True),
    "GET /api/v1/requests/{id}": ("requests:read", True),
    "POST /api/v1/requests": ("requests:write", True),
    "GET /api/v1/key": (None, False),
}

ALL_SCOPES = {"products:read", "products:write", "quotes:read", "quotes:write", "orders:read",
              "customers:read", "customers:write", "requests:read", "requests:write"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]


def name_of(endpoint):
    return f"{endpoint.method} {endpoint.path}"


every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
every_path = pytest.mark.parametrize("path", PATHS)


def of_endpoints(holds):
    return pytest.mark.parametrize("endpoint", [one for one in ENDPOINTS if holds(one)], ids=name_of)


def allowed(path):
    """The methods that the table serves at a path, in the order of Allow."""
    methods = {endpoint.method for endpoint in ENDPOINTS if endpoint.path == path}
    return [*(["GET", "HEAD"] if "GET" in methods else []),
            *(["POST"] if "POST" in methods else []), "OPTIONS"]


class Walk:
    """Sends requests to endpoints as they want them."""

    def __init__(self, stack):
        self.stack = stack

    def id_of(self, path, organisation):
        return str(self.stack.sql(RESOURCES[path], [organisation])[0][0])

    def address(self, path, record=None):
        """The path with an id of Northfield's, or with this one."""
        if "{id}" not in path:
            return path
        return path.replace("{id}", record or self.id_of(path, NORTHFIELD))

    def send(self, endpoint, key=None, record=None, query="", method=None, **options):
        body = BODIES.get((endpoint.method, endpoint.path))
        if body is not None:
            options |= {"data": json.dumps(body),
                        "headers": {"Content-Type": "application/json", **options.pop("headers", {})}}
        return self.stack.request(method or endpoint.method,
                                  self.address(endpoint.path, record) + query, key, **options)

    def key(self, endpoint, **options):
        """A new key that may use the endpoint and as little else as possible."""
        return self.stack.new_key(endpoint.scope or "quotes:write", **options)


@pytest.fixture(scope="module")
def walk(stack):
    return Walk(stack)


def test_the_table_is_walked():
    assert {name_of(endpoint) for endpoint in ENDPOINTS} \
        >= {"GET /api/v1/quotes/{id}", "GET /api/v1/key"}
    assert {path for path in PATHS if "{id}" in path} == set(RESOURCES)
    assert {(one.method, one.path) for one in ENDPOINTS if one.method == "POST"} == set(BODIES)


@every_endpoint
def test_policy_is_the_contracts(endpoint):
    assert (endpoint.scope, endpoint.counted) == CONTRACT[name_of(endpoint)]


@every_endpoint
def test_served_to_a_key_that_may(walk, endpoint):
    answer = walk.send(endpoint, walk.key(endpoint))
    assert answer.status_code in (200, 201)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["ratelimit-policy"] == '"default";q=600;w=60'


@every_endpoint
def test_no_key(walk, endpoint):
    answer = walk.send(endpoint)
    refused(answer, 401, "missing_key")
    assert answer.headers["www-authenticate"] == 'Bearer realm="kabaido"'


def garbage():
    return "garbage"


def made_up():
    return keys.make(*["".join(random.choices(keys.DIGITS, k=length)) for length in (8, 32)])


@every_endpoint
@pytest.mark.parametrize("make", [garbage, made_up])
def test_a_key_that_nobody_has(walk, endpoint, make):
    answer = walk.send(endpoint, make())
    refused(answer, 401, "invalid_key")
    assert answer.headers["www-authenticate"] == 'Bearer realm="kabaido", error="invalid_token"'


@every_endpoint
def test_a_revoked_key(walk, endpoint):
    key = walk.key(endpoint)
    assert walk.send(endpoint, key).status_code < 300
    walk.stack.ctl("key", "revoke", keys.prefix(key))
    answer = walk.send(endpoint, key)
    refused(answer, 401, "revoked_key")
    assert answer.headers["www-authenticate"] == 'Bearer realm="kabaido", error="invalid_token"'


@every_endpoint
def test_an_expired_key(walk, endpoint):
    key = walk.key(endpoint, expires="30d")
    walk.stack.sql("UPDATE api_keys SET expires_at = clock_timestamp() FROM credentials c "
                   "WHERE c.key_id = api_keys.key_id AND public_id = %s", [keys.public_id(key)])
    answer = walk.send(endpoint, key)
    refused(answer, 401, "expired_key")
    assert answer.headers["www-authenticate"] == 'Bearer realm="kabaido", error="invalid_token"'


@of_endpoints(lambda one: one.scope is not None)
def test_a_key_with_every_scope_but_the_one(walk, endpoint):
    key = walk.stack.new_key(",".join(sorted(ALL_SCOPES - {endpoint.scope})))
    answer = walk.send(endpoint, key)
    refused(answer, 403, "insufficient_scope", required_scope=endpoint.scope)
    assert answer.headers["www-authenticate"] \
        == f'Bearer error="insufficient_scope", scope="{endpoint.scope}"'
    assert answer.headers["ratelimit"] == '"default";r=599;t=60'


@every_endpoint
def test_a_plan_without_integrations(walk, endpoint):
    answer = walk.send(endpoint, walk.key(endpoint, org=FREE))
    refused(answer, 403, "plan_required")
    assert "www-authenticate" not in answer.headers


@of_endpoints(lambda one: "{id}" in one.path)
def test_another_tenants_record_is_as_absent_as_a_random_one(walk, endpoint):
    key = walk.key(endpoint)
    theirs = walk.send(endpoint, key, record=walk.id_of(endpoint.path, BRUNEL))
    random_one = walk.send(endpoint, key, record=str(uuid.uuid4()))
    refused(theirs, 404, "not_found")
    assert without_id(theirs, "ratelimit") == without_id(random_one, "ratelimit")


@of_endpoints(lambda one: "{id}" in one.path)
@pytest.mark.parametrize("record", ["1", "x" * 36, "00000000-0000-0000-0000-00000000000"])
def test_an_id_that_is_none_is_an_absent_record(walk, endpoint, record):
    key = walk.key(endpoint)
    answer = walk.send(endpoint, key, record=record)
    refused(answer, 404, "not_found")
    assert without_id(answer, "ratelimit") \
        == without_id(walk.send(endpoint, key, record=str(uuid.uuid4())), "ratelimit")


@of_endpoints(lambda one: "{id}" in one.path and one.scope)
def test_who_may_not_learns_nothing_of_records(walk, endpoint):
    key = walk.stack.new_key(",".join(sorted(ALL_SCOPES - {endpoint.scope})))
    answers = [walk.send(endpoint, key, record=record)
               for record in (walk.id_of(endpoint.path, NORTHFIELD), str(uuid.uuid4()), "1")]
    for answer in answers:
        refused(answer, 403, "insufficient_scope", required_scope=endpoint.scope)
    assert len({answer.content.replace(answer.headers["x-request-id"].encode(), b"")
                for answer in answers}) == 1


@of_endpoints(lambda one: one.counted)
def test_an_exhausted_limit(walk, endpoint):
    key = walk.key(endpoint, limit=2)
    assert [walk.send(endpoint, key).status_code < 300 for _ in range(2)] == [True, True]
    answer = walk.send(endpoint, key)
    refused(answer, 429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["ratelimit-policy"] == '"default";q=2;w=60'
    assert answer.headers["ratelimit"] == f'"default";r=0;t={answer.headers["retry-after"]}'


@of_endpoints(lambda one: not one.counted)
def test_an_endpoint_that_does_not_count(walk, endpoint):
    key = walk.key(endpoint, limit=1)
    for _ in range(3):
        answer = walk.send(endpoint, key)
        assert answer.status_code == 200
        assert answer.headers["ratelimit"] == '"default";r=1;t=0'


@every_endpoint
@pytest.mark.parametrize("query, field", [
    ("?colour=red", "colour"), ("?colour", "colour"), ("?=red", ""), ("?&&colour=", "colour"),
    ("?%63olour=1", "colour"), ("?gr%C3%B6%C3%9Fe=1", "größe"), ("?a+b=1", "a b"),
])
def test_an_unknown_parameter_is_named(walk, endpoint, query, field):
    answer = walk.send(endpoint, walk.key(endpoint), query=query)
    refused(answer, 422, "invalid_parameter", field=field)
    assert f"'{field}'" in answer.json()["error"]


@every_endpoint
@pytest.mark.parametrize("query", ["?a=%00", "?a=%zz", "?a=%", "?a=%1", "?%ff=1", "?a=%C3",
                                   "?a=%ED%A0%80", "?a=%C0%AF", "?" + "&".join("abcdefg" * 5)])
def test_a_malformed_query(walk, endpoint, query):
    """Sent by curl, since requests would mend it."""
    answer = walk.stack.curl(walk.address(endpoint.path) + query, "--request", endpoint.method,
                             key=walk.stack.key)
    refused(answer, 400, "malformed_request")


@every_endpoint
@pytest.mark.parametrize("query", ["?", "?&", "?&&"])
def test_an_empty_query_is_none(walk, endpoint, query):
    assert walk.send(endpoint, walk.key(endpoint), query=query).status_code < 300


@every_endpoint
def test_what_is_wrong_with_the_input_is_told_only_to_who_may(walk, endpoint):
    answer = walk.send(endpoint, query="?colour=red")
    refused(answer, 401, "missing_key")
    answer = walk.send(endpoint, walk.key(endpoint, org=FREE), query="?colour=red")
    refused(answer, 403, "plan_required")


@every_path
def test_other_methods(walk, path):
    served = allowed(path)
    for method in METHODS:
        if method not in served:
            for key in (None, walk.stack.key):
                answer = walk.stack.request(method, walk.address(path), key)
                if method == "HEAD":
                    assert (answer.status_code, answer.content) == (405, b"")
                else:
                    refused(answer, 405, "method_not_allowed")
                assert answer.headers["allow"] == ", ".join(served)


@every_path
def test_options(walk, path):
    for key in (None, walk.stack.key):
        answer = walk.stack.request("OPTIONS", walk.address(path), key)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["allow"] == ", ".join(allowed(path))
        assert answer.headers["x-request-id"]
        assert not any(name.lower().startswith("access-control") for name in answer.headers)


@of_endpoints(lambda one: one.method == "GET")
def test_head_is_get_without_a_body(walk, endpoint):
    key = walk.key(endpoint)
    plain = {"Accept-Encoding": "identity"}
    get = walk.send(endpoint, key, headers=plain)
    head = walk.send(endpoint, key, method="HEAD", headers=plain)
    assert (head.status_code, head.content) == (200, b"")
    varying = {"Date", "X-Request-Id", "RateLimit"}
    assert {name: value for name, value in head.headers.items() if name not in varying} \
        == {name: value for name, value in get.headers.items() if name not in varying}
    assert int(head.headers["content-length"]) == len(get.content)


@of_endpoints(lambda one: one.method == "GET")
def test_head_of_an_error_has_its_status_and_no_body(walk, endpoint):
    answer = walk.send(endpoint, method="HEAD")
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"] == 'Bearer realm="kabaido"'
    assert answer.headers["x-request-id"]


@of_endpoints(lambda one: one.body_limit == 0)
def test_a_body_where_none_is_taken_changes_nothing(walk, endpoint):
    key = walk.key(endpoint)
    answer = walk.send(endpoint, key, data=b'{"a":1}', headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert list(answer.json()) == list(walk.send(endpoint, key).json())


@every_endpoint
def test_a_key_counts_once_a_request(walk, endpoint):
    key = walk.key(endpoint)
    left = [int(walk.send(endpoint, key).headers["ratelimit"].split(";")[1][2:]) for _ in range(3)]
    assert left == ([599, 598, 597] if endpoint.counted else [600, 600, 600])
