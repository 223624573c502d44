"""The OpenAPI document and the table of endpoints say the same."""

import re

import pytest

from harness import ROOT, document, endpoints

ENDPOINTS = {(one.method, one.path): one for one in endpoints()}
OPERATIONS = {(method, document.PREFIX + path): (path, operation)
              for method, path, operation in document.operations()}

every_operation = pytest.mark.parametrize(
    "name", sorted(OPERATIONS), ids=lambda name: " ".join(name))


def test_both_have_the_same_operations():
    assert set(OPERATIONS) == set(ENDPOINTS)


@every_operation
def test_scope(name):
    endpoint, (_, operation) = ENDPOINTS[name], OPERATIONS[name]
    said = operation.get("security", document.document()["security"])
    if endpoint.public:
        assert said == []
    else:
        assert said == [{"apiKey": [endpoint.scope] if endpoint.scope else []}]
    if endpoint.scope:  # the reference page shows the former only on demand
        assert operation["description"].endswith(f" Needs `{endpoint.scope}`.")
    assert ("403" in operation["responses"]) == (not endpoint.public)
    assert "401" in operation["responses"]


@every_operation
def test_whether_it_counts(name):
    endpoint, (_, operation) = ENDPOINTS[name], OPERATIONS[name]
    assert operation.get("x-uncounted", False) == (not endpoint.counted)
    assert ("429" in operation["responses"]) == endpoint.counted


@every_operation
def test_query_parameters(name):
    endpoint, (path, operation) = ENDPOINTS[name], OPERATIONS[name]
    said = {one["name"]: one["schema"]["type"] == "array"
            for one in document.parameters(path, operation) if one["in"] == "query"}
    assert said == endpoint.parameters


@every_operation
def test_path_and_header_parameters(name):
    _, (path, operation) = ENDPOINTS[name], OPERATIONS[name]
    said = {(one["in"], one["name"]) for one in document.parameters(path, operation)
            if one["in"] != "query"}
    header = "Idempotency-Key" if name[0] == "POST" else "If-None-Match"
    assert said == {("header", "X-Request-Id"), ("header", header),
                    *(("path", part) for part in re.findall(r"\{(\w+)\}", path))}


@every_operation
def test_body(name):
    endpoint, (_, operation) = ENDPOINTS[name], OPERATIONS[name]
    body = operation.get("requestBody")
    assert (body["x-maxBytes"] if body else 0) == endpoint.body_limit
    for status in ("409", "413", "415"):
        assert (status in operation["responses"]) == (body is not None)
    assert ("304" in operation["responses"]) == (name[0] == "GET")
    assert ("404" in operation["responses"]) == ("{id}" in name[1])


@every_operation
def test_it_says_how_to_call_it(name):
    """In curl, Python and TypeScript, by programs named as the operation is."""
    _, (_, operation) = ENDPOINTS[name], OPERATIONS[name]
    assert [sample["label"] for sample in operation["x-codeSamples"]] \
        == ["curl", "Python", "TypeScript"]
    folder = ROOT / "app/openapi/samples"
    assert [sample["source"] for sample in operation["x-codeSamples"]] \
        == [(folder / f"{operation['operationId']}.{kind}").read_text() for kind in ("sh", "py", "ts")]


# --- What answers hold ---------------------------------------------------------------------------

def objects(schema, path=""):
    """Every object that an expanded schema describes, with its place."""
    if "properties" in schema:
        yield path, schema
    for name, value in schema.get("properties", {}).items():
        yield from objects(value, f"{path}.{name}")
    if "items" in schema:
        yield from objects(schema["items"], path + "[]")


@every_operation
def test_a_documented_member_is_always_there(name):
    _, (_, operation) = ENDPOINTS[name], OPERATIONS[name]
    for status, answer in operation["responses"].items():
        content = document.resolve(answer).get("content")
        if status.startswith("2") and content and "openapi.json" not in name[1]:
            schema = document.expand(content["application/json"]["schema"])
            for place, one in objects(schema):
                assert set(one["required"]) == set(one["properties"]), place


@every_operation
def test_examples_are_as_they_say(name):
    _, (path, operation) = ENDPOINTS[name], OPERATIONS[name]
    contents = [document.resolve(answer).get("content") for answer in operation["responses"].values()]
    for content in contents:
        if content:
            media = content["application/json"]
            for example in media.get("examples", {}).values():
                document.validator(media["schema"]).validate(example["value"])
    if "requestBody" in operation:
        media = operation["requestBody"]["content"]["application/json"]
        for example in media["examples"].values():
            document.Validator(document.expand(media["schema"]), format_checker=document.FORMATS) \
                .validate(example["value"])
    for one in document.parameters(path, operation):
        if "example" in one:
            document.Validator(document.expand(one["schema"]), format_checker=document.FORMATS) \
                .validate(one["example"])


def test_the_scopes_are_the_contracts():
    """Those of app/scope.c, in its order, with what each allows in the guide's words."""
    table = re.findall(r'\{"([a-z]+:[a-z]+)", +"([^"]+)" *\}',
                       (ROOT / "app/scope.c").read_text())
    assert len(table) == 9
    assert document.document()["components"]["schemas"]["Scope"]["enum"] == [name for name, _ in table]
    guide = (ROOT / "app/openapi/guides/scopes.md").read_text()
    assert re.findall(r"^\| `([a-z:]+)` \| (.+) \|$", guide, re.M) == table
