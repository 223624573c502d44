"""kabaidoctl org: create, list, set-plan, and the trail that they leave."""

import json
import uuid

import psycopg
import pytest

from harness import refused


def failed(done, sentence, status=1):
    """Checks a refusal for people."""
    assert (done.returncode, done.stdout, done.stderr) == (status, "", f"kabaidoctl: {sentence}\n")


def unused_name():
    return f"Works {uuid.uuid4()}"


def trail(stack, org):
    return stack.rows("SELECT * FROM audit WHERE org_id = %s ORDER BY audit_id", [org["id"]])


# --- create ---------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", ["free", "team", "business"])
def test_create_makes_what_it_says(stack, plan):
    name = unused_name()
    org = stack.ctl("org", "create", name, "--plan", plan, "--currency", "JPY")
    assert list(org) == ["id", "name", "plan", "currency", "created_at"]
    row, = stack.rows("SELECT * FROM organisations WHERE org_id = %s", [org["id"]])
    assert (row.name, row.plan, row.currency) == (name, plan, "JPY")
    assert (org["name"], org["plan"], org["currency"]) == (name, plan, "JPY")
    assert org["created_at"].startswith(f"{row.created_at:%Y-%m-%dT%H:%M:%S}")


def test_create_for_people(stack):
    name = unused_name()
    done = stack.ctl_run("org", "create", name, "--plan", "team")
    org_id, = stack.sql("SELECT org_id::text FROM organisations WHERE name = %s", [name])[0]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{name} was created with the id {org_id}, on the plan team.\n"


def test_currency_is_gbp_unless_said_otherwise(org):
    assert org["currency"] == "GBP"


@pytest.mark.parametrize("name", ["Ærø Værk", "北原鋼材", "🔩 & Söhne", "x" * 500, "ü" * 500,
                                  "O'Neill; DROP TABLE organisations", "a \"b\" \\c", "%s %n", " x "])
def test_names_come_back_as_they_were_given(stack, name):
    org = stack.ctl("org", "create", name, "--plan", "team")
    assert org["name"] == name
    assert name in [one["name"] for one in stack.ctl("org", "list")["organisations"]]
    assert stack.ctl("key", "list", "--org", name) == {"keys": []}


@pytest.mark.parametrize("name", ["", "x" * 501, "ü" * 501, "two\nlines", "tab\there", "\x1b[31m",
                                  "\x7f"])
def test_names_that_are_no_line_are_refused(stack, name):
    failed(stack.ctl_run("org", "create", name, "--plan", "team"),
           "NAME must be one line of 1 to 500 characters", 2)


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_a_name_that_could_be_an_id_is_refused(stack, case):
    failed(stack.ctl_run("org", "create", case(str(uuid.uuid4())), "--plan", "team"),
           "NAME must not look like an id: --org takes either", 2)


def test_a_name_is_taken_once(stack, org):
    failed(stack.ctl_run("org", "create", org["name"], "--plan", "team"),
           "there is an organisation of this name already")


@pytest.mark.parametrize("plan", ["", "gold", "TEAM", "team "])
def test_an_unknown_plan_is_refused_with_those_there_are(stack, org, plan):
    sentence = f"there is no plan '{plan}': it must be one of free, team, business"
    failed(stack.ctl_run("org", "create", unused_name(), "--plan", plan), sentence)
    failed(stack.ctl_run("org", "set-plan", org["name"], plan), sentence)


@pytest.mark.parametrize("currency", ["", "gbp", "XXX", "GB", "GBPS", "£"])
def test_an_unknown_currency_is_refused(stack, currency):
    name = unused_name()
    failed(stack.ctl_run("org", "create", name, "--plan", "team", "--currency", currency),
           "--currency must be a code of ISO 4217, such as GBP")
    assert stack.sql("SELECT 1 FROM organisations WHERE name = %s", [name]) == []


def test_a_refusal_is_a_document_where_documents_are_expected(stack, org):
    done = stack.ctl_run("org", "create", org["name"], "--plan", "team", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads(done.stderr) == {"error": "there is an organisation of this name already"}


# --- list -----------------------------------------------------------------------------------


def test_list_counts_the_keys_that_are_good(stack, org):
    def listed():
        return next(one for one in stack.ctl("org", "list")["organisations"]
                    if one["id"] == org["id"])

    assert listed() == {**org, "integrations": True, "active_keys": 0}
    first, second, third = (stack.new_key(org=org["name"]) for _ in range(3))
    assert listed()["active_keys"] == 3
    stack.ctl("key", "revoke", first[:17])
    stack.ctl("key", "rotate", second[:17])
    stack.sql("UPDATE api_keys SET expires_at = now() WHERE org_id = %s AND key_id = "
              "(SELECT key_id FROM credentials WHERE public_id = %s)", [org["id"], third[9:17]])
    assert listed()["active_keys"] == 1


def test_list_for_people_is_a_table(stack):
    name = unused_name()
    org = stack.ctl("org", "create", f"{name}\u009b31m 精工", "--plan", "free", "--currency", "KWD")
    done = stack.ctl_run("org", "list")
    head, *lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert head.split("  ")[0] == "NAME"
    line, = (line for line in lines if line.endswith(org["id"]))
    # What a terminal would obey is replaced; a wide character takes the place of two.
    assert line.startswith(f"{name}?31m 精工  ")
    ideographs = 2
    for title, value in [("PLAN", "free"), ("CURRENCY", "KWD"), ("ACTIVE KEYS", "0"),
                         ("ID", org["id"])]:
        assert line[head.index(title) - ideographs:].startswith(value)
    assert len(lines) == stack.sql("SELECT count(*) FROM organisations")[0][0]


def test_list_of_many_organisations_is_whole_and_in_order(stack):
    def listed():
        return [one["name"] for one in stack.ctl("org", "list")["organisations"]]

    before = listed()
    many = [f"Many {number:05} {'x' * 200}" for number in range(5000)]
    stack.sql("INSERT INTO organisations (name, plan) SELECT unnest(%s::text[]), 'free'", [many[::-1]])
    try:
        assert listed() == sorted([*before, *many], key=str.encode)
        assert len(stack.ctl_run("org", "list").stdout.splitlines()) == 1 + len(before) + len(many)
    finally:
        stack.sql("DELETE FROM organisations WHERE name = ANY (%s)", [many])


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_result_that_cannot_be_written_is_no_success(stack, form):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = stack.ctl_run("org", "list", *form, stdout=full)
    assert done.returncode == 1
    assert "could not be written to standard output" in done.stderr


# --- set-plan -------------------------------------------------------------------------------


def test_set_plan_takes_a_name_or_an_id(stack, org):
    for given, plan, previous in [(org["name"], "free", "team"), (org["id"], "business", "free"),
                                  (org["id"].upper(), "team", "business")]:
        changed = stack.ctl("org", "set-plan", given, plan)
        assert changed == {"id": org["id"], "name": org["name"], "plan": plan,
                           "previous_plan": previous, "currency": "GBP",
                           "created_at": org["created_at"]}
    done = stack.ctl_run("org", "set-plan", org["name"], "free")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{org['name']} is on the plan free (before: team).\n"


@pytest.mark.parametrize("name", ["Nobody", "", "00000000-0000-0000-0000-000000000000", "%"])
def test_an_unknown_organisation_is_refused(stack, name):
    failed(stack.ctl_run("org", "set-plan", name, "team"), f"there is no organisation '{name}'")


def test_a_plan_counts_from_the_next_request_on(stack, org):
    key = stack.new_key(org=org["name"])
    path = f"/api/v1/quotes/{uuid.uuid4()}"
    refused(stack.get(path, key), 404, "not_found")
    stack.ctl("org", "set-plan", org["name"], "free")
    refused(stack.get(path, key), 403, "plan_required")
    stack.ctl("org", "set-plan", org["name"], "business")
    refused(stack.get(path, key), 404, "not_found")


# --- The trail ------------------------------------------------------------------------------


def test_each_change_is_noted_once(stack, org):
    stack.ctl("org", "set-plan", org["name"], "free")
    stack.ctl("org", "set-plan", org["name"], "free")  # changes nothing
    created, changed = trail(stack, org)
    assert (created.actor, created.action, created.subject) \
        == ("kabaidoctl", "org.create", org["name"])
    assert created.details.items() >= {"plan": "team", "currency": "GBP"}.items()
    assert (changed.action, changed.subject) == ("org.set_plan", org["name"])
    assert changed.details.items() >= {"plan": "free", "previous_plan": "team"}.items()


def test_a_change_and_its_note_are_one_transaction(stack, org):
    together = """SELECT o.xmin::text, a.xmin::text FROM organisations o JOIN audit a USING (org_id)
                   WHERE org_id = %s ORDER BY audit_id DESC LIMIT 1"""
    organisation, note = stack.sql(together, [org["id"]])[0]
    assert organisation == note
    stack.ctl("org", "set-plan", org["name"], "business")
    organisation, changed = stack.sql(together, [org["id"]])[0]
    assert organisation == changed != note


def test_what_cannot_be_noted_is_not_done(stack, org):
    stack.sql("REVOKE INSERT ON audit FROM kabaido_tool", user="kabaido_owner")
    name = unused_name()
    try:
        for words in [("org", "create", name, "--plan", "team"),
                      ("org", "set-plan", org["name"], "free")]:
            done = stack.ctl_run(*words)
            assert (done.returncode, done.stdout) == (1, "")
            assert "the database refused: permission denied for table audit" in done.stderr
    finally:
        stack.sql("GRANT INSERT ON audit TO kabaido_tool", user="kabaido_owner")
    assert stack.sql("SELECT 1 FROM organisations WHERE name = %s", [name]) == []
    assert stack.sql("SELECT plan FROM organisations WHERE org_id = %s", [org["id"]]) == [("team",)]


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit",
                                       "TRUNCATE audit"])
def test_the_trail_cannot_be_changed_by_the_tool(stack, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stack.sql(statement, user="kabaido_tool")
