"""An operator sets another password while a request is still checking the former one, which takes it a
quarter of a second: whoever came with the former one is not signed in, and changes nothing."""

import threading
import uuid

import pytest

from harness import wait_until

FORMER = "correct horse battery staple"
FRESH = "another good password"


@pytest.fixture
def person(stack):
    """An e-mail address with the password FORMER, and one of the same organisation with FRESH."""
    org = stack.ctl("org", "create", f"Works {uuid.uuid4()}", "--plan", "team")
    email, other = (f"{uuid.uuid4().hex}@works.example" for _ in range(2))
    for one, password in [(email, FORMER), (other, FRESH)]:
        stack.ctl("user", "create", "--org", org["id"], "--email", one, "--role", "admin", stdin=password)
    return email, other


def post(stack, path, body, cookie=None):
    headers = {"Origin": stack.url, **({"Cookie": cookie} if cookie else {})}
    return stack.request("POST", f"/settings/api/{path}", headers=headers, json=body)


def sign_in(stack, email, password):
    return post(stack, "session", {"email": email, "password": password})


def session_of(answer):
    return next(pair for pair in answer.headers["Set-Cookie"].replace(",", ";").split(";")
                if pair.strip().startswith("__Host-kabaido_session=")).strip()


def overtaken(stack, email, other, request):
    """Makes the request, and sets the password FRESH when it has checked the former one."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(request()))
    with stack.connect(autocommit=False) as operator:
        operator.execute("SELECT FROM users WHERE email = %s FOR UPDATE", [email])
        thread.start()
        wait_until(lambda: stack.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'kabaido_worker' "
                                     "AND wait_event_type = 'Lock'", user="postgres"))
        operator.execute("UPDATE users SET (password_salt, password_hash) = (SELECT password_salt, "
                         "password_hash FROM users WHERE email = %s) WHERE email = %s", [other, email])
        operator.execute("DELETE FROM sessions WHERE user_id = (SELECT user_id FROM users "
                         "WHERE email = %s)", [email])
    thread.join()
    return answers[0]


def sessions(stack, email):
    return stack.sql("SELECT count(*) FROM sessions WHERE user_id = (SELECT user_id FROM users "
                     "WHERE email = %s)", [email])[0][0]


def refused_for_now(answer):
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_the_former_password_signs_nobody_in(stack, person):
    email, other = person
    refused_for_now(overtaken(stack, email, other, lambda: sign_in(stack, email, FORMER)))
    assert sessions(stack, email) == 0
    assert sign_in(stack, email, FORMER).status_code == 401
    assert sign_in(stack, email, FRESH).status_code == 201


def test_the_former_password_does_not_set_the_next(stack, person):
    email, other = person
    cookie = session_of(sign_in(stack, email, FORMER))
    change = {"current_password": FORMER, "new_password": "the one that I have stolen"}
    refused_for_now(overtaken(stack, email, other, lambda: post(stack, "password", change, cookie)))
    assert sessions(stack, email) == 0
    assert sign_in(stack, email, FRESH).status_code == 201


def test_the_row_is_free_for_whoever_signs_in_next(stack, person):
    """Two sign-ins of one person wait for each other, and both are let in."""
    email, _ = person
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(sign_in(stack, email, FORMER)))
               for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert sessions(stack, email) == 2
