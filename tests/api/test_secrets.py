"""Runs last: of all the keys and passwords that the session has used, no secret stands anywhere that
outlasts it.

The stack's PostgreSQL logs every statement with its parameters for this.
"""

import pathlib

import pytest

from harness import dump, keys, secrets_in, wait_until

QUOTE = "/api/v1/quotes/7f0c0000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def used(stack):
    """A key that has been everywhere a key should and should not be."""
    key = stack.new_key(name="Well-travelled")
    fresh = stack.ctl("key", "rotate", keys.prefix(key), "--grace", "24h")["key"]
    for one in (key, fresh):
        stack.get(QUOTE, one)
        stack.get("/api/v1/key", one)
        stack.get(f"{QUOTE}?key={one}", one)
        stack.get(f"/api/v1/quotes/{one}?{one}", one, headers={"Cookie": one, "Referer": one})
        stack.get(f"/{one}", headers={"User-Agent": f"Shop/1.0 {one}", "X-Request-Id": one})
        stack.get(QUOTE, one + "x")
        stack.get(QUOTE, one[:-1])
        stack.get(QUOTE, headers={"Authorization": one})
        stack.curl(QUOTE, "--header", f"Authorization: Bearer {one}",
                   "--header", f"Authorization: Bearer {one}")
        stack.request("POST", QUOTE, one, data=one)
        stack.ctl("key", "check", stdin=one)
    stack.ctl("key", "revoke", keys.prefix(key))
    stack.get(QUOTE, fresh)
    stack.ctl("key", "list", "--org", "Northfield Tooling")
    sign_in(stack)
    return key


def sign_in(stack):
    """With the password where it should be, and where people will put it."""
    email, password = stack.env["KABAIDO_SETTINGS_EMAIL"], stack.env["KABAIDO_SETTINGS_PASSWORD"]
    for body in ({"email": email, "password": password}, {"email": email, "password": password + "x"},
                 {"email": email, "password": password, password: ""}, {"email": password}, password):
        stack.request("POST", "/settings/api/session", headers={"Origin": stack.url}, json=body)
    stack.ctl_run("user", "create", "--org", "Northfield Tooling", "--email", email, "--role", "owner",
                  stdin=password)
    stack.ctl_run("user", "set-password", "--email", "nobody@works.example", stdin=password)
    stack.ctl("user", "set-password", "--email", email, stdin=password)


def test_the_search_would_find_a_secret(stack, used):
    """In a file, in a folder, in bytes, in hexadecimal."""
    place = stack.folder / "place"
    place.mkdir()
    for secret, expected in [(keys.secret(used), keys.prefix(used)),
                             (stack.env["KABAIDO_SETTINGS_PASSWORD"], "password")]:
        for text in (f"x{secret}x", f"\\x{secret.encode().hex()}", secret.encode().hex().upper()):
            (place / "log").write_bytes(b"\0\xff" + text.encode())
            assert secrets_in(stack, place) == [f"{place / 'log'}: {expected}"]
            assert secrets_in(stack, content=text.encode()) == [f"(standard input): {expected}"]
        (place / "log").write_text(secret[:-1])
        assert secrets_in(stack, place) == []


@pytest.mark.parametrize("name, expected", [
    ("access.log", "kbd_live_"), ("postgres.log", "execute admit:"), ("api.log", "serving on"),
    ("error.log", ""), ("nginx.log", "")])
def test_no_log_holds_a_secret(stack, used, name, expected):
    wait_until(lambda: expected in stack.log(name))
    assert secrets_in(stack, stack.logs / name) == []


def test_nothing_else_that_a_stack_writes_holds_one(stack, used):
    """But demo.env, which is made to hold three of them."""
    written = [path for path in stack.files.iterdir() if path.name != "demo.env"]
    assert secrets_in(stack, *written) == []


def test_statements_were_logged_with_what_was_sent(stack, used):
    assert keys.public_id(used) in stack.log("postgres.log")
    assert "INSERT INTO credentials" in stack.log("postgres.log")


def test_the_database_holds_public_ids_and_no_secret(stack, used):
    content = dump(stack)
    assert keys.public_id(used).encode() in content
    assert secrets_in(stack, content=content) == []


def test_the_databases_files_hold_no_secret(stack, used):
    """Tables, indexes, the write-ahead log."""
    stack.sql("CHECKPOINT", user="postgres")
    assert list((stack.files / "pg" / "pg_wal").iterdir())
    assert secrets_in(stack, stack.files / "pg") == []


def test_a_worker_leaves_no_core_file_and_lets_no_other_process_look(stack):
    for pid in stack.worker_pids():
        process = pathlib.Path(f"/proc/{pid}")
        limit, = [line for line in (process / "limits").read_text().splitlines()
                  if line.startswith("Max core file size")]
        assert limit.split()[4:6] == ["0", "0"]
        assert (process / "mem").stat().st_uid == 0  # root's, where it cannot be dumped
