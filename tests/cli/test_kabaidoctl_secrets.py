"""What becomes of a secret: shown once, kept as a salted hash, and nowhere else. And the trail."""

import getpass
import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import dump, keys, secrets_in

KEYS = 200


def create(stack, org, *arguments):
    return stack.ctl("key", "create", "--org", org["id"], "--name", "press", "--scopes",
                     "quotes:read", *arguments)


@pytest.fixture(scope="module")
def many(stack):
    """200 keys of an organisation, made by several operators at once."""
    org = stack.ctl("org", "create", "Works of many keys", "--plan", "team")
    with ThreadPoolExecutor(4) as operators:
        return list(operators.map(lambda _: create(stack, org), range(KEYS)))


# --- What is kept ---------------------------------------------------------------------------


def test_salts_have_16_bytes_and_are_never_the_same(stack, many):
    salts = [bytes(salt) for salt, in stack.sql("SELECT salt FROM credentials")]
    assert len(salts) >= KEYS
    assert {len(salt) for salt in salts} == {16}
    assert len(set(salts)) == len(salts)


def test_secrets_and_public_ids_are_never_the_same(many):
    assert len({keys.secret(one["key"]) for one in many}) == KEYS
    assert len({keys.public_id(one["key"]) for one in many}) == KEYS


def test_every_digit_turns_up_everywhere_in_a_secret(many):
    """A digit that is missing from 6,400 drawn at random, or a place that never varies, is a fault."""
    secrets = [keys.secret(one["key"]) for one in many]
    assert set("".join(secrets)) == set(keys.DIGITS)
    assert min(len({secret[place] for secret in secrets}) for place in range(32)) > 40


def test_the_hash_is_sha_256_of_salt_and_secret(stack, many):
    kept = {public_id: (bytes(salt), bytes(digest)) for public_id, salt, digest
            in stack.sql("SELECT public_id, salt, hash FROM credentials")}
    for one in many:
        salt, digest = kept[keys.public_id(one["key"])]
        assert digest == hashlib.sha256(salt + keys.secret(one["key"]).encode()).digest()


def test_a_list_of_many_keys_is_whole(stack, many):
    org = many[0]["organisation"]["id"]
    shown = stack.ctl("key", "list", "--org", org)["keys"]
    assert {one["prefix"] for one in shown} == {one["prefix"] for one in many}
    lines = stack.ctl_run("key", "list", "--org", org).stdout.splitlines()
    assert len(lines) == 1 + KEYS


# --- What is not ----------------------------------------------------------------------------


def test_a_secret_is_shown_once_and_stays_nowhere(stack, org):
    """Through each command that has one in its hands, and requests with it, good and bad."""
    first = create(stack, org)
    second = stack.ctl("key", "rotate", first["prefix"], "--grace", "1h")
    for_people = stack.ctl_run("key", "rotate", first["prefix"]).stdout
    third = keys.WHOLE_KEY.search(for_people)[0]
    for_people = stack.ctl_run("key", "create", "--org", org["id"], "--name", "press", "--scopes",
                               "all").stdout
    fourth = keys.WHOLE_KEY.search(for_people)[0]
    assert for_people.count(keys.secret(fourth)) == 1
    said = ""
    for key in (first["key"], second["key"], third, fourth):
        assert key in stack.keys
        for form in ([], ["--json"]):
            said += stack.ctl_run("key", "check", *form, stdin=key).stdout
            said += stack.ctl_run("key", "check", *form, stdin=key[:-1]).stdout
        stack.get("/api/v1/key", key)
        stack.get(f"/api/v1/quotes/{stack.quote_id}", key)
        stack.get("/api/v1/key", key[:-1])
    for form in ([], ["--json"]):
        said += stack.ctl_run("key", "list", "--org", org["id"], *form).stdout
        said += stack.ctl_run("org", "list", *form).stdout
    for prefix in {keys.prefix(key) for key in (first["key"], second["key"], third, fourth)}:
        for form in ([], ["--json"]):
            said += stack.ctl_run("key", "revoke", prefix, *form).stdout
    found = [secrets_in(stack, content=said.encode()), secrets_in(stack, content=dump(stack)),
             secrets_in(stack, stack.logs)]
    assert found == [[], [], []]


def test_the_statements_were_logged_that_were_searched(stack, org):
    """So that a secret among a statement's parameters would have been found."""
    create(stack, org)
    log = stack.log("postgres.log")
    assert "kabaidoctl" in log
    assert f"= '{org['id']}'" in log


# --- The trail ------------------------------------------------------------------------------


def trail(stack, org):
    return stack.rows("SELECT * FROM audit WHERE org_id = %s AND action LIKE 'key.%%' "
                      "ORDER BY audit_id", [org["id"]])


def test_each_step_of_a_keys_life_is_noted_once(stack, org):
    first = create(stack, org, "--limit", "7", "--expires", "9d")
    second = stack.ctl("key", "rotate", first["prefix"], "--grace", "1h")
    stack.ctl("key", "revoke", first["prefix"])
    stack.ctl("key", "revoke", first["prefix"])  # changes nothing
    stack.ctl_run("key", "rotate", first["prefix"])  # is refused
    created, rotated, revoked = trail(stack, org)
    assert [one.action for one in (created, rotated, revoked)] \
        == ["key.create", "key.rotate", "key.revoke"]
    assert [one.subject for one in (created, rotated, revoked)] \
        == [first["prefix"], second["prefix"], second["prefix"]]
    assert created.details.items() >= {"name": "press", "limit": 7}.items()
    assert created.details["scopes"] == ["quotes:read"] and created.details["expires_at"]
    assert rotated.details["previous"] == first["prefix"]
    assert rotated.details["previous_expires_at"]
    assert {one.actor for one in (created, rotated, revoked)} == {"kabaidoctl"}


def test_a_note_says_who_it_was(stack, org):
    create(stack, org)
    assert trail(stack, org)[0].details["os_user"] == getpass.getuser()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can have been put there by sudo")
def test_a_note_says_who_it_was_behind_sudo(stack, org):
    done = stack.ctl_run("key", "create", "--org", org["id"], "--name", "x", "--scopes", "all",
                         env={**os.environ, "SUDO_USER": "ada"})
    assert done.returncode == 0
    assert trail(stack, org)[0].details.items() >= {"os_user": "root", "sudo_user": "ada"}.items()


def transactions(stack, key_id):
    """The transaction that last wrote each of a key's rows, and the organisation's last note."""
    return stack.rows("""
        SELECT k.xmin::text AS key, w.xmin::text AS log, n.xmin::text AS credential,
               a.xmin::text AS note
          FROM api_keys k JOIN key_window w USING (org_id, key_id)
         CROSS JOIN LATERAL (SELECT xmin FROM credentials c WHERE c.key_id = k.key_id
                              ORDER BY created_at DESC LIMIT 1) AS n
         CROSS JOIN LATERAL (SELECT xmin FROM audit a WHERE a.org_id = k.org_id
                              ORDER BY audit_id DESC LIMIT 1) AS a
         WHERE key_id = %s""", [key_id])[0]


def test_a_change_and_its_note_are_one_transaction(stack, org):
    key = create(stack, org)
    created = transactions(stack, key["id"])
    assert created.note == created.key == created.log == created.credential
    stack.ctl("key", "rotate", key["prefix"])
    rotated = transactions(stack, key["id"])
    assert rotated.note == rotated.credential != created.note
    stack.ctl("key", "revoke", key["prefix"])
    revoked = transactions(stack, key["id"])
    assert revoked.note == revoked.key != rotated.note


def test_what_cannot_be_noted_is_not_done(stack, org):
    key = create(stack, org)
    before = transactions(stack, key["id"])
    stack.sql("REVOKE INSERT ON audit FROM kabaido_tool", user="kabaido_owner")
    try:
        for words in [("create", "--org", org["id"], "--name", "x", "--scopes", "all"),
                      ("rotate", key["prefix"]), ("revoke", key["prefix"])]:
            done = stack.ctl_run("key", *words, "--json")
            assert (done.returncode, done.stdout) == (1, "")
            assert "permission denied for table audit" in json.loads(done.stderr)["error"]
    finally:
        stack.sql("GRANT INSERT ON audit TO kabaido_tool", user="kabaido_owner")
    assert transactions(stack, key["id"]) == before
    assert [one["id"] for one in stack.ctl("key", "list", "--org", org["id"])["keys"]] == [key["id"]]
