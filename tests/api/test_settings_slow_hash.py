"""A crowd that signs in never takes the API's workers away: half of them hash at once, at most."""

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path

from harness import Visitor

FILE = "/memfd:kabaido-shares (deleted)"


@contextmanager
def places_taken(stack, count):
    """As if so many other workers were hashing: holds the locks that they would hold."""
    descriptors = Path(f"/proc/{stack.master_pid}/fd")
    path = next(one for one in descriptors.iterdir() if os.readlink(one) == FILE)
    with open(path, "r+b", buffering=0) as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, count)
        yield


def sign_in(stack, password="not the password of anybody"):
    return Visitor(stack).request("POST", "/session", {"email": "nobody@bolts.example",
                                                       "password": password})


def test_one_more_is_told_to_come_again_and_the_api_goes_on(stack):
    with places_taken(stack, 2):
        answer = sign_in(stack)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
        assert stack.get("/api/v1/key", stack.key).status_code == 200
    assert sign_in(stack).status_code == 401


def test_a_place_that_is_free_is_taken(stack):
    with places_taken(stack, 1):
        assert sign_in(stack).status_code == 401


def test_a_place_is_given_back_whatever_came_of_it(stack):
    for _ in range(3):
        assert sign_in(stack).status_code == 401
    with places_taken(stack, 1):
        assert sign_in(stack).status_code == 401
