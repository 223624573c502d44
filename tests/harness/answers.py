"""What every error must look like, whoever answers."""

import json
import re


def refused(answer, status, code, **members):
    """Checks that an answer is this error, with these further members, and returns its body."""
    assert (answer.status_code, code_of(answer)) == (status, code), answer.content
    body = answer.json()
    assert set(body) == {"error", "code", "request_id", *members}
    assert {name: body[name] for name in members} == members
    assert re.fullmatch(r"[A-Z'].*\.", body["error"])
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return body


def code_of(answer):
    """The machine word of an error, None for an answer that is none."""
    try:
        return answer.json().get("code")
    except ValueError:
        return None


def without_id(answer, *varying):
    """Everything of an answer that may tell one cause from another: status, headers, body. Left out
    are the moment, the request's id, and the headers that the test says vary."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    request_id = headers.pop("x-request-id")
    for name in ("date", *varying):
        headers.pop(name, None)
    return answer.status_code, headers, answer.content.replace(request_id.encode(), b"")


def is_away(seen):
    """Whether a client of a crowd was told, as it should be, that the service is away for now."""
    if seen.status != 503:
        return False
    body = json.loads(seen.body)
    assert set(body) == {"error", "code", "request_id"}
    assert body["code"] == "unavailable"
    assert body["request_id"] == seen.headers["x-request-id"]
    assert seen.headers["content-type"] == "application/json"
    assert 1 <= int(seen.headers["retry-after"]) <= 60
    return True
