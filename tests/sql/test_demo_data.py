"""The demonstration data keeps what it promises: coverage, money that adds up, and the same rows on
every machine."""
import datetime
import decimal
import hashlib
import pathlib
import subprocess
import uuid

import pytest

from cluster import SQL

DOCUMENTED = uuid.UUID("7f0c0000-0000-0000-0000-000000000000")
LAST_DAY = datetime.date(2026, 6, 30)
DIGESTS = pathlib.Path(__file__).with_name("demo_data.sha256")
TABLES = ("organisations", "products", "customers", "contacts", "quotes", "quote_lines", "orders",
          "order_lines", "requests", "messages")


def load(cluster, database):
    """As the documentation says to, but on a machine with habits of its own."""
    environment = cluster.environment(database, "kabaido_admin") | {
        "LC_ALL": "C", "PGTZ": "Pacific/Chatham", "PGDATESTYLE": "German", "PGCLIENTENCODING": "LATIN1"}
    return subprocess.run(
        ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", str(SQL / "demo" / "load.sql")], cwd="/",
        env=environment, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture(scope="module")
def loaded(cluster, database):
    """What psql printed when the module's database was loaded."""
    done = load(cluster, database)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def demo(cluster, database, loaded):
    with cluster.connect(database, "kabaido_admin") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def values(connection, statement, *parameters):
    """The first column of every row."""
    return [row[0] for row in connection.execute(statement, parameters)]


def value(connection, statement, *parameters):
    one, = values(connection, statement, *parameters)
    return one


def records(connection, statement, *parameters):
    cursor = connection.execute(statement, parameters)
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row)) for row in cursor]


def rows_as_text(connection, table):
    """As PostgreSQL writes them, in an order that no locale changes; without the columns that it
    makes itself from others, of which load.sql says nothing."""
    columns = value(connection, "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) "
                                "FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
                                "AND NOT attisdropped AND attgenerated = ''", table)
    return values(connection, f'SELECT row::text FROM (SELECT {columns} FROM {table}) AS row '
                              'ORDER BY row::text COLLATE "C"')


def digests(connection):
    return {table: hashlib.sha256("\n".join(rows_as_text(connection, table)).encode()).hexdigest()
            for table in TABLES}


# --- Loading ---------------------------------------------------------------------------------------


def test_says_what_it_loaded(loaded):
    assert loaded.strip() == ("Demo data: 5 organisations, 2000 products, 300 customers, 500 quotes, "
                              "200 orders, 63 requests.")


def test_loading_again_says_so_and_changes_nothing(cluster, database, demo):
    before = digests(demo)
    done = load(cluster, database)
    assert (done.returncode, done.stdout.strip()) == (
        0, "The demo data is loaded already; nothing was changed.")
    assert digests(demo) == before


def test_two_loads_at_once_load_once(cluster, migrated):
    database = cluster.create_database("kabaido_demo_twice", template=migrated)
    command = ["psql", "-X", "-f", str(SQL / "demo" / "load.sql")]
    both = [subprocess.Popen(command, env=cluster.environment(database, "kabaido_admin"), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
    printed = sorted(one.communicate(timeout=120)[0].strip() for one in both)
    assert [one.returncode for one in both] == [0, 0], printed
    assert printed[0].startswith("Demo data: 5 organisations")
    assert printed[1] == "The demo data is loaded already; nothing was changed."


def test_a_namesake_is_refused_and_nothing_is_written(cluster, migrated):
    database = cluster.create_database("kabaido_demo_namesake", template=migrated)
    with cluster.connect(database) as superuser:
        superuser.execute("INSERT INTO organisations (name, plan) VALUES ('Atelier Brunel', 'free')")
        done = load(cluster, database)
        assert done.returncode != 0
        assert ("The demo data cannot be loaded: there is another organisation called 'Atelier Brunel'."
                in done.stdout)
        assert value(superuser, "SELECT count(*) FROM organisations") == 1
        assert value(superuser, "SELECT count(*) FROM products") == 0


def test_the_same_rows_on_every_machine(demo):
    """Against digests in a file, made on another machine."""
    found = "".join(f"{digest}  {table}\n" for table, digest in digests(demo).items())
    assert found == DIGESTS.read_text(), f"meant to change? then {DIGESTS.name} is:\n{found}"


def test_the_same_rows_whatever_the_database_s_habits(cluster, migrated, demo):
    database = cluster.create_database("kabaido_demo_habits", template=migrated)
    with cluster.connect(database) as superuser:
        for setting in ("TimeZone = 'America/St_Johns'", "DateStyle = 'SQL, DMY'",
                        "IntervalStyle = 'sql_standard'", "bytea_output = 'escape'",
                        "standard_conforming_strings = off", "extra_float_digits = -15",
                        "enable_hashjoin = off", "enable_mergejoin = off", "work_mem = '64kB'"):
            superuser.execute(f'ALTER DATABASE "{database}" SET {setting}')
    done = load(cluster, database)
    assert done.returncode == 0, done.stdout
    with cluster.connect(database, "kabaido_admin") as other:
        other.execute("SET TimeZone = 'UTC'")
        other.execute("SET DateStyle = 'ISO'")
        assert digests(other) == digests(demo)


# --- What there is ---------------------------------------------------------------------------------


def test_organisations_on_each_plan(demo):
    assert values(demo, "SELECT plan FROM organisations ORDER BY plan") == [
        "business", "business", "free", "team", "team"]
    assert value(demo, "SELECT count(*) FROM organisations JOIN plans USING (plan) "
                       "WHERE NOT integrations") == 1
    assert set(values(demo, "SELECT currency FROM organisations")) == {"GBP", "EUR", "JPY", "KWD"}


def test_nobody_has_more_products_than_the_plan_allows(demo):
    assert values(demo, """
        SELECT o.name FROM organisations o JOIN plans USING (plan)
         WHERE (SELECT count(*) FROM products p WHERE p.org_id = o.org_id) > product_limit""") == []


@pytest.mark.parametrize("table, count", [("products", 2000), ("customers", 300), ("quotes", 500),
                                          ("orders", 200)])
def test_counts(demo, table, count):
    assert value(demo, f"SELECT count(*) FROM {table}") == count
    assert value(demo, f"SELECT count(DISTINCT org_id) FROM {table}") == 5


def test_customers_have_contacts(demo):
    assert value(demo, "SELECT count(DISTINCT customer_id) FROM contacts") == 300
    counts = set(values(demo, "SELECT count(*) FROM contacts GROUP BY customer_id"))
    assert counts == {1, 2, 3, 4}


@pytest.mark.parametrize("table, statuses", [
    ("quotes", {"draft", "sent", "viewed", "accepted", "declined", "expired"}),
    ("orders", {"confirmed", "in_progress", "fulfilled", "cancelled"}),
    ("requests", {"open", "answered", "closed"})])
def test_every_status(demo, table, statuses):
    assert set(values(demo, f"SELECT status FROM {table}")) == statuses


@pytest.mark.parametrize("currency", ["GBP", "EUR", "JPY", "KWD"])
def test_every_currency_in_every_status_with_every_type_of_line(demo, currency):
    for head, statuses in (("quote", 6), ("order", 4)):
        assert value(demo, f"SELECT count(DISTINCT status) FROM {head}s WHERE currency = %s",
                     currency) == statuses
        assert set(values(demo, f"SELECT line_type FROM {head}_lines JOIN {head}s "
                                f"USING (org_id, {head}_id) WHERE currency = %s", currency)) == {
            "product", "configured", "service", "manual"}


def test_no_other_currency(demo):
    for table in ("products", "quotes", "orders"):
        assert set(values(demo, f"SELECT currency FROM {table}")) == {"GBP", "EUR", "JPY", "KWD"}


@pytest.mark.parametrize("head", ["quote", "order"])
def test_one_to_forty_lines_numbered_from_0(demo, head):
    found = records(demo, f"""
        SELECT count(line_id), min(position), max(position)
          FROM {head}s LEFT JOIN {head}_lines USING (org_id, {head}_id) GROUP BY {head}_id""")
    assert all(row["min"] == 0 and row["max"] == row["count"] - 1 for row in found)
    counts = {row["count"] for row in found}
    assert min(counts) == 1 and max(counts) == 40 and len(counts) > 20


# A few characters of each: Latin with accents, Han, kana, Arabic, emoji.
SCRIPTS = ["[éèçœ]", "[õäöü]", "[精機製作所]", "[ァ-ヺ]", "[؀-ۿ]", "[🌀-🫿]"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_text_is_in_many_scripts(demo, script):
    for table, column in (("products", "title"), ("quote_lines", "description"), ("messages", "body")):
        assert value(demo, f"SELECT count(*) FROM {table} WHERE {column} ~ %s", script) > 0, table
    if "🌀" not in script:
        assert value(demo, "SELECT count(*) FROM customers WHERE company ~ %s", script) > 0


def test_some_descriptions_have_two_lines(demo):
    assert value(demo, "SELECT count(*) FROM quote_lines WHERE description ~ E'\\n'") > 100


@pytest.mark.parametrize("table", TABLES)
def test_every_optional_column_is_filled_somewhere_and_null_elsewhere(demo, table):
    columns = values(demo, "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
                           "AND is_nullable = 'YES' AND table_schema = 'public' "
                           "AND is_generated = 'NEVER'", table)
    for column in columns:
        filled, total = demo.execute(f"SELECT count({column}), count(*) FROM {table}").fetchone()
        assert 0 < filled < total, column


def test_amounts_at_the_ends_of_their_range(demo):
    assert value(demo, "SELECT max(total_minor) FROM quotes WHERE currency = 'JPY'") > 2**31
    assert value(demo, "SELECT max(total_minor) FROM orders WHERE currency = 'JPY'") > 2**31
    assert value(demo, "SELECT max(total_minor) FROM quotes") == 2**53 + 1
    assert value(demo, "SELECT count(*) FROM quotes WHERE total_minor = 0") == 1
    assert value(demo, "SELECT count(*) FROM quotes WHERE discount_minor > 0") > 20


def test_exact_decimals(demo):
    assert value(demo, "SELECT count(*) FROM quote_lines WHERE qty = 2.5") > 0
    assert value(demo, "SELECT count(*) FROM quote_lines WHERE discount_pct = 33.3333") > 0
    assert value(demo, "SELECT count(*) FROM products WHERE stock_qty <> trunc(stock_qty)") > 0


def test_some_moments_have_fractions(demo):
    for table in ("quotes", "orders", "customers"):
        fractions = value(demo, f"SELECT count(*) FROM {table} "
                                "WHERE date_trunc('second', updated_at) <> updated_at")
        assert 0 < fractions < value(demo, f"SELECT count(*) FROM {table}") / 4


def test_nobody_real_is_written_to(demo):
    addresses = values(demo, "SELECT email FROM customers WHERE email IS NOT NULL UNION "
                             "SELECT email FROM contacts WHERE email IS NOT NULL")
    assert len(addresses) > 600
    assert [one for one in addresses if not (one.isascii() and one.endswith(".example"))] == []


# --- The documented quote --------------------------------------------------------------------------


def test_the_documented_quote_member_for_member(cluster, database, demo):
    """As a worker reads it, by the statements that it sends."""
    owner = value(demo, "SELECT org_id FROM organisations WHERE name = 'Northfield Tooling'")

    def read(connection, name):
        text = (SQL / "queries" / f"{name}.sql").read_text(encoding="utf-8").replace("$1", "%s")
        return records(connection, text.rstrip().rstrip(";"), DOCUMENTED)

    with cluster.connect(database, "kabaido_worker") as worker, worker.transaction():
        worker.execute("SET LOCAL TimeZone = 'UTC'")
        worker.execute("SELECT set_config('kabaido.org_id', %s, true)", [str(owner)])
        head, = read(worker, "quote_read")
        line, = read(worker, "quote_lines")

    def moment(text):
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))

    assert isinstance(head.pop("customer_id"), uuid.UUID)
    assert head == {
        "id": DOCUMENTED, "number": "Q-1024", "status": "accepted", "currency": "GBP",
        "subtotal_minor": 48500, "discount_minor": 0, "vat_minor": 9700, "total_minor": 58200,
        "valid_until": datetime.date(2026, 7, 1), "sent_at": moment("2026-06-02T10:30:00Z"),
        "decided_at": moment("2026-06-04T08:12:00Z"), "created_at": moment("2026-06-01T15:00:00Z"),
        "updated_at": moment("2026-06-04T08:12:00Z")}
    assert isinstance(line.pop("id"), uuid.UUID)
    assert line == {
        "position": 0, "line_type": "product", "description": "12mm 4 flute end mill", "qty": 10,
        "uom": "EA", "unit_price_minor": 4850, "discount_pct": 0, "vat_exempt": False,
        "lead_time_days": 5}
    assert str(line["qty"]) == "10"


def test_what_the_documented_quote_sells_is_in_the_catalogue(demo):
    product, = records(demo, "SELECT title, uom, price_minor, currency, lead_time_days FROM products "
                             "WHERE sku = 'EM-1204'")
    assert product == {"title": "12mm 4 flute end mill", "uom": "EA", "price_minor": 4850,
                       "currency": "GBP", "lead_time_days": 5}


# --- What holds for every row ----------------------------------------------------------------------


def half_away_from_zero(amount):
    return int(amount.quantize(decimal.Decimal(1), rounding=decimal.ROUND_HALF_UP))


def rounded_line(line):
    with decimal.localcontext() as context:
        context.prec = 60
        return half_away_from_zero(line["qty"] * line["unit_price_minor"]
                                   * (100 - line["discount_pct"]) / 100)


@pytest.mark.parametrize("head", ["quote", "order"])
def test_money_adds_up_over_the_lines(demo, head):
    """The subtotal is the lines'; VAT is a rate on what is not exempt, less its share of a discount."""
    lines = {}
    for line in records(demo, f"SELECT * FROM {head}_lines"):
        lines.setdefault(line[f"{head}_id"], []).append(line)
    rates = set()
    for one in records(demo, f"SELECT * FROM {head}s"):
        own = lines[one[f"{head}_id"]]
        subtotal = sum(map(rounded_line, own))
        taxed = sum(rounded_line(line) for line in own if not line["vat_exempt"])
        assert one["subtotal_minor"] == subtotal, one["number"]
        assert 0 <= one["discount_minor"] <= subtotal * 0.05 + 1
        assert one["total_minor"] == subtotal - one["discount_minor"] + one["vat_minor"]
        if one["discount_minor"]:
            taxed -= half_away_from_zero(decimal.Decimal(one["discount_minor"] * taxed) / subtotal)
        fitting = {rate for rate in ("0", "0.10", "0.20", "0.24")
                   if half_away_from_zero(decimal.Decimal(rate) * taxed) == one["vat_minor"]}
        assert fitting, one["number"]
        if len(fitting) == 1:
            rates |= fitting
    assert rates == {"0", "0.10", "0.20", "0.24"}


def test_moments_of_a_quote_fit_its_status(demo):
    for one in records(demo, "SELECT * FROM quotes"):
        sent, decided, valid = one["sent_at"], one["decided_at"], one["valid_until"]
        in_order = [moment for moment in (one["created_at"], sent, decided, one["updated_at"]) if moment]
        assert in_order == sorted(in_order), one["number"]
        assert in_order[-1].date() <= LAST_DAY
        assert (sent is None) == (one["status"] == "draft"), one["number"]
        assert (decided is not None) == (one["status"] in ("accepted", "declined")), one["number"]
        if decided:
            assert one["updated_at"] == decided and decided.date() <= valid
        if one["status"] in ("sent", "viewed"):
            assert valid >= LAST_DAY
        if one["status"] == "expired":
            assert valid < one["updated_at"].date()


def test_who_sells_and_buys_was_there_before(demo):
    for table in ("quotes", "orders"):
        assert values(demo, f"""
            SELECT number FROM {table} t JOIN customers c USING (org_id, customer_id)
             WHERE c.created_at > t.created_at""") == []
    for table in ("products", "customers", "contacts", "quotes", "orders", "requests"):
        assert value(demo, f"SELECT count(*) FROM {table} t JOIN organisations o USING (org_id) "
                           "WHERE o.created_at >= t.created_at") == 0


def test_orders_are_what_was_quoted(demo):
    from_quotes = records(demo, """
        SELECT o.number, o.created_at, o.updated_at, q.status, q.decided_at,
               (o.currency, o.subtotal_minor, o.discount_minor, o.vat_minor, o.total_minor)
                   = (q.currency, q.subtotal_minor, q.discount_minor, q.vat_minor, q.total_minor)
                   AND o.customer_id = q.customer_id AS same,
               ARRAY(SELECT (l.position, l.line_type, l.description, l.qty, l.uom, l.unit_price_minor,
                             l.discount_pct, l.vat_exempt, l.lead_time_days)::text
                       FROM order_lines l WHERE l.order_id = o.order_id ORDER BY l.position)
               = ARRAY(SELECT (l.position, l.line_type, l.description, l.qty, l.uom, l.unit_price_minor,
                               l.discount_pct, l.vat_exempt, l.lead_time_days)::text
                         FROM quote_lines l WHERE l.quote_id = q.quote_id ORDER BY l.position) AS lines
          FROM orders o JOIN quotes q USING (org_id, quote_id)""")
    assert 150 <= len(from_quotes) < 200
    for one in from_quotes:
        assert one["status"] == "accepted" and one["same"] and one["lines"], one["number"]
        assert one["decided_at"] <= one["created_at"] <= one["updated_at"]
        assert one["updated_at"].date() <= LAST_DAY
    assert value(demo, "SELECT count(*) FROM orders WHERE quote_id = %s", DOCUMENTED) == 1


def test_a_product_stands_once_in_a_quote(demo):
    assert values(demo, "SELECT quote_id FROM quote_lines WHERE line_type = 'product' "
                        "GROUP BY quote_id, split_part(description, E'\\n', 1) HAVING count(*) > 1") == []


def test_numbers_count_up_with_time(demo):
    """Within an organisation, kind and year, without gaps."""
    for table, form in (("quotes", r"^Q-(\d{4}|\d\d-\d{5})$"), ("orders", r"^(SO-\d{4}|O-\d\d-\d{5})$")):
        numbers = {}
        for one in records(demo, f"SELECT org_id, number FROM {table} WHERE number ~ %s "
                                 "ORDER BY created_at, number", form):
            series, _, serial = one["number"].rpartition("-")
            numbers.setdefault((one["org_id"], series), []).append(int(serial))
        assert sum(map(len, numbers.values())) == value(demo, f"SELECT count(*) FROM {table}")
        for found in numbers.values():
            assert found == list(range(found[0], found[0] + len(found)))


def test_requests_are_conversations(demo):
    threads = {}
    for one in records(demo, "SELECT m.*, r.created_at AS opened_at, r.updated_at, r.status "
                             "FROM messages m JOIN requests r USING (org_id, request_id) "
                             "ORDER BY request_id, position"):
        threads.setdefault(one["request_id"], []).append(one)
    assert len(threads) == 63
    assert set(map(len, threads.values())) == {1, 2, 3, 4, 6}
    for thread in threads.values():
        moments = [one["created_at"] for one in thread]
        assert [one["position"] for one in thread] == list(range(len(thread)))
        assert moments == sorted(moments) and moments[0] == thread[0]["opened_at"]
        assert moments[-1] == thread[0]["updated_at"] and moments[-1].date() <= LAST_DAY
        assert thread[0]["author"] == "customer"
        assert (len(thread) == 1) == (thread[0]["status"] == "open")
        assert not any("{" in one["body"] for one in thread)
    assert {one["author"] for thread in threads.values() for one in thread} == {
        "customer", "team", "system"}


def test_nothing_is_left_to_be_filled_in(demo):
    for table, column in (("quote_lines", "description"), ("order_lines", "description"),
                          ("products", "title"), ("requests", "title"), ("customers", "company")):
        assert values(demo, f"SELECT {column} FROM {table} WHERE {column} ~ '[{{}}%%]|NULL'") == []
