"""No path but the one in the table reaches a handler, however it is spelt."""

import pytest

from harness import refused

QUOTE = "7f0c0000-0000-0000-0000-000000000000"
GOOD = [f"/api/v1/quotes/{QUOTE}", "/api/v1/key"]

# Path to status: written as another, and what a careless program would make the same of it.
TRICKS = {
    # more slashes, fewer slashes
    "//api/v1/key": 404, "/api//v1/key": 404, "/api/v1//key": 404, "/api/v1/key/": 404,
    "/api/v1/key//": 404, f"/api/v1/quotes//{QUOTE}": 404, f"/api/v1/quotes/{QUOTE}/": 404,
    f"/api/v1/quotes{QUOTE}": 404, "/api/v1": 404, "/api/v1/": 404, "/api": 404, "/": 404,
    # encoded
    "/api%2Fv1/key": 404, "/api/v1%2Fkey": 404, "/api/v1/k%65y": 404, "/%61pi/v1/key": 404,
    "/api/v1/key%20": 404, "/api/v1/%20key": 404, "/api/v1/key%2F": 404, "/api/v1/key%3F": 404,
    "/api/v1/key%00": 400, "/api/v1/%00key": 400, "/api/v1/key%0A": 404, "/api/v1/key%0d%0a": 404,
    f"/api/v1/quotes%2F{QUOTE}": 404, f"/api/v1/quotes/{QUOTE}%2Flines": 404,
    "/api/v1/key%": 400, "/api/v1/%zz": 400, "/api/v1/k%c3%a9y": 404, "/api/v1/%252Fkey": 404,
    "/api/v1/%ff": 404, "/api%5Cv1%5Ckey": 404, "/api/v1/%c0%ae%c0%ae/key": 404,
    # dots
    "/api/v1/./key": 404, "/api/v1/x/../key": 404, "/api/v1/../v1/key": 404, "/x/../api/v1/key": 404,
    "/api/v1/%2e%2e/v1/key": 404, "/api/v1/%2e/key": 404, "/api/v1/.key": 404, "/api/v1/key.": 404,
    "/api/v1/key.json": 404, "/../api/v1/key": 400, "/api/v1/../../../etc/passwd": 400,
    f"/api/v1/quotes/../quotes/{QUOTE}": 404, f"/api/v1/key/../quotes/{QUOTE}": 404,
    # case, separators, parameters
    "/API/v1/key": 404, "/api/V1/key": 404, "/api/v1/Key": 404, "/api/v1/KEY": 404,
    "/api/v1/key;": 404, "/api/v1/key;a=b": 404, "/api/v1;x/key": 404, "/api/v1/key&a=b": 404,
    "/api/v1/key,": 404, "/api/v1/key:443": 404, "\\api\\v1\\key": 400, "/api/v1\\key": 404,
    "/api/v1/key*": 404, "/api/v1/keys": 404, "/api/v1/ke": 404, "/api/v2/key": 404,
    # the pattern itself
    "/api/v1/quotes/{id}": 404, "/api/v1/quotes/{id": 404, "/api/v1/quotes/": 404,
    "/api/v1/quotes/%7Bid%7D": 404, f"/api/v1/quotes/{QUOTE}/{QUOTE}": 404,
    f"/api/v1/quotes/{QUOTE}/lines": 404, f"/api/v1/order/{QUOTE}": 404,
    # what nginx has for itself
    "/.errors/page": 404, "/.errors/worker": 404, "/.errors/worker?400": 404,
    "/api/v1/../../.errors/worker": 404,
    # long
    "/api/v1/" + "x" * 8000: 404, "/api/v1/quotes/" + "0" * 8000: 404, "/" + "a/" * 4000: 404,
    "/api/v1/" + "x" * 20000: 414, "/api/v1/" + "%61" * 5000: 404,
    "/api/v1/key?" + "&" * 8000: 200, "/api/v1/key?a=" + "b" * 20000: 414,
    # no origin-form, or with what is no part of a path
    "*": 400, "api/v1/key": 400, "/api/v1/key#fragment": 404, "/api/v1/key?": 200,
}
CODES = {400: "malformed_request", 404: "not_found", 414: "malformed_request"}


def send(stack, target, method="GET"):
    return stack.raw(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                     f"Authorization: Bearer {stack.key}\r\n\r\n".encode("latin-1"))


@pytest.mark.parametrize("target", TRICKS, ids=lambda target: target[:60])
def test_leads_nowhere(stack, target):
    answer = send(stack, target)
    assert answer.status_code == TRICKS[target], answer.content
    if answer.status_code != 200:
        refused(answer, answer.status_code, CODES[answer.status_code])


@pytest.mark.parametrize("target", [
    target for target, status in TRICKS.items() if status == 404 and len(target) < 1000])
def test_policy_and_handler_see_the_same_path(stack, target):
    """What leads nowhere does so before anything is known of who asks, also with another method: no
    405 that names the methods of something else, and no 401 of something that is there."""
    bare = stack.raw(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n"
                     "Connection: close\r\n\r\n".encode())
    if not target.startswith("/api/v1/quotes/"):
        refused(bare, 404, "not_found")
        assert "allow" not in send(stack, target, "POST").headers


@pytest.mark.parametrize("target", GOOD)
def test_the_paths_that_are_tricked_with_are_good(stack, target):
    assert send(stack, target).status_code == 200


@pytest.mark.parametrize("target", GOOD)
def test_an_absolute_address_is_the_same_path(stack, target):
    """RFC 9112, section 3.2.2."""
    assert send(stack, f"https://localhost{target}").status_code == 200


@pytest.mark.parametrize("target", ["/api/v1/nothing", "/elsewhere"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
def test_nothing_is_there_for_any_method(stack, target, method):
    assert send(stack, target, method).status_code == 404
