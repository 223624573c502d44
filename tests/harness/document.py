"""Holds answers against the OpenAPI document, so that it cannot say what is not true.

Stricter than a client should be: members that a schema does not name are a fault here, so that nothing
can be served that is not described."""

import copy
import datetime
import decimal
import functools
import json
import re
import urllib.parse

import jsonschema

from . import program

PREFIX = "/api/v1"
FILE = program.BUILD / "openapi.json"

# What nginx says on its own or HTTP says of itself, whatever the operation is.
TRANSPORT_HEADERS = {
    "allow", "cache-control", "connection", "content-encoding", "content-length", "content-type",
    "date", "keep-alive", "server", "strict-transport-security", "transfer-encoding", "vary",
    "x-content-type-options"}

# What a request is told that never reached an operation, though its address has one, by status; and
# what one is told that is for no operation at all.
BEFORE_OPERATION = {405: "method_not_allowed", 408: "malformed_request", 414: "malformed_request"}
NO_OPERATION = {**BEFORE_OPERATION, 400: "malformed_request", 404: "not_found",
                413: "body_too_large", 500: "internal", 503: "unavailable"}


class Undocumented(AssertionError):
    """An answer that is not as the document says."""


# --- The document --------------------------------------------------------------------------------

@functools.cache
def document():
    """The document as it was compiled for the workers."""
    program.build()
    return json.loads(FILE.read_text(encoding="utf-8"))


def resolve(node):
    """What a node says, or what it refers to."""
    while "$ref" in node:
        target = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def operations():
    """Every operation: (method, path below the prefix, operation)."""
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def parameters(path, operation):
    """All parameters of an operation, those of its path included."""
    shared = document()["paths"][path].get("parameters", [])
    return [resolve(one) for one in shared + operation.get("parameters", [])]


def find_path(path):
    """The document's path for a request's raw path, or None."""
    for known in document()["paths"]:
        if re.fullmatch(re.sub(r"\{[a-z]+\}", "[^/]+", re.escape(known).replace(r"\{", "{")
                               .replace(r"\}", "}")), path):
            return known
    return None


# --- Schemas, closed -----------------------------------------------------------------------------

def expand(schema):
    """The schema with every reference replaced by what it refers to, and the parts of an allOf made
    one: a member that several describe is as all of them say."""
    if isinstance(schema, list):
        return [expand(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    whole = {name: expand(value) for name, value in resolve(schema).items()}
    for part in whole.pop("allOf", []):
        properties = whole.get("properties", {})
        for name, value in part.get("properties", {}).items():
            properties[name] = {**properties.get(name, {}), **value}
        whole = {**whole, **part, "properties": properties,
                 "required": whole.get("required", []) + part.get("required", [])}
    return whole


def close(schema):
    """Refuses members that an expanded schema does not name, at every level."""
    schema = copy.copy(schema)
    if "items" in schema:
        schema["items"] = close(schema["items"])
    if "properties" in schema:
        schema["properties"] = {name: close(value)
                                for name, value in schema["properties"].items()}
        schema.setdefault("additionalProperties", False)
    return schema


def is_exactly(kind):
    return lambda _, value: isinstance(value, kind) and not isinstance(value, bool)


# Decimals stay exact, and 1.0 is no integer.
TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many({
    "integer": is_exactly(int), "number": is_exactly((int, decimal.Decimal))})
Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=TYPES)
FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("uuid")
def is_uuid(value):
    return not isinstance(value, str) or re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", value) is not None


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value):
    """In UTC with Z, and a fraction only if there is one."""
    if not isinstance(value, str):
        return True
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d*[1-9])?Z", value)
    return match is not None and datetime.datetime.fromisoformat(match[1]) is not None


@FORMATS.checks("date", raises=ValueError)
def is_date(value):
    return not isinstance(value, str) or (
        len(value) == 10 and datetime.date.fromisoformat(value) is not None)


@FORMATS.checks("int64")
def is_int64(value):
    return not isinstance(value, int) or -2 ** 63 <= value < 2 ** 63


def validator(schema):
    return Validator(close(expand(schema)), format_checker=FORMATS)


def _once(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Undocumented(f"a member twice in {[name for name, _ in pairs]}")
    return members


def parse(body):
    """JSON in UTF-8, decimals exact, no member twice."""
    return json.loads(body.decode("utf-8"), parse_float=decimal.Decimal, object_pairs_hook=_once)


# --- An answer -----------------------------------------------------------------------------------

@functools.cache
def _answer(path, method, status):
    """What the document says of an answer: (headers, validator of the body or None)."""
    operation = document()["paths"][path][method]
    said = operation["responses"].get(str(status))
    if said is None:
        return None
    said = resolve(said)
    headers = {name.lower(): resolve(header) for name, header in said.get("headers", {}).items()}
    content = said.get("content")
    return headers, content and validator(content["application/json"]["schema"])


@functools.cache
def _error(status, code):
    """The same for an error that belongs to no operation."""
    known = document()["components"]["headers"]
    headers = {"x-request-id": known["RequestId"]}
    if status == 503:
        headers["retry-after"] = known["RetryAfter"]
    return (headers,
            validator({"allOf": [{"$ref": "#/components/schemas/Error"},
                                 {"properties": {"code": {"const": code}}}]}))


def _check_headers(said, headers, fail):
    for name, header in said.items():
        if name in headers:
            schema = header["schema"]
            if not Validator(schema).is_valid(headers[name]):
                fail(f"the header {name}: '{headers[name]}' is not {schema}")
        elif header.get("required"):
            fail(f"the header {name} is missing")
    surplus = headers.keys() - said.keys() - TRANSPORT_HEADERS
    if surplus:
        fail(f"headers that are not described: {', '.join(sorted(surplus))}")


def _check_body(body_validator, headers, body, fail):
    if body_validator is None:
        if body:
            fail("a body where there should be none")
        return
    if headers.get("content-type") != "application/json":
        fail(f"Content-Type is {headers.get('content-type')}")
    try:
        value = parse(body)
    except ValueError as error:
        fail(f"the body is no JSON: {error}")
    for error in body_validator.iter_errors(value):
        fail(f"{error.json_path}: {error.message}")


def check(method, url, status, headers, body):
    """Raises Undocumented when an answer is not as the document says. url: with or without host."""
    path = re.sub("^https?://[^/]*", "", url).partition("?")[0]
    if not path.startswith(PREFIX + "/"):
        return

    headers = {name.lower(): value for name, value in headers.items()}

    def fail(what):
        raise Undocumented(f"{method} {url[:200]}: {status}: {what}\n{body[:1000]!r}")

    known = find_path(path.removeprefix(PREFIX))
    served = "get" if method == "HEAD" else method.lower()
    is_operation = known is not None and served in document()["paths"][known]
    general = BEFORE_OPERATION if is_operation else NO_OPERATION
    if status == 204 and method == "OPTIONS" and known is not None:
        said = (_error(204, "")[0], None)
    elif status in general:
        said = _error(status, general[status])
    else:
        said = _answer(known, served, status) if is_operation else None
    if said is None:
        fail("the document does not know this status")
    if status in (204, 405) and "allow" not in headers:
        fail("the header allow is missing")
    _check_headers(said[0], headers, fail)
    if method != "HEAD":
        _check_body(said[1], headers, body, fail)


def check_response(response, *_, **__):
    """A hook for requests.Session."""
    check(response.request.method, urllib.parse.urldefrag(response.request.url)[0],
          response.status_code, response.headers, response.content)
