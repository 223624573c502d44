"""Signing in, as far as the database does it: who may what, the throttle's sums by an injected clock,
and what became of the users that stood before.

How wrong rows are refused and who holds which grant is in test_checks.py and test_row_security.py.
"""
import concurrent.futures
import hashlib
import random
import time
import uuid

import psycopg
import pytest
from psycopg import errors

import rows

ALICE, BOB = b"a" * 32, b"b" * 32  # of sessions


@pytest.fixture(scope="module")
def organisations(superuser):
    """Two, of which A has a member besides the owner; each has a session."""
    made = {name: rows.insert_organisation(superuser, name) for name in ("A", "B")}
    for name, organisation in made.items():
        superuser.execute("DELETE FROM sessions WHERE org_id = %s", [organisation["users"]["org_id"]])
        organisation["member"] = organisation["users"] | {
            "user_id": rows.identifier("member", name), "email": f"member-{name}@bolts.example",
            "role": "member"}
        rows.insert(superuser, "users", organisation["member"])
        for person, token_hash in ((organisation["users"], ALICE), (organisation["member"], BOB)):
            rows.insert(superuser, "sessions", {"org_id": person["org_id"], "token_hash": token_hash,
                                                "user_id": person["user_id"]})
    return made


@pytest.fixture
def a(organisations):
    return organisations["A"]


@pytest.fixture
def worker(connect):
    """A transaction of a worker, taken back when the test ends."""
    connection = connect("kabaido_worker")
    with connection.transaction(force_rollback=True):
        yield connection


def admit(connection, organisation, token_hash, to_manage_keys=False):
    return connection.execute(
        "SELECT verdict, user_id, email, role, integrations FROM session_admit(%s, %s, %s)",
        [organisation["users"]["org_id"], token_hash, to_manage_keys]).fetchone()


def act_for(connection, organisation):
    """What an API key's admission does, and nothing more."""
    connection.execute("SELECT set_config('kabaido.org_id', %s, true)",
                       [str(organisation["users"]["org_id"])])


def count(connection, table):
    return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


# --- What a key's admission does not open ------------------------------------------------------


INSERTS = {
    "api_keys": "INSERT INTO api_keys (org_id, name, scopes, created_by) "
                "VALUES (current_org_id(), 'x', '{quotes:read}', 'x')",
    "credentials": "INSERT INTO credentials (public_id, org_id, key_id, salt, hash) "
                   "SELECT 'AAAAAAAB', org_id, key_id, decode(repeat('00', 16), 'hex'), sha256('x') "
                   "FROM api_keys",
    "key_window": "INSERT INTO key_window (org_id, key_id) VALUES (current_org_id(), gen_random_uuid())",
    "sessions": "INSERT INTO sessions (org_id, token_hash, user_id) "
                "VALUES (current_org_id(), sha256('x'), '{user_id}')",
}
UPDATES = {
    "api_keys": ["name = 'x'", "requests_per_minute = 1000000", "revoked_at = now()"],
    "credentials": ["expires_at = NULL"],
    "users": ["scrypt_n = 16384"],
}


@pytest.mark.parametrize("table", INSERTS)
def test_an_organisation_alone_makes_nothing(worker, a, table):
    act_for(worker, a)
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security policy"):
        worker.execute(INSERTS[table].replace("{user_id}", str(a["users"]["user_id"])))


@pytest.mark.parametrize("table", INSERTS)
def test_nor_does_somebody_who_manages_no_keys(worker, a, table):
    """Whose sessions are theirs to make."""
    assert admit(worker, a, BOB)[0] == "admitted"
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security policy"):
        worker.execute(INSERTS[table].replace("{user_id}", str(a["users"]["user_id"])))


@pytest.mark.parametrize("table, change", [(table, change) for table, changes in UPDATES.items()
                                           for change in changes])
def test_an_organisation_alone_changes_nothing(worker, a, table, change):
    act_for(worker, a)
    assert worker.execute(f"UPDATE {table} SET {change}").rowcount == 0


@pytest.mark.parametrize("table, change", [(table, change) for table in ("api_keys", "credentials")
                                           for change in UPDATES[table]])
def test_nor_does_a_member(worker, a, table, change):
    assert admit(worker, a, BOB)[0] == "admitted"
    assert worker.execute(f"UPDATE {table} SET {change}").rowcount == 0


@pytest.mark.parametrize("token_hash, visible", [(None, 0), (BOB, 0), (ALICE, 1)])
def test_the_trail_is_read_by_who_manages_keys(worker, a, token_hash, visible):
    act_for(worker, a)
    if token_hash:
        admit(worker, a, token_hash)
    assert count(worker, "audit") == visible


def test_the_trail_is_written_by_whoever_does_something(worker, a):
    """A failed sign-in has nobody signed in."""
    act_for(worker, a)
    note = ("INSERT INTO audit (org_id, actor, action, subject) "
            "VALUES ({}, 'x', 'user.sign_in_failed', 'x')")
    assert worker.execute(note.format("current_org_id()")).rowcount == 1
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security policy"):
        worker.execute(note.format("gen_random_uuid()"))


@pytest.mark.parametrize("column", ["at", "audit_id"])
def test_when_something_was_done_is_the_databases_to_say(worker, a, column):
    act_for(worker, a)
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        worker.execute(f"INSERT INTO audit (org_id, actor, action, subject, {column}) "
                       "VALUES (current_org_id(), 'x', 'key.create', 'x', DEFAULT)")


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit",
                                       "TRUNCATE audit"])
@pytest.mark.parametrize("role", ["kabaido_worker", "kabaido_tool"])
def test_nobody_signed_in_or_not_changes_the_trail(connect, a, role, statement):
    connection = connect(role)
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"), \
            connection.transaction():
        if role == "kabaido_worker":
            admit(connection, a, ALICE)
        connection.execute(statement)


# --- What is one's own -------------------------------------------------------------------------


@pytest.mark.parametrize("token_hash, person", [(ALICE, "users"), (BOB, "member")])
def test_somebody_sees_oneself_and_ones_sessions(worker, a, token_hash, person):
    act_for(worker, a)
    assert (count(worker, "users"), count(worker, "sessions")) == (0, 0)
    admit(worker, a, token_hash)
    user_id = a[person]["user_id"]
    assert worker.execute("SELECT user_id FROM users").fetchall() == [(user_id,)]
    assert worker.execute("SELECT user_id, token_hash FROM sessions").fetchall() \
        == [(user_id, token_hash)]
    assert worker.execute("DELETE FROM sessions").rowcount == 1
    assert worker.execute("UPDATE users SET scrypt_p = 2").rowcount == 1


def test_nobody_signs_in_somebody_else(worker, a, organisations):
    admit(worker, a, BOB)
    for org_id, user_id in ((a["users"]["org_id"], a["users"]["user_id"]),
                            (organisations["B"]["users"]["org_id"], a["member"]["user_id"])):
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security policy"), \
                worker.transaction():
            worker.execute("INSERT INTO sessions (org_id, token_hash, user_id) VALUES (%s, %s, %s)",
                           [org_id, b"c" * 32, user_id])


@pytest.mark.parametrize("column", ["password_salt", "password_hash", "scrypt_n", "scrypt_r",
                                    "scrypt_p"])
def test_not_even_oneself_reads_what_proves_the_password(worker, a, column):
    admit(worker, a, ALICE)
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        worker.execute(f"SELECT {column} FROM users")


@pytest.mark.parametrize("change", ["role = 'owner'", "email = 'x@bolts.example'", "disabled_at = NULL",
                                    "org_id = org_id", "user_id = user_id"])
def test_nobody_makes_oneself_somebody_else(worker, a, change):
    admit(worker, a, BOB)
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        worker.execute(f"UPDATE users SET {change}")


@pytest.mark.parametrize("change", ["expires_at = 'infinity'", "seen_at = now()", "user_id = user_id"])
def test_nobody_prolongs_a_session(worker, a, change):
    admit(worker, a, ALICE)
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        worker.execute(f"UPDATE sessions SET {change}")


@pytest.mark.parametrize("column, value", [("expires_at", "'9999-01-01'"), ("seen_at", "'9999-01-01'"),
                                           ("created_at", "now()")])
def test_nobody_makes_a_session_that_lasts_longer(worker, a, column, value):
    admit(worker, a, ALICE)
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        worker.execute(f"INSERT INTO sessions (org_id, token_hash, user_id, {column}) "
                       f"VALUES (current_org_id(), sha256('x'), current_user_id(), {value})")


@pytest.mark.parametrize("role", ["kabaido_worker", "kabaido_tool", "kabaido_application"])
@pytest.mark.parametrize("table", ["sign_ins", "sign_in_buckets"])
@pytest.mark.parametrize("statement", ["SELECT 1 FROM {}", "DELETE FROM {}",
                                       "INSERT INTO {} DEFAULT VALUES", "UPDATE {0} SET {1} = {1}"])
def test_nobody_but_the_functions_reaches_the_look_up_and_the_buckets(connect, role, table, statement):
    connection = connect("postgres" if role == "kabaido_application" else role)
    if role == "kabaido_application":
        connection.execute("SET ROLE kabaido_application")
    column = {"sign_ins": "email", "sign_in_buckets": "bucket"}[table]
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table"):
        connection.execute(statement.format(table, column))


@pytest.mark.parametrize("call", [
    "session_admit(gen_random_uuid(), sha256('x'), false)",
    "sign_in_attempt('x', '{}', '{}', '{}')", "sign_in_refund('{}', '{}')",
    "sign_in_hold(gen_random_uuid(), gen_random_uuid(), sha256('x'))",
])
@pytest.mark.parametrize("role", ["kabaido_tool", "kabaido_application"])
def test_the_functions_are_the_workers(connect, role, call):
    connection = connect("postgres" if role == "kabaido_application" else role)
    connection.execute(f"SET ROLE {role}")
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for function"):
        connection.execute(f"SELECT * FROM {call}")


def test_temporary_tables_do_not_stand_in_for_ours(worker, a):
    """Whatever a worker makes: its admission and its tries go on reading the real ones."""
    for table in ("organisations", "plans"):
        worker.execute(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table})")
    worker.execute("CREATE TEMPORARY TABLE users (org_id uuid, user_id uuid, email text, role text, "
                   "password_salt bytea, password_hash bytea, scrypt_n int, scrypt_r int, "
                   "scrypt_p int, disabled_at timestamptz)")
    worker.execute("CREATE TEMPORARY TABLE sessions (org_id uuid, token_hash bytea, user_id uuid, "
                   "seen_at timestamptz, expires_at timestamptz)")
    worker.execute("CREATE TEMPORARY TABLE sign_ins (email text, org_id uuid, user_id uuid)")
    worker.execute("CREATE TEMPORARY TABLE sign_in_buckets (bucket bytea, empty_at timestamptz)")
    assert worker.execute("SELECT verdict FROM public.session_admit(%s, %s, true)",
                          [a["users"]["org_id"], ALICE]).fetchone() == ("admitted",)
    assert worker.execute("SELECT user_id FROM public.sign_in_attempt(%s, '{}', '{}', '{}')",
                          [a["users"]["email"]]).fetchone() == (a["users"]["user_id"],)


# --- Admission ---------------------------------------------------------------------------------


def test_an_admission_says_who(worker, a):
    assert admit(worker, a, ALICE, True) \
        == ("admitted", a["users"]["user_id"], a["users"]["email"], "owner", True)
    settings = worker.execute("SELECT current_org_id(), current_user_id(), current_user_manages_keys()")
    assert settings.fetchone() == (a["users"]["org_id"], a["users"]["user_id"], True)


def test_an_admission_is_its_transactions(connect, a):
    connection = connect("kabaido_worker")
    with connection.transaction():
        admit(connection, a, ALICE)
    settings = "SELECT current_org_id(), current_user_id(), current_user_manages_keys()"
    assert connection.execute(settings).fetchone() == (None, None, False)


@pytest.mark.parametrize("verdict, token_hash", [("role", BOB), ("signed_out", b"x" * 32)])
def test_a_refusal_opens_nothing(worker, a, verdict, token_hash):
    assert admit(worker, a, token_hash, True)[0] == verdict
    settings = worker.execute("SELECT current_org_id(), current_user_id(), current_user_manages_keys()")
    assert settings.fetchone() == (None, None, False)


def test_a_session_is_its_organisations(worker, a, organisations):
    """The digests are the same in these two; whose it is comes with the cookie."""
    assert admit(worker, a, ALICE)[1] == a["users"]["user_id"]
    other = organisations["B"]
    assert admit(worker, other, ALICE)[1] == other["users"]["user_id"]


@pytest.mark.parametrize("aged, verdict", [
    ("seen_at = clock_timestamp() - interval '29 minutes 59 seconds'", "admitted"),
    ("seen_at = clock_timestamp() - interval '30 minutes'", "signed_out"),
    ("expires_at = clock_timestamp() + interval '1 minute'", "admitted"),
    ("expires_at = clock_timestamp()", "signed_out"),
])
def test_the_two_ends_of_a_session(superuser, cluster, database, a, aged, verdict):
    superuser.execute("INSERT INTO sessions (org_id, token_hash, user_id) VALUES (%s, %s, %s)",
                      [a["users"]["org_id"], b"z" * 32, a["users"]["user_id"]])
    superuser.execute(f"UPDATE sessions SET {aged} WHERE token_hash = %s", [b"z" * 32])
    with cluster.connect(database, "kabaido_worker") as connection:
        assert admit(connection, a, b"z" * 32)[0] == verdict
    left = superuser.execute("DELETE FROM sessions WHERE token_hash = %s RETURNING seen_at > "
                             "clock_timestamp() - interval '1 minute' OR expires_at < clock_timestamp() "
                             "+ interval '1 minute'", [b"z" * 32]).fetchall()
    assert left == ([(True,)] if verdict == "admitted" else [])


def test_a_disabled_person_is_signed_out(superuser, worker, a):
    disable = "UPDATE users SET disabled_at = {} WHERE user_id = %s"
    superuser.execute(disable.format("now()"), [a["member"]["user_id"]])
    try:
        assert admit(worker, a, BOB)[0] == "signed_out"
    finally:
        superuser.execute(disable.format("NULL"), [a["member"]["user_id"]])


def test_requests_at_the_same_time_do_not_wait_for_each_other(cluster, database, superuser, a):
    superuser.execute("UPDATE sessions SET seen_at = clock_timestamp() - interval '2 minutes' "
                      "WHERE org_id = %s AND token_hash = %s", [a["users"]["org_id"], ALICE])
    with cluster.connect(database, "kabaido_worker") as one, \
            cluster.connect(database, "kabaido_worker") as other:
        other.execute("SET lock_timeout = '2s'")
        with one.transaction():
            assert admit(one, a, ALICE)[0] == "admitted"
            with other.transaction():
                assert admit(other, a, ALICE)[0] == "admitted"


# --- The throttle ------------------------------------------------------------------------------


def bucket(name):
    return hashlib.sha256(name.encode()).digest()


def attempt(connection, buckets, email="nobody@bolts.example"):
    """buckets: name to how many at once and seconds for one more. Returns seconds to wait, and whom
    it found."""
    return connection.execute(
        "SELECT retry_seconds, user_id FROM sign_in_attempt(%s, %s::bytea[], %s::int[], %s::int[])",
        [email, [bucket(name) for name in buckets], [most for most, _ in buckets.values()],
         [every for _, every in buckets.values()]]).fetchone()


def refund(connection, buckets):
    connection.execute("SELECT sign_in_refund(%s::bytea[], %s::int[])",
                       [[bucket(name) for name in buckets], [every for _, every in buckets.values()]])


def pass_time(superuser, seconds):
    superuser.execute("UPDATE sign_in_buckets SET empty_at = empty_at - make_interval(secs => %s)",
                      [seconds])


@pytest.fixture
def trying(connect):
    """A worker whose every statement commits by itself."""
    return connect("kabaido_worker")


def fresh(most=3, every=60):
    return {uuid.uuid4().hex: (most, every)}


def test_a_bucket_takes_so_many_at_once_and_one_each_so_many_seconds(trying, superuser):
    buckets = fresh(3, 60)
    waits = [attempt(trying, buckets)[0] for _ in range(4)]
    assert waits[:3] == [0, 0, 0] and 1 <= waits[3] <= 60
    pass_time(superuser, waits[3])
    assert attempt(trying, buckets)[0] == 0
    assert attempt(trying, buckets)[0] > 0
    pass_time(superuser, 3600)
    assert [attempt(trying, buckets)[0] > 0 for _ in range(4)] == [False] * 3 + [True]


def test_what_one_waits_is_enough_and_the_least(trying, superuser):
    """Rounded up to a second."""
    buckets = fresh(2, 100)
    attempt(trying, buckets), attempt(trying, buckets)
    wait = attempt(trying, buckets)[0]
    assert 98 <= wait <= 100
    pass_time(superuser, wait - 3)
    assert 1 <= attempt(trying, buckets)[0] <= 3
    pass_time(superuser, 3)
    assert attempt(trying, buckets)[0] == 0


def test_a_try_that_is_refused_drips_nowhere(trying, superuser):
    """Neither into the bucket that is full nor into the others."""
    full, other = fresh(1, 60), fresh(5, 60)
    attempt(trying, full)
    read = "SELECT bucket, empty_at::text FROM sign_in_buckets WHERE bucket = ANY (%s) ORDER BY 1"
    names = [bucket(name) for name in full | other]
    attempt(trying, full | other)
    before = superuser.execute(read, [names]).fetchall()
    for _ in range(5):
        assert attempt(trying, full | other)[0] > 0
    assert superuser.execute(read, [names]).fetchall() == before
    assert [attempt(trying, other)[0] for _ in range(5)] == [0] * 5


def test_the_fullest_bucket_says_how_long(trying):
    quick, slow = fresh(1, 10), fresh(1, 500)
    attempt(trying, quick | slow)
    assert 400 < attempt(trying, quick | slow)[0] <= 500
    assert 1 <= attempt(trying, quick)[0] <= 10


def test_a_refund_takes_back_one(trying):
    buckets = fresh(2, 60) | fresh(4, 60)
    for _ in range(20):
        assert attempt(trying, buckets)[0] == 0
        refund(trying, buckets)
    assert [attempt(trying, buckets)[0] > 0 for _ in range(3)] == [False, False, True]
    refund(trying, buckets)
    assert [attempt(trying, buckets)[0] > 0 for _ in range(2)] == [False, True]


def test_refunds_are_no_credit(trying, superuser):
    """Whoever is given back what has dripped out meanwhile has no more than an empty bucket."""
    buckets = fresh(2, 60)
    attempt(trying, buckets)
    pass_time(superuser, 3600)
    for _ in range(10):
        refund(trying, buckets)
    assert [attempt(trying, buckets)[0] > 0 for _ in range(3)] == [False, False, True]


def test_a_throttled_try_finds_nobody(trying, a):
    buckets = fresh(1, 60)
    assert attempt(trying, buckets, a["users"]["email"]) == (0, a["users"]["user_id"])
    wait, found = attempt(trying, buckets, a["users"]["email"])
    assert wait > 0 and found is None


@pytest.mark.parametrize("email", ["owner-A@bolts.example", "OWNER-A@BOLTS.EXAMPLE",
                                   "owner-a@bolts.example"])
def test_an_address_is_found_in_any_letters(trying, a, email):
    assert attempt(trying, fresh(), email) == (0, a["users"]["user_id"])


def test_an_unknown_address_is_a_row_of_nulls(trying):
    row = trying.execute("SELECT * FROM sign_in_attempt('nobody@bolts.example', '{}', '{}', '{}')")
    assert row.fetchall() == [(0,) + (None,) * 9]


def test_at_the_same_time_never_more_than_the_burst_and_no_deadlock(cluster, database, superuser):
    """Many buckets, long empty, each try with three of them in an order of its own."""
    names = [uuid.uuid4().hex for _ in range(4)]
    superuser.execute("INSERT INTO sign_in_buckets SELECT b, clock_timestamp() - interval '1 hour' "
                      "FROM unnest(%s::bytea[]) b", [[bucket(name) for name in names]])

    def try_often(number):
        chance = random.Random(number)
        passed = {name: 0 for name in names}
        with cluster.connect(database, "kabaido_worker") as connection:
            for _ in range(25):
                chosen = chance.sample(names, 3)
                if attempt(connection, {name: (20, 3600) for name in chosen})[0] == 0:
                    for name in chosen:
                        passed[name] += 1
        return passed

    with concurrent.futures.ThreadPoolExecutor(8) as crowd:
        results = list(crowd.map(try_often, range(8)))
    totals = {name: sum(passed[name] for passed in results) for name in names}
    assert max(totals.values()) == 20
    assert all(total <= 20 for total in totals.values())


def test_who_tidies_up_makes_nobody_wait(cluster, database, superuser, trying):
    """Two tries, one of which would have to remove what the other is about to use."""
    first, second = fresh(), fresh()
    (name,) = second
    with cluster.connect(database, "kabaido_worker") as other, \
            concurrent.futures.ThreadPoolExecutor(1) as thread:
        with other.transaction():
            attempt(other, first)
            superuser.execute("INSERT INTO sign_in_buckets "
                              "VALUES (%s, clock_timestamp() - interval '1 hour')", [bucket(name)])
            waiting = thread.submit(attempt, trying, first)
            wait_for_lock(superuser, trying)
            assert attempt(other, second)[0] == 0
        assert waiting.result()[0] == 0


def wait_for_lock(superuser, connection):
    end = time.monotonic() + 30
    while superuser.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s",
                            [connection.info.backend_pid]).fetchone() != ("Lock",):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_buckets_that_are_empty_go_a_few_at_a_time(trying, superuser):
    superuser.execute("DELETE FROM sign_in_buckets")
    superuser.execute("INSERT INTO sign_in_buckets SELECT sha256(i::text::bytea), clock_timestamp() "
                      "- interval '1 s' FROM generate_series(1, 20) i")
    left = []
    for _ in range(3):
        attempt(trying, fresh())
        left.append(superuser.execute("SELECT count(*) FROM sign_in_buckets "
                                      "WHERE empty_at < clock_timestamp()").fetchone()[0])
    assert left == [12, 4, 0]
    assert count(superuser, "sign_in_buckets") == 3


# --- Who an address belongs to -----------------------------------------------------------------


@pytest.fixture
def tool(connect):
    """A transaction of the tool, taken back when the test ends."""
    connection = connect("kabaido_tool")
    with connection.transaction(force_rollback=True):
        yield connection


@pytest.mark.parametrize("organisation", ["A", "B"])
@pytest.mark.parametrize("written", [str, str.upper, str.title])
def test_an_address_is_one_persons_over_all_organisations(tool, organisations, organisation, written):
    taken = organisations["A"]["users"]
    with pytest.raises(errors.UniqueViolation):
        rows.insert(tool, "users", organisations[organisation]["users"] | {
            "user_id": uuid.uuid4(), "email": written(taken["email"])})


def test_lower_case_is_asciis(tool, a):
    """In the database as in the workers, so that neither finds whom the other does not."""
    for email in ("ÄDA@bolts.example", "äda@bolts.example", "İda@bolts.example"):
        rows.insert(tool, "users", a["users"] | {"user_id": uuid.uuid4(), "email": email})


def test_another_address_takes_the_place_of_the_former(superuser, a, trying):
    rename = "UPDATE users SET email = %s WHERE user_id = %s"
    superuser.execute(rename, ["New-A@bolts.example", a["member"]["user_id"]])
    try:
        assert attempt(trying, fresh(), "new-a@bolts.example")[1] == a["member"]["user_id"]
        assert attempt(trying, fresh(), a["member"]["email"])[1] is None
    finally:
        superuser.execute(rename, [a["member"]["email"], a["member"]["user_id"]])


def test_who_is_gone_signs_in_no_more(superuser, a, trying):
    gone = a["users"] | {"user_id": uuid.uuid4(), "email": "gone@bolts.example"}
    rows.insert(superuser, "users", gone)
    rows.insert(superuser, "sessions", {"org_id": gone["org_id"], "user_id": gone["user_id"],
                                        "token_hash": b"g" * 32})
    superuser.execute("DELETE FROM users WHERE user_id = %s", [gone["user_id"]])
    assert attempt(trying, fresh(), gone["email"]) == (0, None)
    for table in ("sessions", "sign_ins"):
        assert superuser.execute(f"SELECT 1 FROM {table} WHERE user_id = %s",
                                 [gone["user_id"]]).fetchall() == []


@pytest.fixture
def former(cluster):
    """A database as it was before the change, with users of two organisations."""
    name = cluster.create_database("sessions_former")
    cluster.sqitch(name, "deploy", "--to", "sessions^")
    with cluster.connect(name) as connection:
        for organisation in ("A", "B"):
            row = rows.of_organisation(organisation)
            for table in ("organisations", "users"):
                rows.insert(connection, table, row[table])
    return name


def test_the_users_that_stood_before_can_sign_in(cluster, former):
    cluster.sqitch(former, "deploy", "--to", "sessions")
    with cluster.connect(former) as connection:
        found = connection.execute("SELECT email, org_id, user_id FROM sign_ins ORDER BY 1").fetchall()
        expected = [rows.of_organisation(name)["users"] for name in ("A", "B")]
        assert found == [(row["email"].lower(), row["org_id"], row["user_id"]) for row in expected]
        assert connection.execute("SELECT relforcerowsecurity FROM pg_class "
                                  "WHERE oid = 'users'::regclass").fetchone() == (True,)


def test_two_users_of_one_address_stop_the_change(cluster, former):
    """Whose it is then is not a migration's to decide; nothing of it is there."""
    with cluster.connect(former) as connection:
        connection.execute("UPDATE users SET email = 'Same@bolts.example'")
    with pytest.raises(AssertionError, match="sign_ins_pkey"):
        cluster.sqitch(former, "deploy", "--to", "sessions")
    with cluster.connect(former) as connection:
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT 1 FROM sign_ins")
