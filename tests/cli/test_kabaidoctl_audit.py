"""kabaidoctl audit: who did what when, in one organisation or in all, and what can be asked for."""

import datetime
import json

import pytest

COLUMNS = ["id", "at", "actor", "action", "subject", "details", "address", "organisation"]
DAY = datetime.timedelta(days=1)


def failed(done, sentence, status=1):
    """Checks a refusal for people."""
    assert (done.returncode, done.stdout, done.stderr) == (status, "", f"kabaidoctl: {sentence}\n")


def note(stack, org, at, actor="ada@works.example", action="key.create", subject="kbd_live_00000000",
         details="{}", address=None):
    stack.sql("INSERT INTO audit (org_id, at, actor, action, subject, details, address) "
              "VALUES (%s, %s, %s, %s, %s, %s, %s)",
              [org["id"], at, actor, action, subject, details, address])


def listed(stack, *arguments):
    """The subjects of what is listed."""
    return [one["subject"] for one in stack.ctl("audit", *arguments)["entries"]]


@pytest.fixture
def quiet(stack, org):
    """An organisation with notes of our own only, at 0, 6, 12, ... hours of the 1st to 3rd of June."""
    at = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)
    for i in range(12):
        note(stack, org, at + i * DAY / 4, subject=f"{i}",
             actor=["Ada@works.example", "bob@works.example", "kabaidoctl"][i % 3],
             action=["key.create", "user.sign_in", "key.revoke", "keys.other"][i % 4])
    return org


# --- What is shown --------------------------------------------------------------------------


def test_an_entry_holds_the_whole_note(stack, org):
    note(stack, org, "2026-06-02T10:30:00.5Z", "ada@works.example", "user.sign_in", "ada@works.example",
         '{"name": "press", "scopes": ["quotes:read"], "nothing": null}', "192.0.2.7")
    entry, = stack.ctl("audit", "--org", org["id"], "--action", "user")["entries"]
    assert list(entry) == COLUMNS
    number = stack.sql("SELECT max(audit_id) FROM audit WHERE org_id = %s", [org["id"]])[0][0]
    assert entry == {"id": number, "at": "2026-06-02T10:30:00.5Z", "actor": "ada@works.example",
                     "action": "user.sign_in", "subject": "ada@works.example",
                     "details": {"name": "press", "scopes": ["quotes:read"], "nothing": None},
                     "address": "192.0.2.7",
                     "organisation": {"id": org["id"], "name": org["name"]}}


def test_what_kabaidoctl_does_is_in_it(stack, org):
    key = stack.ctl("key", "create", "--org", org["id"], "--name", "press", "--scopes", "quotes:read")
    stack.ctl("key", "revoke", key["prefix"])
    entries = stack.ctl("audit", "--org", org["name"])["entries"]
    assert [one["action"] for one in entries] == ["key.revoke", "key.create", "org.create"]
    assert [one["subject"] for one in entries] == [key["prefix"], key["prefix"], org["name"]]
    assert {one["actor"] for one in entries} == {"kabaidoctl"}
    assert {one["address"] for one in entries} == {None}


def test_for_people_it_is_a_table(stack, org):
    note(stack, org, "2026-06-02T10:30:07.9Z", "ada@works.example", "user.sign_in", "\u009b31m精工",
         '{"name": "a\\nb", "scopes": ["x", "y"], "nothing": null, "list": [], "n": 7}', "2001:db8::1")
    done = stack.ctl_run("audit", "--org", org["id"], "--action", "user")
    head, line = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert head.split() == ["AT", "(UTC)", "ORGANISATION", "ACTOR", "ACTION", "SUBJECT", "ADDRESS",
                            "DETAILS"]
    assert line.startswith(f"2026-06-02 10:30:07  {org['name']}  ada@works.example  user.sign_in  "
                           "?31m精工")
    assert "  2001:db8::1  " in line
    assert line.endswith("  n=7 list= name=a?b scopes=x,y")


def test_without_entries(stack, quiet):
    words = ("--org", quiet["id"], "--actor", "nobody")
    assert stack.ctl("audit", *words) == {"entries": [], "more": False}
    assert stack.ctl_run("audit", *words).stdout == "There are no entries.\n"


# --- Order and number -----------------------------------------------------------------------


def test_the_newest_come_first(stack, quiet):
    assert listed(stack, "--org", quiet["id"], "--until", "2026-06-30") \
        == [str(i) for i in reversed(range(12))]


def test_notes_of_the_same_moment_come_in_the_order_in_which_they_were_made(stack, org):
    for subject in "abc":
        note(stack, org, "2026-06-02T10:30:00Z", subject=subject)
    assert listed(stack, "--org", org["id"], "--until", "2026-06-30") == ["c", "b", "a"]


def test_without_an_organisation_all_are_looked_through(stack, new_org):
    one, other = new_org(), new_org()
    for org in (one, other):
        note(stack, org, "2031-01-01T00:00:00Z", subject=org["name"])
    entries = stack.ctl("audit", "--since", "2031-01-01", "--until", "2031-01-01")["entries"]
    assert [entry["subject"] for entry in entries] == [other["name"], one["name"]]
    assert [entry["organisation"]["id"] for entry in entries] == [other["id"], one["id"]]


@pytest.mark.parametrize("limit, count, more", [("1", 1, True), ("12", 12, True), ("13", 13, False),
                                                ("10000", 13, False)])
def test_limit_says_whether_there_are_more(stack, quiet, limit, count, more):
    words = ["--org", quiet["id"], "--limit", limit]
    answer = stack.ctl("audit", *words)
    assert (len(answer["entries"]), answer["more"]) == (count, more)
    printed = stack.ctl_run("audit", *words).stdout
    assert printed.endswith("\n\nThere are older ones: see --limit and --until.\n") == more
    assert len(printed.splitlines()) == 1 + count + 2 * more


def test_fifty_unless_said_otherwise(stack, org):
    stack.sql("INSERT INTO audit (org_id, actor, action, subject) "
              "SELECT %s, 'ada', 'key.create', i FROM generate_series(1, 60) AS i", [org["id"]])
    assert listed(stack, "--org", org["id"]) == [str(i) for i in range(60, 10, -1)]


@pytest.mark.parametrize("given", ["0", "10001", "-1", "", "1.5", "all"])
def test_a_limit_beyond_its_bounds_is_refused(stack, given):
    failed(stack.ctl_run("audit", f"--limit={given}"),
           f"--limit is '{given}': it must be a whole number from 1 to 10000", 2)


# --- Filters --------------------------------------------------------------------------------


@pytest.mark.parametrize("words, expected", [
    (["--actor", "ada@works.example"], "9 6 3 0"), (["--actor", "ADA@WORKS.EXAMPLE"], "9 6 3 0"),
    (["--actor", "kabaidoctl"], "11 8 5 2"), (["--actor", "ada"], ""), (["--actor", "%"], ""),
    (["--action", "key.create"], "8 4 0"), (["--action", "key"], "10 8 6 4 2 0"),
    (["--action", "keys"], "11 7 3"), (["--action", "create"], ""), (["--action", "key."], ""),
    (["--action", "key", "--actor", "kabaidoctl"], "8 2"),
    (["--since", "2026-06-03"], "11 10 9 8"), (["--since", "2026-06-03T18:00:00Z"], "11"),
    (["--since", "2026-06-03T18:00:00.000001Z"], ""), (["--since", "2026-06-03T19:30:00+01:30"], "11"),
    (["--until", "2026-06-01"], "3 2 1 0"), (["--until", "2026-06-01T06:00:00Z"], "0"),
    (["--since", "2026-06-02", "--until", "2026-06-02"], "7 6 5 4"),
    (["--since", "2026-06-03", "--until", "2026-06-02"], ""),
    (["--since", "2026-06-02", "--action", "user.sign_in", "--limit", "1"], "9"),
])
def test_filters_narrow_together(stack, quiet, words, expected):
    if "--until" not in words:
        words = [*words, "--until", "2026-06-30"]
    assert listed(stack, "--org", quiet["id"], *words) == expected.split()


def test_so_long_ago(stack, org):
    now = stack.sql("SELECT clock_timestamp()")[0][0]
    for days in (1, 3, 5):
        note(stack, org, now - days * DAY, subject=f"{days}")
    assert listed(stack, "--org", org["id"], "--since", "2d", "--action", "key") == ["1"]
    assert listed(stack, "--org", org["id"], "--since", "1w", "--until", "48h") == ["3", "5"]


@pytest.mark.parametrize("option", ["since", "until"])
@pytest.mark.parametrize("given", ["", "yesterday", "30", "0", "-1d", "36501d", "2026-02-30", "2026-6-1",
                                   "20260601", "2026-06-01 ", "2026-06-01T10:30", "10000-01-01",
                                   "2026-06-01T10:30:00", "infinity", "'2026-06-01"])
def test_what_is_no_time_is_refused(stack, option, given):
    failed(stack.ctl_run("audit", f"--{option}={given}"),
           f"--{option} is '{given}': it must be a date such as 2026-06-30, a time such as "
           "2026-06-30T10:30:00Z, or a number with s, m, h, d or w for so long ago", 2)


def test_an_unknown_organisation_is_refused(stack):
    failed(stack.ctl_run("audit", "--org", "Nobody"), "there is no organisation 'Nobody'")
    done = stack.ctl_run("audit", "--org", "Nobody", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads(done.stderr) == {"error": "there is no organisation 'Nobody'"}
