"""Every place in which a client can put text of its own, of every operation of the API and of Settings:
for tests that put something hostile there."""

import copy
import urllib.parse
from collections import namedtuple

from . import document
from .program import endpoints, settings_endpoints

QUOTE = "7f0c0000-0000-0000-0000-000000000000"
HEADERS = {"GET": ["If-None-Match", "X-Request-Id", "Accept-Encoding", "User-Agent"],
           "POST": ["Idempotency-Key", "X-Request-Id", "Content-Type"]}

# Bodies that are good, with every member that there is.
BODIES = {
    "/api/v1/products/bulk": {"schema_id": "mills", "products": [{
        "sku": "EM-1", "title": "End mill", "name": "End mill", "category": "Mills", "uom": "EA",
        "price": "42.50", "price_minor": 4250, "currency": "GBP", "stock_qty": 3, "lead_time_days": 5,
        "external_id": "P-1", "schema_id": "mills", "attrs": {"diameter": "12"}, "id": QUOTE,
        "created_at": "2026-06-02T10:30:00Z", "updated_at": "2026-06-02T10:30:00Z", "coating": "TiN"}]},
    "/api/v1/customers": {"customers": [{
        "company": "Bolts & Co", "email": "sales@bolts.example", "phone": "1", "external_id": "C-1"}]},
    "/api/v1/requests": {"text": "Ten end mills", "title": "Mills", "external_ref": "R-1", "customer": {
        "company": "Bolts & Co", "email": "sales@bolts.example"}},
    "/settings/api/session": {"email": "me@works.example", "password": "not the password"},
    "/settings/api/password": {"current_password": "not the password", "new_password": "nor is this one"},
    "/settings/api/keys": {"name": "Shop", "scopes": ["quotes:read"], "expires_at": None, "limit": 60},
    "/settings/api/keys/{id}": {"name": "Shop", "limit": 60},
    "/settings/api/keys/{id}/rotate": {"grace_seconds": 60},
    "/settings/api/keys/{id}/revoke": {},
}

# kind: path, query, header, value (of a body's member) or name (of one). where: the parameter's or
# header's name, or the way to the member.
Place = namedtuple("Place", "method path kind where")


def at(place):
    """For people: GET /api/v1/quotes?status"""
    where = ".".join(map(str, place.where)) if isinstance(place.where, tuple) else place.where
    return f"{place.method} {place.path} {place.kind} {where}"


def ways(value, way=()):
    """The way to every member of a body and to every scalar in it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*way, name)
        yield from ways(one, (*way, name))


def places():
    """All of them."""
    for one in [*endpoints(), *settings_endpoints()]:
        for name in one.parameters:
            yield Place(one.method, one.path, "query", name)
        yield Place(one.method, one.path, "query name", "")
        if "{id}" in one.path:
            yield Place(one.method, one.path, "path", "id")
        for name in HEADERS.get(one.method, []):
            yield Place(one.method, one.path, "header", name)
        if one.body_limit:
            named = set()
            for way in ways(BODIES[one.path]):
                yield Place(one.method, one.path, "value", way)
                if isinstance(way[-1], str) and way[:-1] not in named:
                    named.add(way[:-1])  # one name in an object is as good as another
                    yield Place(one.method, one.path, "name", way)


def members(schema):
    """The way to every member that a request's expanded schema names, of lists their first element."""
    for variant in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from members(variant)
    for name, inner in schema.get("properties", {}).items():
        yield (name,)
        yield from ((name, *way) for way in members(inner))
    if "items" in schema:
        yield from ((0, *way) for way in members(schema["items"]))


def forgotten():
    """Members of the document's bodies that BODIES does not have: nothing, if this file is right."""
    for method, path, operation in document.operations():
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            known = set(ways(BODIES[document.PREFIX + path]))
            for way in members(document.expand(content["schema"])):
                if way not in known:
                    yield method, path, way


def with_text(body, way, text, kind):
    """The body with text in place of a member's value, or as its name."""
    changed = copy.deepcopy(body)
    inner = changed
    for part in way[:-1]:
        inner = inner[part]
    if kind == "name":
        inner[text] = inner.pop(way[-1])
    else:
        inner[way[-1]] = text
    return changed


def request(place, text):
    """What to send to put text there: (address, headers, body or None)."""
    path, headers, body = place.path.replace("{id}", QUOTE), {}, BODIES.get(place.path)
    encoded = urllib.parse.quote(text, safe="")
    if place.method in ("GET", "DELETE"):
        body = None
    if place.kind == "path":
        path = place.path.replace("{id}", encoded)
    elif place.kind == "query":
        path += f"?{place.where}={encoded}"
    elif place.kind == "query name":
        path += f"?{encoded}=1"
    elif place.kind == "header":
        headers[place.where] = text
    else:
        body = with_text(body, place.where, text, place.kind)
    return path, headers, body
