"""kabaidoctl user: create, list, set-password, disable, enable; what becomes of a password, and of the
sessions; and the trail that they leave."""

import getpass
import hashlib
import json
import os
import uuid

import pytest

from harness import Terminal, dump

PASSWORD = "correct horse battery staple"


def failed(done, sentence, status=1):
    """Checks a refusal for people."""
    assert (done.returncode, done.stdout, done.stderr) == (status, "", f"kabaidoctl: {sentence}\n")


def unused_email():
    return f"{uuid.uuid4().hex}@works.example"


def create(stack, org, email=None, role="admin", password=PASSWORD):
    return stack.ctl("user", "create", "--org", org["id"], "--email", email or unused_email(),
                     "--role", role, stdin=f"{password}\n")


def kept(stack, email):
    row, = stack.rows("SELECT * FROM users WHERE email = %s", [email])
    return row


def opens(row, password):
    """Whether the password is the one that a user's row keeps, by an scrypt that is not ours."""
    return bytes(row.password_hash) == hashlib.scrypt(
        password.encode(), salt=bytes(row.password_salt), n=row.scrypt_n, r=row.scrypt_r,
        p=row.scrypt_p, maxmem=2**28, dklen=32)


def sign_in(stack, row, count=1):
    """Sessions as the workers make them."""
    for _ in range(count):
        stack.sql("INSERT INTO sessions (org_id, token_hash, user_id) VALUES (%s, %s, %s)",
                  [row.org_id, os.urandom(32), row.user_id])


def sessions(stack, row):
    return stack.sql("SELECT count(*) FROM sessions WHERE org_id = %s AND user_id = %s",
                     [row.org_id, row.user_id])[0][0]


def trail(stack, org):
    return stack.rows("SELECT *, xmin::text AS transaction FROM audit "
                      "WHERE org_id = %s AND action LIKE 'user.%%' ORDER BY audit_id", [org["id"]])


@pytest.fixture
def user(stack, org):
    return create(stack, org)


# --- create ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_create_makes_what_it_says(stack, org, role):
    email = unused_email()
    made = create(stack, org, email, role)
    assert list(made) == ["id", "email", "role", "created_at", "organisation"]
    row = kept(stack, email)
    assert (str(row.org_id), str(row.user_id), row.role) == (org["id"], made["id"], role)
    assert (made["email"], made["role"]) == (email, role)
    assert made["organisation"] == {name: org[name] for name in ("id", "name", "plan")}
    assert row.disabled_at is None


def test_create_for_people(stack, org):
    email = unused_email()
    done = stack.ctl_run("user", "create", "--org", org["name"], "--email", email, "--role", "owner",
                         stdin=PASSWORD)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{email} can sign in to {org['name']} as owner.\n"


@pytest.mark.parametrize("email", ["Ada.Lovelace+keys@Works-{}.Example", "o'neill@works-{}.example",
                                   "ærø@værk-{}.example", "精工@works-{}.example"])
def test_an_address_comes_back_as_it_was_given(stack, org, email):
    email = email.format(uuid.uuid4().hex)
    assert create(stack, org, email)["email"] == email
    assert stack.ctl("user", "list", "--org", org["id"])["users"][0]["email"] == email


@pytest.mark.parametrize("email", ["", "ada", "@works.example", "ada@", "ada@works", "a da@works.example",
                                   "ada@works.example\n", "ada@@works.example", "x" * 300 + "@a.example",
                                   "ada@works.example, bob@works.example"])
def test_what_is_no_address_is_refused(stack, org, email):
    done = stack.ctl_run("user", "create", "--org", org["id"], "--email", email, "--role", "owner",
                         stdin=PASSWORD)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"kabaidoctl: --email is '{email}': it must ")


@pytest.mark.parametrize("role", ["", "Owner", "root", "owner "])
def test_what_is_no_role_is_refused(stack, org, role):
    failed(stack.ctl_run("user", "create", "--org", org["id"], "--email", unused_email(), "--role", role,
                         stdin=PASSWORD),
           f"--role is '{role}': it must be owner, admin or member", 2)


@pytest.mark.parametrize("verb", ["create", "list"])
def test_an_unknown_organisation_is_refused(stack, verb):
    further = ["--email", unused_email(), "--role", "owner"] if verb == "create" else []
    failed(stack.ctl_run("user", verb, "--org", "Nobody", *further, stdin=PASSWORD),
           "there is no organisation 'Nobody'")


@pytest.mark.parametrize("case", [str, str.upper, str.title])
def test_an_address_is_taken_once_in_any_case_and_over_all_organisations(stack, new_org, case):
    org, other = new_org(), new_org()
    email = create(stack, org)["email"]
    for one, sentence in [
            (org, "there is a user with this e-mail address in the organisation already"),
            (other, "a user of another organisation has this e-mail address: it is good for one")]:
        failed(stack.ctl_run("user", "create", "--org", one["id"], "--email", case(email), "--role",
                             "owner", stdin=PASSWORD), sentence)
    assert stack.ctl("user", "list", "--org", other["id"]) == {"users": []}
    assert [one.action for one in trail(stack, org) + trail(stack, other)] == ["user.create"]


# --- The password ---------------------------------------------------------------------------


def test_a_password_is_kept_as_scrypts_hash(stack, user):
    row = kept(stack, user["email"])
    assert (row.scrypt_n, row.scrypt_r, row.scrypt_p) == (32768, 8, 3)
    assert opens(row, PASSWORD) and not opens(row, PASSWORD + " ")


def test_two_with_the_same_password_share_nothing(stack, org):
    one, other = (kept(stack, create(stack, org)["email"]) for _ in range(2))
    assert bytes(one.password_salt) != bytes(other.password_salt)
    assert bytes(one.password_hash) != bytes(other.password_hash)


@pytest.mark.parametrize("given, password", [
    ("twelve chars", "twelve chars"), ("twelve chars\n", "twelve chars"),
    ("as windows has it\r\n", "as windows has it"), ("  white space around  \n", "  white space around  "),
    ("ærlig talt, ja\n", "ærlig talt, ja"), ("x" * 1024 + "\n", "x" * 1024),
    ("パスワードはとても長いです", "パスワードはとても長いです")])
def test_a_line_of_standard_input_is_the_password(stack, org, given, password):
    email = unused_email()
    done = stack.ctl_run("user", "create", "--org", org["id"], "--email", email, "--role", "owner",
                         stdin=given)
    assert (done.returncode, done.stderr) == (0, "")
    assert opens(kept(stack, email), password)


@pytest.mark.parametrize("given, rule", [
    ("", "be at least 12 characters long"), ("\n", "be at least 12 characters long"),
    ("elevenchars\n", "be at least 12 characters long"),
    ("æøåæøåæøåæø\n", "be at least 12 characters long"),
    ("x" * 1025, "be at most 1024 bytes long"), ("x" * 100000, "be at most 1024 bytes long"),
    ("twelve characters\nand a line\n", "hold no control characters"),
    ("twelve\tcharacters\n", "hold no control characters"),
    ("twelve characters\0\n", "hold no control characters"),
    ("{email}\n", "not be the e-mail address itself"), ("{EMAIL}\n", "not be the e-mail address itself"),
])
@pytest.mark.parametrize("verb", ["create", "set-password"])
def test_a_password_that_breaks_a_rule_is_refused(stack, org, user, verb, given, rule):
    email = unused_email() if verb == "create" else user["email"]
    words = ["--org", org["id"], "--role", "owner"] if verb == "create" else []
    given = given.replace("{email}", email).replace("{EMAIL}", email.upper())
    before = kept(stack, user["email"])
    failed(stack.ctl_run("user", verb, "--email", email, *words, stdin=given), f"the password must {rule}")
    assert kept(stack, user["email"]) == before
    assert [one["id"] for one in stack.ctl("user", "list", "--org", org["id"])["users"]] == [user["id"]]
    assert [one.action for one in trail(stack, org)] == ["user.create"]


def test_bytes_that_are_not_utf8_are_no_password(stack, org):
    done = stack.ctl_run("user", "create", "--org", org["id"], "--email", unused_email(), "--role",
                         "owner", stdin="twelve charact\udce9rs\n", errors="surrogateescape")
    failed(done, "the password must be UTF-8")


def test_a_password_stays_nowhere(stack, org):
    """Through each command that has one in its hands, and when it is refused."""
    first, second = (f"a very {os.urandom(8).hex()} word" for _ in range(2))
    email = unused_email()
    said = ""
    for form in ([], ["--json"]):
        for words, password in [
                (["create", "--org", org["id"], "--email", email, "--role", "owner"], first),
                (["set-password", "--email", email], second),
                (["set-password", "--email", "x" + email], first),
                (["create", "--org", org["id"], "--email", email, "--role", "owner"], first[:11]),
                (["list", "--org", org["id"]], "")]:
            done = stack.ctl_run("user", *words, *form, stdin=password)
            said += done.stdout + done.stderr
    assert opens(kept(stack, email), second)
    places = {"said": said.encode(), "dump": dump(stack),
              **{path.name: path.read_bytes() for path in stack.logs.iterdir()}}
    forms = [form for password in (first, second, first[:11])
             for form in (password.encode(), password.encode().hex().encode())]
    assert [name for name, content in places.items() if any(form in content for form in forms)] == []
    assert "user.set_password" in stack.log("postgres.log")  # it was looked for in the right place


# --- The terminal ---------------------------------------------------------------------------


def at_terminal(stack, *words):
    return Terminal([stack.env["KABAIDOCTL"], "user", *words])


def type_password(terminal, prompt, password):
    terminal.wait_for(prompt)
    terminal.wait_for_silence()
    terminal.type(password)


@pytest.mark.parametrize("verb", ["create", "set-password"])
def test_a_terminal_is_asked_twice_and_shows_nothing(stack, org, user, verb):
    email = unused_email() if verb == "create" else user["email"]
    words = ["--org", org["id"], "--role", "member"] if verb == "create" else []
    password = "from the terminal: æ"
    with at_terminal(stack, verb, "--email", email, *words) as terminal:
        type_password(terminal, f"Password of {email}, at least 12 characters: ", f"{password}\n")
        type_password(terminal, "The same again: ", f"{password}\n")
        assert b"terminal" not in terminal.command_line()
    assert (terminal.status, password in terminal.screen) == (0, False), terminal.screen
    assert terminal.screen.count(": ") == 2 + (verb == "set-password")
    assert opens(kept(stack, email), password)


def test_what_was_mistyped_at_a_terminal_changes_nothing(stack, user):
    before = kept(stack, user["email"])
    with at_terminal(stack, "set-password", "--email", user["email"]) as terminal:
        type_password(terminal, "Password of", "one of two words\n")
        type_password(terminal, "again", "one of two wards\n")
    assert terminal.status == 1
    assert "kabaidoctl: the two passwords are not the same: nothing was changed" in terminal.screen
    assert kept(stack, user["email"]) == before


def test_a_weak_password_is_refused_before_it_is_typed_again(stack, user):
    with at_terminal(stack, "set-password", "--email", user["email"]) as terminal:
        type_password(terminal, "Password of", "weak\n")
    assert terminal.status == 1 and "again" not in terminal.screen
    assert "the password must be at least 12 characters long" in terminal.screen


@pytest.mark.parametrize("typed", [[], ["one of two words\n"]])
def test_who_gives_up_gets_the_terminal_back(stack, user, typed):
    before = kept(stack, user["email"])
    with at_terminal(stack, "set-password", "--email", user["email"]) as terminal:
        for prompt, text in zip(["Password of", "again"], [*typed, "\x03"]):
            type_password(terminal, prompt, text)
        terminal.wait_for("interrupted")
        assert terminal.is_echoing()
    assert terminal.status == 1
    assert kept(stack, user["email"]) == before


def test_nobody_is_asked_for_the_password_of_nobody(stack):
    email = unused_email()
    with at_terminal(stack, "set-password", "--email", email) as terminal:
        pass
    assert terminal.status == 1
    assert terminal.screen == f"kabaidoctl: there is no user with the e-mail address '{email}'\n"


# --- list -----------------------------------------------------------------------------------


def test_list_shows_who_there_is_and_how_many_browsers_are_signed_in(stack, org):
    emails = sorted(unused_email() for _ in range(3))
    made = [create(stack, org, email, role) for email, role
            in zip(reversed(emails), ["owner", "admin", "member"])][::-1]
    row = kept(stack, emails[0])
    sign_in(stack, row, 4)
    stack.sql("UPDATE sessions SET expires_at = now() WHERE token_hash = "
              "(SELECT token_hash FROM sessions WHERE user_id = %s LIMIT 1)", [row.user_id])
    stack.sql("UPDATE sessions SET seen_at = now() - interval '30 minutes' WHERE token_hash = "
              "(SELECT token_hash FROM sessions WHERE user_id = %s AND expires_at > now() LIMIT 1)",
              [row.user_id])
    stack.ctl("user", "disable", "--email", emails[2])
    shown = stack.ctl("user", "list", "--org", org["name"])["users"]
    assert [list(one) for one in shown] == [["id", "email", "role", "status", "sessions", "created_at",
                                             "disabled_at"]] * 3
    assert [one["id"] for one in shown] == [one["id"] for one in made]
    assert [one["email"] for one in shown] == emails
    assert [one["role"] for one in shown] == ["member", "admin", "owner"]
    assert [one["status"] for one in shown] == ["active", "active", "disabled"]
    assert [one["sessions"] for one in shown] == [2, 0, 0]
    assert [one["disabled_at"] is None for one in shown] == [True, True, False]


def test_list_for_people_is_a_table(stack, org, user):
    done = stack.ctl_run("user", "list", "--org", org["id"])
    head, line = done.stdout.splitlines()
    assert head.split() == ["E-MAIL", "ROLE", "STATUS", "SESSIONS", "CREATED", "(UTC)", "ID"]
    assert line.split()[:4] == [user["email"], "admin", "active", "0"]
    assert line.endswith(user["id"])


def test_list_of_nobody(stack, org):
    assert stack.ctl("user", "list", "--org", org["id"]) == {"users": []}
    assert stack.ctl_run("user", "list", "--org", org["id"]).stdout == "There are no users.\n"


# --- set-password, disable, enable ----------------------------------------------------------


def test_set_password_replaces_it_and_ends_the_users_sessions(stack, org, user):
    other = kept(stack, create(stack, org)["email"])
    row = kept(stack, user["email"])
    sign_in(stack, row, 2)
    sign_in(stack, other)
    changed = stack.ctl("user", "set-password", "--email", user["email"].upper(),
                        stdin="another good password\n")
    assert changed == {"id": user["id"], "email": user["email"], "role": "admin", "disabled_at": None,
                       "sessions_ended": 2, "organisation": user["organisation"]}
    after = kept(stack, user["email"])
    assert opens(after, "another good password") and not opens(after, PASSWORD)
    assert bytes(after.password_salt) != bytes(row.password_salt)
    assert (sessions(stack, row), sessions(stack, other)) == (0, 1)


def test_disable_ends_the_users_sessions_and_enable_brings_none_back(stack, user):
    row = kept(stack, user["email"])
    sign_in(stack, row, 3)
    disabled = stack.ctl("user", "disable", "--email", user["email"].upper())
    assert disabled.items() >= {"id": user["id"], "email": user["email"], "changed": True,
                                "sessions_ended": 3}.items()
    assert disabled["disabled_at"] and sessions(stack, row) == 0
    assert kept(stack, user["email"]).disabled_at is not None
    again = stack.ctl("user", "disable", "--email", user["email"])
    assert again == {**disabled, "changed": False, "sessions_ended": 0}
    enabled = stack.ctl("user", "enable", "--email", user["email"])
    assert (enabled["id"], enabled["changed"]) == (user["id"], True)
    assert kept(stack, user["email"]) == row and sessions(stack, row) == 0
    assert stack.ctl("user", "enable", "--email", user["email"])["changed"] is False


def test_for_people(stack, user):
    email = user["email"]
    sign_in(stack, kept(stack, email))
    for verb, sentence in [
            ("enable", f"{email} was not disabled.\n"),
            ("set-password", f"The password of {email} was set. Sessions that it ended: 1.\n"),
            ("disable", f"{email} can sign in no more. Sessions that it ended: 0.\n"),
            ("disable", f"{email} had been disabled before.\n"),
            ("set-password", f"The password of {email} was set. Sessions that it ended: 0.\n"
                             "They are still disabled: see kabaidoctl user enable.\n"),
            ("enable", f"{email} can sign in again.\n")]:
        done = stack.ctl_run("user", verb, "--email", email, stdin=PASSWORD)
        assert (done.returncode, done.stdout, done.stderr) == (0, sentence, "")


@pytest.mark.parametrize("verb", ["set-password", "disable", "enable"])
@pytest.mark.parametrize("email", ["nobody@works.example", "", "%", "'"])
def test_an_unknown_user_is_refused(stack, verb, email):
    sentence = f"there is no user with the e-mail address '{email}'"
    failed(stack.ctl_run("user", verb, "--email", email, stdin=PASSWORD), sentence)
    done = stack.ctl_run("user", verb, "--email", email, "--json", stdin=PASSWORD)
    assert (done.returncode, done.stdout, json.loads(done.stderr)) == (1, "", {"error": sentence})


# --- The trail ------------------------------------------------------------------------------


def test_each_change_is_noted_once_and_in_its_transaction(stack, org):
    email = unused_email()
    create(stack, org, email, "owner")
    written = [stack.sql("SELECT xmin::text FROM users WHERE email = %s", [email])[0][0]]
    sign_in(stack, kept(stack, email), 2)
    for verb in ("set-password", "disable", "disable", "enable", "enable"):
        stack.ctl("user", verb, "--email", email, stdin=PASSWORD)
        written.append(stack.sql("SELECT xmin::text FROM users WHERE email = %s", [email])[0][0])
    notes = trail(stack, org)
    assert [one.action for one in notes] == ["user.create", "user.set_password", "user.disable",
                                             "user.enable"]
    assert [one.transaction for one in notes] == [written[0], written[1], written[2], written[4]]
    assert {(one.actor, one.subject) for one in notes} == {("kabaidoctl", email)}
    assert {one.details["os_user"] for one in notes} == {getpass.getuser()}
    created, changed, disabled, enabled = (one.details for one in notes)
    assert created["role"] == "owner"
    assert (changed["sessions_ended"], disabled["sessions_ended"]) == (2, 0)
    assert enabled["disabled_at"]


def test_what_cannot_be_noted_is_not_done(stack, org, user):
    row = kept(stack, user["email"])
    sign_in(stack, row)
    stack.sql("REVOKE INSERT ON audit FROM kabaido_tool", user="kabaido_owner")
    try:
        for words in [("create", "--org", org["id"], "--email", unused_email(), "--role", "owner"),
                      ("set-password", "--email", user["email"]), ("disable", "--email", user["email"])]:
            done = stack.ctl_run("user", *words, stdin=PASSWORD)
            assert (done.returncode, done.stdout) == (1, "")
            assert "the database refused: permission denied for table audit" in done.stderr
    finally:
        stack.sql("GRANT INSERT ON audit TO kabaido_tool", user="kabaido_owner")
    assert kept(stack, user["email"]) == row and sessions(stack, row) == 1
    assert len(stack.ctl("user", "list", "--org", org["id"])["users"]) == 1


def test_a_session_that_is_just_being_made_is_waited_for_and_ended(stack, user):
    row = kept(stack, user["email"])
    with stack.connect(autocommit=False) as browser:
        browser.execute("INSERT INTO sessions (org_id, token_hash, user_id) VALUES (%s, %s, %s)",
                        [row.org_id, os.urandom(32), row.user_id])
        stack.sql("ALTER ROLE kabaido_tool SET lock_timeout = '100ms'", user="postgres")
        try:
            done = stack.ctl_run("user", "disable", "--email", user["email"])
        finally:
            stack.sql("ALTER ROLE kabaido_tool SET lock_timeout = '10s'", user="postgres")
        assert "the database changed nothing: canceling statement due to lock timeout" in done.stderr
    assert stack.ctl("user", "disable", "--email", user["email"])["sessions_ended"] == 1
