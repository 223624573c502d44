"""GET /openapi.json: for everybody, whole, kept by caches, and nothing that the database has to do with."""

import json

from harness import document, refused

PATH = "/api/v1/openapi.json"


def test_needs_no_key(stack):
    answer = stack.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert "ratelimit" not in answer.headers


def test_is_the_document_of_the_build(stack):
    answer = stack.get(PATH)
    assert answer.json() == document.document()
    assert answer.json()["openapi"] == "3.1.0"


def test_a_key_changes_nothing(stack):
    """Good or bad: it is not looked at."""
    plain = stack.get(PATH)
    for key in (stack.key, stack.key_other, "kbd_live_nonsense"):
        answer = stack.get(PATH, key)
        assert (answer.status_code, answer.content) == (200, plain.content)
        assert answer.headers["etag"] == plain.headers["etag"]


def test_it_does_not_count(stack):
    key = stack.new_key(limit=1)
    for _ in range(3):
        assert stack.get(PATH, key).status_code == 200
    assert stack.get("/api/v1/key", key).json()["remaining"] == 1


def test_who_has_it_is_told_so(stack):
    tag = stack.get(PATH).headers["etag"]
    answer = stack.get(PATH, headers={"If-None-Match": f'"other", {tag}'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == tag
    assert stack.get(PATH, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_tag_is_the_same_compressed(stack):
    plain = stack.get(PATH, headers={"Accept-Encoding": "identity"})
    packed = stack.get(PATH, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] == plain.headers["etag"]
    assert json.loads(packed.content) == json.loads(plain.content)


def test_head_is_get_without_a_body(stack):
    answer = stack.request("HEAD", PATH, headers={"Accept-Encoding": "identity"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 10000


def test_other_methods(stack):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = stack.request(method, PATH)
        refused(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    answer = stack.request("OPTIONS", PATH)
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


def test_an_unknown_parameter_is_named(stack):
    refused(stack.get(PATH + "?version=2"), 422, "invalid_parameter", field="version")


def test_two_keys_are_wrong_credentials_here_as_well(stack):
    """The web server refuses such a request before its address is looked at."""
    answer = stack.raw(f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                       "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n".encode())
    assert answer.status_code == 401


def test_it_is_served_while_the_database_is_away(own_stack):
    stack = own_stack(KABAIDO_WORKERS=1)
    stack.stop_postgres()
    assert stack.get("/api/v1/key", stack.key).status_code == 503
    assert stack.get(PATH).status_code == 200
