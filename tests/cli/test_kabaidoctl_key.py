"""kabaidoctl key: create, list, revoke, rotate, check."""

import datetime
import json
import re
import threading
import uuid

import pytest

from harness import keys, refused

SCOPES = ["products:read", "products:write", "quotes:read", "quotes:write", "orders:read",
          "customers:read", "customers:write", "requests:read", "requests:write"]
SECOND, MINUTE, HOUR, DAY, WEEK = 1, 60, 3600, 86400, 604800
UNKNOWN_PREFIXES = ["kbd_live_00000000", "kbd_live_zzzzzzzz"]
NO_PREFIXES = ["", "x", "00000000", "kbd_live_", "kbd_live_0000000", "kbd_live_0000000-",
               "KBD_LIVE_00000000", "kbd_test_00000000", " kbd_live_00000000"]


def failed(done, sentence, status=1):
    """Checks a refusal for people."""
    assert (done.returncode, done.stdout, done.stderr) == (status, "", f"kabaidoctl: {sentence}\n")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def create(stack, org, *arguments, name="press", scopes="quotes:read"):
    return stack.ctl("key", "create", "--org", org["name"], "--name", name, "--scopes", scopes,
                     *arguments)


def listed(stack, org):
    return stack.ctl("key", "list", "--org", org["id"])["keys"]


def ask(stack, key):
    """What the API makes of a key: the status, and the code of an error."""
    answer = stack.get("/api/v1/key", key)
    return answer.status_code, answer.json().get("code")


def credential(stack, key):
    row, = stack.rows("SELECT * FROM credentials WHERE public_id = %s", [keys.public_id(key)])
    return row


@pytest.fixture
def key(stack, org):
    """What kabaidoctl says of a new key, the key itself among it."""
    return create(stack, org)


# --- create ---------------------------------------------------------------------------------


def test_create_makes_a_key_that_is_served(stack, org):
    made = create(stack, org, name="Presse à emboutir №5", scopes="orders:read,quotes:read")
    assert list(made) == ["key", "id", "prefix", "name", "scopes", "limit", "created_at",
                          "expires_at", "organisation"]
    assert keys.WHOLE_KEY.fullmatch(made["key"])
    assert made["key"] == keys.make(keys.public_id(made["key"]), keys.secret(made["key"]))
    assert made["prefix"] == keys.prefix(made["key"])
    assert made["organisation"] == {"id": org["id"], "name": org["name"], "plan": "team",
                                    "integrations": True}
    seen = stack.get("/api/v1/key", made["key"]).json()
    for member in ("prefix", "name", "scopes", "limit", "created_at", "expires_at"):
        assert seen[member] == made[member]
    assert (seen["name"], seen["scopes"]) == ("Presse à emboutir №5", ["quotes:read", "orders:read"])


def test_create_for_people_shows_the_key_on_a_line_of_its_own(stack, org):
    done = stack.ctl_run("key", "create", "--org", org["name"], "--name", "press", "--scopes", "all")
    assert (done.returncode, done.stderr) == (0, "")
    whole, = [line for line in done.stdout.splitlines() if keys.WHOLE_KEY.search(line)]
    assert keys.WHOLE_KEY.fullmatch(whole)
    assert ask(stack, whole) == (200, None)
    assert "only time that the key is shown" in done.stdout
    for line in [f"  organisation       {org['name']}", f"  prefix             {keys.prefix(whole)}",
                 "  scopes             all", "  expires (UTC)      never"]:
        assert line in done.stdout.splitlines()


def test_create_says_when_the_plan_has_no_api(stack, new_org):
    org = new_org("free")
    done = stack.ctl_run("key", "create", "--org", org["id"], "--name", "x", "--scopes", "all")
    assert "The organisation's plan does not include API access" in done.stdout
    assert create(stack, org)["organisation"]["integrations"] is False


def test_an_organisation_is_named_by_name_or_id(stack, org):
    for given in (org["name"], org["id"], org["id"].upper()):
        made = create(stack, {"name": given})
        assert made["organisation"]["id"] == org["id"]
        assert made["prefix"] in [one["prefix"] for one in
                                  stack.ctl("key", "list", "--org", given)["keys"]]


@pytest.mark.parametrize("name", ["Nobody", "", str(uuid.UUID(int=0)), "%", "x' OR '1'='1"])
@pytest.mark.parametrize("command", [["create", "--name", "x", "--scopes", "all"], ["list"]])
def test_an_unknown_organisation_is_refused(stack, name, command):
    failed(stack.ctl_run("key", *command, "--org", name), f"there is no organisation '{name}'")


@pytest.mark.parametrize("name", ["", "x" * 501, "two\nlines", "\x1b]0;x\x07"])
def test_a_name_that_is_no_line_is_refused(stack, org, name):
    failed(stack.ctl_run("key", "create", "--org", org["id"], "--name", name, "--scopes", "all"),
           "--name must be one line of 1 to 500 characters", 2)
    assert listed(stack, org) == []


@pytest.mark.parametrize("given, expected", [
    ("all", SCOPES), (",".join(SCOPES), SCOPES), (",".join(SCOPES[::-1]), SCOPES),
    ("quotes:read,quotes:read", ["quotes:read"]), *((one, [one]) for one in SCOPES),
])
def test_scopes_are_kept_in_one_order_and_once(stack, org, given, expected):
    assert create(stack, org, scopes=given)["scopes"] == expected
    assert [one["scopes"] for one in listed(stack, org)] == [expected]


@pytest.mark.parametrize("given, fault", [
    ("", "an empty scope"), ("quotes:read,", "an empty scope"), (",all", "an empty scope"),
    ("quotes", "'quotes'"), ("quotes:read, orders:read", "' orders:read'"),
    ("QUOTES:READ", "'QUOTES:READ'"), ("all,quotes:read", "'all'"), ("quotes:delete", "'quotes:delete'"),
])
def test_an_unknown_scope_is_refused_with_those_there_are(stack, org, given, fault):
    failed(stack.ctl_run("key", "create", "--org", org["id"], "--name", "x", "--scopes", given),
           f"--scopes holds {fault}: it must be all, or of {', '.join(SCOPES)}", 2)


@pytest.mark.parametrize("given, limit", [([], 600), (["--limit", "1"], 1),
                                          (["--limit=1000000"], 1000000)])
def test_limit(stack, org, given, limit):
    made = create(stack, org, *given)
    assert made["limit"] == limit
    assert stack.get("/api/v1/key", made["key"]).json()["limit"] == limit


@pytest.mark.parametrize("given", ["0", "1000001", "-1", "", "1.5", "1e3", " 5", "5 ", "0x10", "many",
                                   "99999999999999999999"])
def test_a_limit_beyond_its_bounds_is_refused(stack, org, given):
    failed(stack.ctl_run("key", "create", "--org", org["id"], "--name", "x", "--scopes", "all",
                         f"--limit={given}"),
           f"--limit is '{given}': it must be a whole number from 1 to 1000000", 2)


@pytest.mark.parametrize("given, seconds", [
    ("1s", SECOND), ("90m", 90 * MINUTE), ("12h", 12 * HOUR), ("90d", 90 * DAY), ("1w", WEEK),
    ("3650d", 3650 * DAY), ("0000000001d", DAY),
])
def test_expiry(stack, org, given, seconds):
    before = stack.sql("SELECT clock_timestamp()")[0][0]
    made = create(stack, org, "--expires", given)
    after = stack.sql("SELECT clock_timestamp()")[0][0]
    life = datetime.timedelta(seconds=seconds)
    assert before + life <= moment(made["expires_at"]) <= after + life


def test_a_key_lives_without_end_unless_said_otherwise(key):
    assert key["expires_at"] is None


@pytest.mark.parametrize("given", ["0", "0s", "3651d", "522w", "-1d", "", "d", "1", "1y", "1.5h",
                                   "1 d", "1D", "1d2h", "99999999999999999999s"])
def test_an_expiry_beyond_its_bounds_is_refused(stack, org, given):
    failed(stack.ctl_run("key", "create", "--org", org["id"], "--name", "x", "--scopes", "all",
                         f"--expires={given}"),
           f"--expires is '{given}': it must be a number with s, m, h, d or w, from 1s to 3650d", 2)


def test_an_expired_key_is_no_longer_served(stack, org):
    made = create(stack, org, "--expires", "1d")
    assert ask(stack, made["key"]) == (200, None)
    stack.sql("UPDATE api_keys SET expires_at = clock_timestamp() WHERE key_id = %s", [made["id"]])
    assert ask(stack, made["key"]) == (401, "expired_key")


# --- list -----------------------------------------------------------------------------------


def test_list_shows_what_there_is_newest_first(stack, org):
    made = [create(stack, org, name=f"key {number}") for number in range(3)]
    assert [one["name"] for one in listed(stack, org)] == ["key 2", "key 1", "key 0"]
    assert [one["id"] for one in listed(stack, org)] == [one["id"] for one in made[::-1]]


def test_list_has_these_members_and_no_secret(stack, org, key):
    one, = listed(stack, org)
    assert one == {"id": key["id"], "prefix": key["prefix"], "name": "press",
                   "scopes": ["quotes:read"], "limit": 600, "status": "active",
                   "created_by": "kabaidoctl", "created_at": key["created_at"],
                   "expires_at": None, "revoked_at": None, "last_used_at": None}


def test_list_says_what_became_of_a_key(stack, org):
    used, expired, revoked = (create(stack, org, name=name) for name in "abc")
    stack.get(f"/api/v1/quotes/{uuid.uuid4()}", used["key"])
    stack.sql("UPDATE api_keys SET expires_at = clock_timestamp() WHERE key_id = %s", [expired["id"]])
    stack.ctl("key", "revoke", revoked["prefix"])
    by_name = {one["name"]: one for one in listed(stack, org)}
    assert [by_name[name]["status"] for name in "abc"] == ["active", "expired", "revoked"]
    assert by_name["b"]["expires_at"] and by_name["c"]["revoked_at"]
    last_used, = stack.sql("SELECT last_at FROM key_window WHERE key_id = %s", [used["id"]])[0]
    assert by_name["a"]["last_used_at"] == f"{last_used:%Y-%m-%dT%H:%M}:00Z"
    assert by_name["b"]["last_used_at"] is by_name["c"]["last_used_at"] is None


def test_list_for_people(stack, org):
    assert stack.ctl_run("key", "list", "--org", org["id"]).stdout == "There are no keys.\n"
    made = [create(stack, org, "--expires", "1d", "--limit", "5", name="Straße", scopes="all"),
            create(stack, org, name="b", scopes="orders:read,quotes:read")]
    lines = stack.ctl_run("key", "list", "--org", org["id"]).stdout.splitlines()
    cells = [re.split("  +", line) for line in lines]
    created = [f"{moment(one['created_at']):%Y-%m-%d %H:%M}" for one in made]
    expires = f"{moment(made[0]['expires_at']):%Y-%m-%d %H:%M}"
    assert cells == [
        ["PREFIX", "NAME", "STATUS", "LIMIT", "CREATED (UTC)", "EXPIRES", "LAST USED", "SCOPES"],
        [made[1]["prefix"], "b", "active", "600", created[1], "never", "never",
         "quotes:read,orders:read"],
        [made[0]["prefix"], "Straße", "active", "5", created[0], expires, "never", "all"]]
    assert {line.index("active") for line in lines[1:]} == {lines[0].index("STATUS")}


def test_list_shows_the_keys_of_its_organisation_only(stack, org, new_org):
    create(stack, new_org())
    assert listed(stack, org) == []


# --- revoke ---------------------------------------------------------------------------------


def test_a_revoked_key_is_not_served_from_then_on(stack, key):
    assert ask(stack, key["key"]) == (200, None)
    gone = stack.ctl("key", "revoke", key["prefix"])
    assert (gone["id"], gone["prefix"], gone["name"], gone["was_revoked"]) \
        == (key["id"], key["prefix"], "press", False)
    assert ask(stack, key["key"]) == (401, "revoked_key")


def test_revoking_again_changes_nothing(stack, key):
    first = stack.ctl("key", "revoke", key["prefix"])
    second = stack.ctl("key", "revoke", key["prefix"])
    assert second == {**first, "was_revoked": True}
    done = stack.ctl_run("key", "revoke", key["prefix"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"The key {key['prefix']} (press) had been revoked before.\n"


def test_revoke_for_people(stack, key):
    done = stack.ctl_run("key", "revoke", key["prefix"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"The key {key['prefix']} (press) is revoked: no request is served with " \
                          "it from now on.\n"


def test_revoking_ends_every_secret_whichever_names_the_key(stack, key):
    second = stack.ctl("key", "rotate", key["prefix"])
    gone = stack.ctl("key", "revoke", key["prefix"])
    assert (gone["id"], gone["prefix"]) == (key["id"], second["prefix"])
    assert ask(stack, key["key"]) == ask(stack, second["key"]) == (401, "revoked_key")


@pytest.mark.parametrize("command", ["revoke", "rotate"])
@pytest.mark.parametrize("prefix", UNKNOWN_PREFIXES)
def test_an_unknown_prefix_is_refused(stack, command, prefix):
    failed(stack.ctl_run("key", command, prefix), f"there is no key with the prefix {prefix}")


@pytest.mark.parametrize("command", ["revoke", "rotate"])
@pytest.mark.parametrize("prefix", NO_PREFIXES)
def test_what_is_no_prefix_is_refused(stack, command, prefix):
    failed(stack.ctl_run("key", command, prefix),
           "PREFIX must be kbd_live_ and 8 letters or digits, as `key list` shows it", 2)


# --- rotate ---------------------------------------------------------------------------------


def test_rotation_gives_the_same_key_another_secret(stack, org):
    first = create(stack, org, "--limit", "7", "--expires", "9d", scopes="orders:read,quotes:read")
    second = stack.ctl("key", "rotate", first["prefix"])
    assert second["key"] != first["key"] and second["prefix"] != first["prefix"]
    for member in ("id", "name", "scopes", "limit", "created_at", "expires_at", "organisation"):
        assert second[member] == first[member]
    assert [one["prefix"] for one in listed(stack, org)] == [second["prefix"]]
    assert ask(stack, first["key"]) == ask(stack, second["key"]) == (200, None)


def test_rotation_does_not_refill_the_limit(stack, org):
    first = create(stack, org, "--limit", "2")
    path = f"/api/v1/quotes/{uuid.uuid4()}"
    refused(stack.get(path, first["key"]), 404, "not_found")
    second = stack.ctl("key", "rotate", first["prefix"])
    refused(stack.get(path, second["key"]), 404, "not_found")
    refused(stack.get(path, second["key"]), 429, "rate_limited")
    refused(stack.get(path, first["key"]), 429, "rate_limited")


@pytest.mark.parametrize("given, seconds", [
    ([], DAY), (["--grace", "24h"], DAY), (["--grace", "7d"], 7 * DAY), (["--grace=1w"], WEEK),
    (["--grace", "1s"], SECOND),
])
def test_the_former_secret_goes_on_for_the_grace(stack, key, given, seconds):
    before = stack.sql("SELECT clock_timestamp()")[0][0]
    told = stack.ctl("key", "rotate", key["prefix"], *given)["previous_expires_at"]
    after = stack.sql("SELECT clock_timestamp()")[0][0]
    grace = datetime.timedelta(seconds=seconds)
    assert before + grace <= credential(stack, key["key"]).expires_at <= after + grace
    assert moment(told) == credential(stack, key["key"]).expires_at


def test_the_former_secret_ends_with_the_grace(stack, key):
    second = stack.ctl("key", "rotate", key["prefix"], "--grace", "24h")
    assert ask(stack, key["key"]) == (200, None)
    stack.sql("UPDATE credentials SET expires_at = clock_timestamp() WHERE public_id = %s",
              [keys.public_id(key["key"])])
    assert ask(stack, key["key"]) == (401, "expired_key")
    assert ask(stack, second["key"]) == (200, None)


@pytest.mark.parametrize("grace", ["0", "0s", "0d"])
def test_without_grace_the_former_secret_ends_at_once(stack, key, grace):
    second = stack.ctl("key", "rotate", key["prefix"], "--grace", grace)
    assert ask(stack, key["key"]) == (401, "expired_key")
    assert ask(stack, second["key"]) == (200, None)


@pytest.mark.parametrize("grace", ["8d", "169h", "604801s", "2w", "-1h", "", "1", "1y",
                                   "9223372036854775807d"])
def test_a_grace_beyond_its_bounds_is_refused(stack, key, grace):
    failed(stack.ctl_run("key", "rotate", key["prefix"], f"--grace={grace}"),
           f"--grace is '{grace}': it must be a number with s, m, h, d or w, from 0 to 7d", 2)
    assert credential(stack, key["key"]).expires_at is None


def test_a_later_rotation_only_shortens_an_earlier_end(stack, key):
    stack.ctl("key", "rotate", key["prefix"], "--grace", "1h")
    before = credential(stack, key["key"]).expires_at
    stack.ctl("key", "rotate", key["prefix"], "--grace", "7d")
    assert credential(stack, key["key"]).expires_at == before
    stack.ctl("key", "rotate", key["prefix"], "--grace", "1m")
    assert credential(stack, key["key"]).expires_at < before


def test_a_key_is_found_by_the_prefix_of_any_secret_it_had(stack, key):
    second = stack.ctl("key", "rotate", key["prefix"])
    third = stack.ctl("key", "rotate", key["prefix"])
    assert key["id"] == second["id"] == third["id"]
    assert stack.ctl("key", "rotate", second["prefix"])["id"] == key["id"]


def test_rotation_for_people(stack, key):
    for grace, headline in [("24h", "The former one goes on until {} UTC."),
                            ("0", "The former one has ended just now.")]:
        done = stack.ctl_run("key", "rotate", key["prefix"], "--grace", grace)
        end = f"{credential(stack, key['key']).expires_at:%Y-%m-%d %H:%M}"
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[0] \
            == f"The key has a new secret. {headline.format(end)}"
        whole, = [line for line in done.stdout.splitlines() if keys.WHOLE_KEY.search(line)]
        assert ask(stack, whole) == (200, None)


@pytest.mark.parametrize("end, word", [("revoked_at", "revoked"), ("expires_at", "expired")])
def test_a_key_that_has_ended_cannot_be_rotated(stack, key, end, word):
    stack.sql(f"UPDATE api_keys SET {end} = clock_timestamp() WHERE key_id = %s", [key["id"]])
    failed(stack.ctl_run("key", "rotate", key["prefix"]),
           f"the key is {word}: create a new one instead")
    assert stack.sql("SELECT count(*) FROM credentials WHERE key_id = %s", [key["id"]]) == [(1,)]


def test_rotations_at_once_leave_one_secret_that_is_good(stack, key):
    made = []
    threads = [threading.Thread(target=lambda: made.append(
        stack.ctl("key", "rotate", key["prefix"], "--grace", "0"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [ask(stack, one["key"]) for one in made]
    assert sorted(answers) == [(200, None)] + 5 * [(401, "expired_key")]


# --- check ----------------------------------------------------------------------------------


def check(stack, text):
    """The verdict on what is piped in: exit status and document."""
    done = stack.ctl_run("key", "check", "--json", stdin=text)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_check_of_an_active_key(stack, org, key):
    status, found = check(stack, f"{key['key']}\n")
    assert status == 0
    assert list(found) == ["status", "id", "prefix", "name", "scopes", "limit", "created_at",
                           "expires_at", "revoked_at", "last_used_at", "organisation",
                           "explanation"]
    assert (found["status"], found["id"], found["prefix"], found["limit"]) \
        == ("active", key["id"], key["prefix"], 600)
    assert found["organisation"]["id"] == org["id"]
    assert found["explanation"] == "The key is genuine and active."


@pytest.mark.parametrize("around", ["{}", "{}\n", "  {}\r\n", "\t{}\n\n"])
def test_check_forgives_white_space_around_a_key(stack, key, around):
    assert check(stack, around.format(key["key"]))[0] == 0


def test_check_says_that_the_plan_has_no_api(stack, org, key):
    stack.ctl("org", "set-plan", org["id"], "free")
    status, found = check(stack, key["key"])
    assert (status, found["status"]) == (0, "active")
    assert "plan does not include API access" in found["explanation"]


@pytest.mark.parametrize("change, explanation", [
    (lambda text: "", "nothing came in"),
    (lambda text: " \n", "nothing came in"),
    (lambda text: "hello", "it does not begin with kbd_live_"),
    (lambda text: text.replace("live", "test"), "it does not begin with kbd_live_"),
    (lambda text: text[:-1], "it is not 55 characters long"),
    (lambda text: text + "0", "it is not 55 characters long"),
    (lambda text: f"{text}\n{text}", "it is not 55 characters long"),
    (lambda text: text[:20] + "-" + text[21:], "it holds something else than letters and digits"),
    (lambda text: text[:20] + "\0" + text[21:], "it holds something else than letters and digits"),
    (lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"), "its checksum is wrong"),
    (lambda text: text[:20] + text[21] + text[20] + text[22:], "its checksum is wrong"),
    (lambda text: "x" * 100000, "it is far too long for one"),
])
def test_check_of_what_is_no_key(stack, change, explanation):
    text = keys.make("Ab3dEf6h", "0123456789abcdefghijklmnopqrstuv")
    status, found = check(stack, change(text))
    assert status == 1
    assert set(found) == {"status", "explanation"}
    assert found["status"] == "malformed"
    assert explanation in found["explanation"]


def test_check_of_a_key_that_nobody_has(stack):
    status, found = check(stack, keys.make("00000000", "0" * 32))
    assert (status, found["status"], found["prefix"]) == (1, "unknown", "kbd_live_00000000")
    assert set(found) == {"status", "prefix", "explanation"}


def test_check_of_a_wrong_secret_tells_nothing_of_the_key(stack, key):
    status, found = check(stack, keys.make(keys.public_id(key["key"]), "0" * 32))
    assert (status, found["status"], found["prefix"]) == (1, "wrong_secret", key["prefix"])
    assert set(found) == {"status", "prefix", "explanation"}


@pytest.mark.parametrize("table, column, verdict", [
    ("api_keys", "revoked_at", "revoked"), ("api_keys", "expires_at", "expired"),
    ("credentials", "expires_at", "expired"),
])
def test_check_of_a_key_that_has_ended(stack, key, table, column, verdict):
    stack.sql(f"UPDATE {table} SET {column} = clock_timestamp() WHERE key_id = %s", [key["id"]])
    status, found = check(stack, key["key"])
    assert (status, found["status"], found["id"]) == (1, verdict, key["id"])
    assert found[column] is not None
    assert found["explanation"].startswith("The key is genuine and ")


def test_check_of_a_former_secret(stack, key):
    second = stack.ctl("key", "rotate", key["prefix"], "--grace", "1h")
    status, found = check(stack, key["key"])
    assert (status, found["prefix"]) == (0, key["prefix"])
    assert found["expires_at"] == second["previous_expires_at"]
    assert check(stack, second["key"])[1]["expires_at"] is None


def test_check_for_people(stack, key):
    done = stack.ctl_run("key", "check", stdin=key["key"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "  status             active" in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1] == "The key is genuine and active."
    done = stack.ctl_run("key", "check", stdin="x")
    assert (done.returncode, done.stdout, done.stderr) \
        == (1, "This is no key: it does not begin with kbd_live_.\n", "")
