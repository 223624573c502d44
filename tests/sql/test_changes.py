"""updated_at: in the order of commits, of the organisation's clock, whatever the writer says."""
import concurrent.futures
import datetime
import random
import threading
import time
import uuid

import pytest
from psycopg import errors, sql

import rows

HEADS = {"products": "product_id", "customers": "customer_id", "quotes": "quote_id",
         "orders": "order_id", "requests": "request_id"}
PARTS = {"quote_lines": "quotes", "order_lines": "orders", "contacts": "customers",
         "messages": "requests"}
MICROSECOND = datetime.timedelta(microseconds=1)


@pytest.fixture(scope="module")
def organisations(superuser):
    """A's and B's rows; the login role of a program that writes them."""
    superuser.execute("SET TimeZone = 'UTC'")
    superuser.execute("CREATE ROLE changes_erp LOGIN IN ROLE kabaido_application")
    yield {name: rows.insert_organisation(superuser, name) for name in ("A", "B")}
    superuser.execute("DROP ROLE changes_erp")


@pytest.fixture
def writer(connect, organisations):
    """Opens a connection that works for an organisation, as a program that writes or as a role."""
    def open_for(name="A", role="changes_erp"):
        connection = connect(role)
        connection.execute("SELECT set_config('kabaido.org_id', %s, false)",
                           [str(organisations[name]["organisations"]["org_id"])])
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET lock_timeout = '20s'")
        return connection
    return open_for


def number():
    """One that no other quote has."""
    return f"Q-{uuid.uuid4()}"


def insert_quote(connection, org_id, **columns):
    """Returns its id and times."""
    columns = {"org_id": org_id, "number": number(), "currency": "GBP", "subtotal_minor": 0,
               "total_minor": 0} | columns
    return connection.execute(
        sql.SQL("INSERT INTO quotes ({}) VALUES ({}) RETURNING quote_id, created_at, updated_at").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(sql.Placeholder() * len(columns))), list(columns.values())).fetchone()


def times(connection, table, row):
    """created_at and updated_at of a row."""
    return connection.execute(
        f"SELECT created_at, updated_at FROM {table} WHERE org_id = %s AND {HEADS[table]} = %s",
        [row["org_id"], row[HEADS[table]]]).fetchone()


def touch(connection, table, row):
    """Changes a row to what it is already, and returns when."""
    return connection.execute(
        f"UPDATE {table} SET org_id = org_id WHERE {HEADS[table]} = %s RETURNING updated_at",
        [row[HEADS[table]]]).fetchone()[0]


def moment(connection):
    return connection.execute("SELECT clock_timestamp()").fetchone()[0]


def wait_until_waiting(superuser, connection):
    """Until another session's statement waits for a lock."""
    deadline = time.monotonic() + 20
    while superuser.execute("SELECT wait_event_type IS DISTINCT FROM 'Lock' FROM pg_stat_activity "
                            "WHERE pid = %s", [connection.info.backend_pid]).fetchone()[0]:
        assert time.monotonic() < deadline, "it does not wait"
        time.sleep(0.01)


@pytest.fixture
def beside():
    """Runs a function beside the test; the future holds its result."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        yield pool.submit


def test_every_record_and_part_has_its_triggers(superuser):
    found = superuser.execute("""
        SELECT c.relname::text, array_agg(tgname::text ORDER BY tgname)
          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE tgname IN ('take_clock', 'stamp', 'stamp_owner') AND tgenabled = 'O' GROUP BY 1""").fetchall()
    assert dict(found) == {**{table: ["stamp", "take_clock"] for table in HEADS},
                           **{table: ["stamp_owner", "take_clock"] for table in PARTS}}
    recorded = superuser.execute("""
        SELECT relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attname = 'updated_at'""")
    assert {table for table, in recorded} == set(HEADS)


# --- The order of commits --------------------------------------------------------------------------


@pytest.mark.parametrize("table", HEADS)
def test_what_began_early_and_commits_late_is_later(writer, organisations, table):
    row = organisations["A"][table]
    early, late = writer(), writer()
    early.execute("BEGIN")
    began = early.execute("SELECT now()").fetchone()[0]
    changed_meanwhile = touch(late, table, row)
    changed = touch(early, table, row)
    early.execute("COMMIT")
    assert began < changed_meanwhile < changed == times(late, table, row)[1]


def test_a_change_waits_for_the_one_that_is_not_committed(superuser, writer, organisations, beside):
    first, second = writer(), writer()
    first.execute("BEGIN")
    changed_first = touch(first, "quotes", organisations["A"]["quotes"])
    waiting = beside(touch, second, "customers", organisations["A"]["customers"])
    wait_until_waiting(superuser, second)
    released = moment(first)
    first.execute("COMMIT")
    assert changed_first < released < waiting.result()


def test_a_change_that_is_taken_back_holds_nobody(writer, organisations):
    first, second = writer(), writer()
    first.execute("BEGIN")
    taken_back = touch(first, "quotes", organisations["A"]["quotes"])
    first.execute("ROLLBACK")
    assert touch(second, "quotes", organisations["A"]["quotes"]) > taken_back


def test_another_organisation_is_not_waited_for(writer, organisations):
    first, second = writer("A"), writer("B")
    second.execute("SET lock_timeout = '1s'")
    first.execute("BEGIN")
    touch(first, "quotes", organisations["A"]["quotes"])
    touch(second, "quotes", organisations["B"]["quotes"])
    first.execute("ROLLBACK")


def test_a_synchronisation_misses_nothing(writer, organisations):
    """Eight writers whose transactions overlap, and a reader that only ever asks for what comes after
    the last that it has seen, some rows at a time."""
    org_id = organisations["A"]["organisations"]["org_id"]
    writers = [writer() for _ in range(8)]
    reader = writer()
    numbers = [[number() for _ in range(12)] for _ in writers]
    first = reader.execute("SELECT max(updated_at) FROM quotes").fetchone()[0]
    finished = threading.Event()

    def write(connection, mine, seed):
        chance = random.Random(seed)
        for one in mine:
            connection.execute("BEGIN")
            connection.execute("SELECT now()")
            time.sleep(chance.random() / 50)
            insert_quote(connection, org_id, number=one)
            if chance.random() < 0.5:
                connection.execute("UPDATE quotes SET status = 'sent' WHERE number = %s",
                                   [chance.choice(mine)])
            time.sleep(chance.random() / 200)
            connection.execute(chance.choice(["COMMIT", "COMMIT", "COMMIT", "ROLLBACK"]))

    def read():
        seen, position = {}, (first, "ffffffff-ffff-ffff-ffff-ffffffffffff")
        while True:
            last_look = finished.is_set()
            page = reader.execute("SELECT updated_at, quote_id FROM quotes WHERE (updated_at, quote_id) "
                                  "> (%s, %s) ORDER BY updated_at, quote_id LIMIT 3", position).fetchall()
            for updated_at, quote_id in page:
                seen[quote_id] = updated_at
                position = (updated_at, quote_id)
            if last_look and not page:
                return seen

    with concurrent.futures.ThreadPoolExecutor() as pool:
        reading = pool.submit(read)
        try:
            for writing in [pool.submit(write, connection, mine, seed)
                            for seed, (connection, mine) in enumerate(zip(writers, numbers))]:
                writing.result()
        finally:
            finished.set()
        seen = reading.result()
    there = dict(reader.execute("SELECT quote_id, updated_at FROM quotes WHERE updated_at > %s",
                                [first]).fetchall())
    assert len(there) > 40
    assert seen == there


# --- Deadlocks -------------------------------------------------------------------------------------


def test_two_writers_in_opposite_order_do_not_deadlock(superuser, writer, organisations, beside):
    quote, customer = organisations["A"]["quotes"], organisations["A"]["customers"]
    first, second = writer(), writer()

    def in_opposite_order():
        with second.transaction():
            touch(second, "customers", customer)
            touch(second, "quotes", quote)

    first.execute("BEGIN")
    touch(first, "quotes", quote)
    other = beside(in_opposite_order)
    wait_until_waiting(superuser, second)
    touch(first, "customers", customer)
    first.execute("COMMIT")
    other.result()


@pytest.mark.parametrize("statement", [
    "DELETE FROM quotes WHERE number = %s",
    "UPDATE quotes SET status = 'draft' WHERE number = %s",
    "DELETE FROM quote_lines l USING quotes q WHERE q.quote_id = l.quote_id AND q.number = %s",
])
def test_who_waits_for_the_clock_has_locked_nothing(superuser, writer, organisations, beside,
                                                    statement):
    """Of what the holder of the clock may want next."""
    name = number()
    first, second = writer(), writer()
    quote_id, *_ = insert_quote(first, organisations["A"]["organisations"]["org_id"], number=name)
    rows.insert(first, "quote_lines", organisations["A"]["quote_lines"] | {
        "quote_id": quote_id, "line_id": rows.identifier("line", name)})
    first.execute("BEGIN")
    touch(first, "customers", organisations["A"]["customers"])
    other = beside(second.execute, statement, [name])
    wait_until_waiting(superuser, second)
    first.execute("UPDATE quotes SET status = 'sent' WHERE number = %s", [name])
    first.execute("UPDATE quote_lines SET qty = 1 WHERE quote_id = %s", [quote_id])
    first.execute("COMMIT")
    assert other.result().rowcount == 1


def test_who_takes_the_clock_first_may_read_before_writing(superuser, writer, organisations, beside):
    """As docs/database.md says: what is read after change_time() does not change any more."""
    quote = organisations["A"]["quotes"]
    first, second = writer(), writer()

    def read_and_write():
        with second.transaction():
            second.execute("SELECT change_time(current_org_id())")
            vat, = second.execute("SELECT vat_minor FROM quotes WHERE quote_id = %s FOR UPDATE",
                                  [quote["quote_id"]]).fetchone()
            second.execute("UPDATE quotes SET vat_minor = %s, total_minor = subtotal_minor + %s "
                           "WHERE quote_id = %s", [vat + 1, vat + 1, quote["quote_id"]])

    before, = first.execute("SELECT vat_minor FROM quotes WHERE quote_id = %s",
                            [quote["quote_id"]]).fetchone()
    first.execute("BEGIN")
    first.execute("SELECT change_time(current_org_id())")
    other = beside(read_and_write)
    wait_until_waiting(superuser, second)
    first.execute("UPDATE quotes SET vat_minor = vat_minor + 1, total_minor = total_minor + 1 "
                  "WHERE quote_id = %s", [quote["quote_id"]])
    first.execute("COMMIT")
    other.result()
    assert first.execute("SELECT vat_minor FROM quotes WHERE quote_id = %s",
                         [quote["quote_id"]]).fetchone() == (before + 2,)


def test_a_snapshot_that_is_older_than_the_last_change_writes_nothing(writer, organisations):
    connection = writer()
    with pytest.raises(errors.SerializationFailure), connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT 1 FROM quotes")
        touch(writer(), "customers", organisations["A"]["customers"])
        touch(connection, "quotes", organisations["A"]["quotes"])


# --- What a writer says ----------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["2000-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "now"])
@pytest.mark.parametrize("role", ["changes_erp", "kabaido_worker"])
def test_a_writer_s_updated_at_is_not_kept(writer, organisations, role, said):
    connection, row = writer(role=role), organisations["A"]["products"]
    before = moment(connection)
    connection.execute("UPDATE products SET updated_at = %s WHERE product_id = %s",
                       [said, row["product_id"]])
    assert before < times(connection, "products", row)[1] < moment(connection)
    connection.execute("BEGIN")
    before = moment(connection)
    new = row | {"product_id": rows.identifier("new", said), "sku": "new"}
    rows.insert(connection, "products", new | {"updated_at": said})
    assert before < times(connection, "products", new)[1] < moment(connection)
    connection.execute("ROLLBACK")


@pytest.mark.parametrize("table", HEADS)
def test_created_at_does_not_move(writer, organisations, table):
    connection, row = writer(), organisations["A"][table]
    created, updated = times(connection, table, row)
    connection.execute(f"UPDATE {table} SET created_at = '2001-01-01T00:00:00Z' WHERE {HEADS[table]} = %s",
                       [row[HEADS[table]]])
    assert times(connection, table, row)[0] == created
    assert times(connection, table, row)[1] > updated


def test_created_at_is_the_moment_of_the_first_change_unless_it_is_given(writer, organisations):
    connection, org_id = writer(), organisations["A"]["organisations"]["org_id"]
    _, created, updated = insert_quote(connection, org_id)
    assert created == updated
    given = datetime.datetime(2020, 2, 29, 12, tzinfo=datetime.timezone.utc)
    assert insert_quote(connection, org_id, created_at=given)[1] == given


def test_an_upsert_keeps_created_at_as_well(writer, organisations):
    connection, row = writer(), organisations["A"]["products"]
    created, updated = times(connection, "products", row)
    connection.execute("""
        INSERT INTO products (org_id, sku, title, currency) VALUES (current_org_id(), %s, 'Other', 'GBP')
            ON CONFLICT (org_id, sku) DO UPDATE SET title = excluded.title,
               created_at = excluded.created_at, updated_at = excluded.updated_at""", [row["sku"]])
    assert times(connection, "products", row)[0] == created
    assert times(connection, "products", row)[1] > updated


def test_a_transaction_s_changes_have_one_moment(writer, organisations):
    """Also across savepoints."""
    connection, mine = writer(), organisations["A"]
    with connection.transaction():
        moments = {touch(connection, "quotes", mine["quotes"])}
        with connection.transaction():
            moments.add(touch(connection, "customers", mine["customers"]))
        connection.execute("SAVEPOINT mistake")
        touch(connection, "orders", mine["orders"])
        connection.execute("ROLLBACK TO mistake")
        moments.add(touch(connection, "products", mine["products"]))
        moments.add(connection.execute("SELECT change_time(current_org_id())").fetchone()[0])
    assert len(moments) == 1


def test_a_clock_taken_in_a_savepoint_goes_with_it(writer, organisations):
    """Nobody else could have been kept from a moment that was given back."""
    connection, quote = writer(), organisations["A"]["quotes"]
    with connection.transaction():
        connection.execute("SAVEPOINT mistake")
        touch(connection, "quotes", quote)
        connection.execute("ROLLBACK TO mistake")
        other = touch(writer(), "quotes", quote)
        assert touch(connection, "quotes", quote) > other


# --- Records of several rows -----------------------------------------------------------------------


def second_part(organisations, part):
    """A row more than the one that each record has."""
    changes = {"position": 1, "line_id": rows.identifier("second", part), "is_primary": False,
               "message_id": rows.identifier("second", part),
               "contact_id": rows.identifier("second", part)}
    row = organisations["A"][part]
    return row | {column: value for column, value in changes.items() if column in row}


@pytest.mark.parametrize("part, head", PARTS.items())
def test_a_part_s_change_is_its_record_s(superuser, writer, organisations, part, head):
    """Made, changed or gone; by a program, or by an operator, who alone may delete some."""
    row = organisations["A"][head]
    program, operator = writer(), writer(role="kabaido_admin")
    where = f"WHERE {HEADS[head]} = '{row[HEADS[head]]}'"
    moments = [times(superuser, head, row)[1]]
    rows.insert(program, part, second_part(organisations, part))
    moments.append(times(superuser, head, row)[1])
    program.execute(f"UPDATE {part} SET org_id = org_id {where}")
    moments.append(times(superuser, head, row)[1])
    last = "NOT is_primary" if part == "contacts" else "position = 1"
    operator.execute(f"DELETE FROM {part} {where} AND {last}")
    moments.append(times(superuser, head, row)[1])
    assert moments == sorted(set(moments))


@pytest.mark.parametrize("part, head", PARTS.items())
def test_a_record_is_stamped_once_a_transaction(writer, organisations, part, head):
    """By its first part that changes, or by its own change."""
    connection, row = writer(), organisations["A"][head]
    where = f"WHERE {HEADS[head]} = '{row[HEADS[head]]}'"

    def version():
        return connection.execute(f"SELECT ctid::text FROM {head} {where}").fetchone()[0]

    before = version()
    connection.execute("BEGIN")
    rows.insert(connection, part, second_part(organisations, part))
    first = version()
    connection.execute(f"UPDATE {part} SET org_id = org_id {where}")
    assert before != first == version()
    connection.execute("ROLLBACK")
    connection.execute("BEGIN")
    touch(connection, head, row)
    first = version()
    connection.execute(f"UPDATE {part} SET org_id = org_id {where}")
    assert first == version()
    connection.execute("ROLLBACK")


def test_a_line_that_moves_changes_both_quotes(writer, organisations):
    connection, quote = writer(), organisations["A"]["quotes"]
    other, _, before = insert_quote(connection, quote["org_id"])
    with connection.transaction():
        connection.execute("UPDATE quote_lines SET quote_id = %s WHERE quote_id = %s",
                           [other, quote["quote_id"]])
        after = times(connection, "quotes", quote)[1]
        assert after == times(connection, "quotes", quote | {"quote_id": other})[1] > before
        connection.execute("UPDATE quote_lines SET quote_id = %s WHERE quote_id = %s",
                           [quote["quote_id"], other])


def test_the_worker_s_message_is_a_change_of_its_request(writer, organisations):
    """Though of a request it may write nothing else."""
    worker, row = writer(role="kabaido_worker"), organisations["A"]["requests"]
    worker.execute("BEGIN")
    before = times(worker, "requests", row)[1]
    rows.insert(worker, "messages", second_part(organisations, "messages"))
    assert times(worker, "requests", row)[1] > before
    with pytest.raises(errors.InsufficientPrivilege):
        worker.execute("UPDATE requests SET status = 'closed'")
    worker.execute("ROLLBACK")


# --- The clock itself ------------------------------------------------------------------------------


def test_no_later_change_is_earlier_when_the_server_s_clock_is_set_back(superuser, writer, organisations):
    """As if the last change had been made when the clock was an hour ahead."""
    row = organisations["B"]["quotes"]
    ahead = moment(superuser) + datetime.timedelta(hours=1)
    superuser.execute("UPDATE change_clock SET at = %s WHERE org_id = %s", [ahead, row["org_id"]])
    changed = [touch(writer("B"), "quotes", row) for _ in range(3)]
    assert changed == [ahead + MICROSECOND, ahead + 2 * MICROSECOND, ahead + 3 * MICROSECOND]
    superuser.execute("UPDATE change_clock SET at = now() WHERE org_id = %s", [row["org_id"]])


def test_a_clock_of_another_cluster_is_not_mistaken_for_one_s_own(superuser, writer, organisations):
    """A restored row may name the transaction that the new cluster happens to have come to."""
    connection, row = writer(), organisations["A"]["quotes"]
    connection.execute("BEGIN")
    connection.execute("SELECT pg_current_xact_id()")
    restored, = superuser.execute("""
        UPDATE change_clock SET at = now() - interval '1 hour', held_by = %s::text::xid8
         WHERE org_id = %s RETURNING at""",
        [str(connection.execute("SELECT pg_current_xact_id()::text").fetchone()[0]),
         row["org_id"]]).fetchone()
    assert touch(connection, "quotes", row) > restored + datetime.timedelta(minutes=59)
    connection.execute("COMMIT")


def test_an_organisation_s_first_change_makes_its_clock(superuser, connect):
    org_id, = superuser.execute("INSERT INTO organisations (name, plan) VALUES ('New', 'free') "
                                "RETURNING org_id").fetchone()
    connection = connect("kabaido_worker")
    with connection.transaction():
        connection.execute("SELECT set_config('kabaido.org_id', %s, true)", [str(org_id)])
        connection.execute("INSERT INTO customers (org_id, company) VALUES (%s, 'First')", [org_id])
    assert superuser.execute("SELECT updated_at = at FROM customers JOIN change_clock USING (org_id) "
                             "WHERE org_id = %s", [org_id]).fetchone() == (True,)


def test_there_is_no_clock_of_no_organisation(writer):
    connection = writer()
    connection.execute("SELECT set_config('kabaido.org_id', %s, false)", [str(uuid.uuid4())])
    with pytest.raises(errors.ForeignKeyViolation) as refused:
        connection.execute("UPDATE quotes SET status = 'sent'")
    assert refused.value.diag.constraint_name == "change_clock_org"


@pytest.mark.parametrize("role", ["changes_erp", "kabaido_worker"])
def test_nobody_takes_another_organisation_s_clock(writer, organisations, role):
    with pytest.raises(errors.InsufficientPrivilege):
        writer("A", role).execute("SELECT change_time(%s)",
                                  [organisations["B"]["organisations"]["org_id"]])


@pytest.mark.parametrize("name", [None, "B"])
def test_row_security_refuses_in_its_own_words(writer, connect, organisations, name):
    """Not the clock, which is asked before."""
    connection = writer(name) if name else connect("changes_erp")
    with pytest.raises(errors.InsufficientPrivilege, match='row-level security policy for table "quotes"'):
        insert_quote(connection, organisations["A"]["organisations"]["org_id"])


# --- Operators -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [None, "A"])
def test_an_operator_s_import_keeps_its_times(writer, connect, organisations, name):
    """Also those of a record whose lines follow in the same transaction; for one organisation or any."""
    operator = writer(name, "kabaido_admin") if name else connect("kabaido_admin")
    operator.execute("SET TimeZone = 'UTC'")
    org_id = organisations["A"]["organisations"]["org_id"]
    created = datetime.datetime(2019, 3, 1, tzinfo=datetime.timezone.utc)
    updated = datetime.datetime(2019, 4, 1, tzinfo=datetime.timezone.utc)
    with operator.transaction():
        quote_id, *_ = insert_quote(operator, org_id, created_at=created, updated_at=updated)
        rows.insert(operator, "quote_lines", organisations["A"]["quote_lines"] | {
            "quote_id": quote_id, "line_id": rows.identifier("imported", quote_id)})
    imported = {"org_id": org_id, "quote_id": quote_id}
    assert times(operator, "quotes", imported) == (created, updated)
    operator.execute("UPDATE quotes SET updated_at = %s WHERE quote_id = %s", [created, quote_id])
    assert times(operator, "quotes", imported) == (created, created)


@pytest.mark.parametrize("said", ["", ", updated_at = now()"])
def test_an_operator_s_change_is_stamped_unless_it_says_otherwise(connect, organisations, said):
    """In whichever organisations it changes something."""
    operator = connect("kabaido_admin")
    with operator.transaction():
        began = operator.execute("SELECT now()").fetchone()[0]
        operator.execute(f"UPDATE quotes SET status = 'draft'{said} WHERE number = 'Q-1024'")
        for name in ("A", "B"):
            assert times(operator, "quotes", organisations[name]["quotes"])[1] > began


def test_the_owner_s_migration_is_stamped_in_every_organisation(connect, organisations):
    """With the force lifted from the tables that it changes, and from no other."""
    owner = connect("kabaido_owner")
    with owner.transaction():
        began = owner.execute("SELECT now()").fetchone()[0]
        owner.execute("ALTER TABLE quotes NO FORCE ROW LEVEL SECURITY")
        owner.execute("ALTER TABLE quote_lines NO FORCE ROW LEVEL SECURITY")
        owner.execute("UPDATE quote_lines SET lead_time_days = 6 WHERE lead_time_days = 5")
        for name in ("A", "B"):
            assert times(owner, "quotes", organisations[name]["quotes"])[1] > began
        owner.execute("ALTER TABLE quote_lines FORCE ROW LEVEL SECURITY")
        owner.execute("ALTER TABLE quotes FORCE ROW LEVEL SECURITY")
