"""Every statement that the programs send fits the schema, as the role that sends it."""
import re

import pytest
from psycopg import pq, sql

import rows
from cluster import SQL

QUERIES = SQL / "queries"
WORKERS = sorted(QUERIES.glob("*.sql"))
TOOLS = sorted((QUERIES / "tool").glob("*.sql"))
STATEMENTS = [pytest.param("kabaido_worker", path, id=path.stem) for path in WORKERS] + \
             [pytest.param("kabaido_tool", path, id=f"tool/{path.stem}") for path in TOOLS]


# A hundred keys and quotes more, so that reading too much shows.
MORE = """
    WITH key AS (INSERT INTO api_keys (org_id, name, scopes, created_by)
                 SELECT org_id, name, scopes, created_by FROM api_keys, generate_series(1, 100)
                 RETURNING org_id, key_id),
         log AS (INSERT INTO key_window (org_id, key_id) SELECT org_id, key_id FROM key),
         quote AS (INSERT INTO quotes (org_id, number, currency, subtotal_minor, total_minor)
                   SELECT org_id, 'more ' || i, currency, 0, 0 FROM quotes, generate_series(1, 100) i
                   RETURNING org_id, quote_id),
         line AS (INSERT INTO quote_lines (org_id, quote_id, position, line_type, description, qty,
                                           unit_price_minor)
                  SELECT org_id, quote_id, 0, 'manual', 'more', 1, 1 FROM quote)
    INSERT INTO credentials (public_id, org_id, key_id, salt, hash)
    SELECT left(md5(key.key_id::text), 8), org_id, key.key_id, salt, hash
      FROM key JOIN credentials USING (org_id)"""


@pytest.fixture(scope="module")
def tenant(superuser):
    inserted = rows.insert_organisation(superuser, "A")
    superuser.execute(MORE)
    superuser.execute("ANALYZE")
    return inserted


def prepare(connection, path):
    """Prepares a file as the programs do; returns the number of its parameters."""
    prepared = connection.pgconn.prepare(b"statement", path.read_bytes())
    assert prepared.status == pq.ExecStatus.COMMAND_OK, prepared.error_message.decode()
    return connection.pgconn.describe_prepared(b"statement").nparams


def execute(parameters):
    return sql.SQL("EXECUTE statement ({})" if parameters else "EXECUTE statement").format(
        sql.SQL(", ").join(map(sql.Literal, parameters)))


def nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def test_there_are_statements():
    assert {"admit", "quote_read"} <= {path.stem for path in WORKERS}
    assert {"key_create", "key_revoke"} <= {path.stem for path in TOOLS}


@pytest.mark.parametrize("role, path", STATEMENTS)
def test_prepares_and_is_allowed(connect, role, path):
    """EXPLAIN checks the role's rights on every table and function without running anything."""
    connection = connect(role)
    count = prepare(connection, path)
    connection.execute(sql.SQL("EXPLAIN {}").format(execute([None] * count)))


@pytest.mark.parametrize("role, path", STATEMENTS)
def test_says_what_it_is_and_is_one_statement(role, path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- ")
    code = [line for line in text.splitlines() if not line.startswith("--")]
    assert sum(line.count(";") for line in code) <= 1


# What each request runs, with what it is asked for in the tests' one organisation.
HOT = {
    "credential_find": lambda row: [row["credentials"]["public_id"]],
    "admit": lambda row: [row["api_keys"]["org_id"], row["api_keys"]["key_id"],
                          row["credentials"]["public_id"], "quotes:read", True],
    "key_read": lambda row: [row["api_keys"]["key_id"], row["credentials"]["public_id"]],
    "quote_read": lambda row: [row["quotes"]["quote_id"]],
    "quote_lines": lambda row: [row["quotes"]["quote_id"]],
}


@pytest.mark.parametrize("name", HOT)
def test_a_request_finds_its_rows_by_index(connect, tenant, name):
    """The planner may read a table from end to end only where no index would do; functions too."""
    worker = connect("kabaido_worker")
    prepare(worker, SQL / "queries" / f"{name}.sql")
    worker.execute("SELECT set_config('kabaido.org_id', %s, false)",
                   [str(tenant["organisations"]["org_id"])])
    worker.execute("SET enable_seqscan = off")
    with worker.transaction():
        assert worker.execute(execute(HOT[name](tenant))).rowcount == 1
        read = worker.execute("SELECT relname, seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables "
                              "WHERE seq_scan + idx_scan > 0").fetchall()
    assert read and [table for table, whole, _ in read if whole] == []
    # One by one, and of a key's window as often as it is looked at, mended and written.
    assert max(rows_of_table for *_, rows_of_table in read) <= 8


def test_lines_come_in_order_without_being_sorted(connect, tenant):
    worker = connect("kabaido_worker")
    prepare(worker, SQL / "queries" / "quote_lines.sql")
    worker.execute("SET enable_seqscan = off")
    worker.execute("SET enable_bitmapscan = off")
    plan, = worker.execute(sql.SQL("EXPLAIN (FORMAT json) {}").format(
        execute(HOT["quote_lines"](tenant)))).fetchone()
    assert [(node["Node Type"], node["Index Name"]) for node in nodes(plan[0]["Plan"])] == [
        ("Index Scan", "quote_lines_position_unique")]


@pytest.mark.parametrize("name", ["key_read", "quote_read", "quote_lines"])
def test_a_read_shows_nothing_without_an_organisation(connect, tenant, name):
    worker = connect("kabaido_worker")
    prepare(worker, SQL / "queries" / f"{name}.sql")
    assert worker.execute(execute(HOT[name](tenant))).fetchall() == []


def alike(name):
    """A statement on quotes or on orders without what the two call things and which columns they
    have, but for those of lines."""
    text = "\n".join(line for line in (QUERIES / f"{name}.sql").read_text().splitlines()
                     if not line.startswith("--"))
    if not name.endswith("_lines"):
        text = re.sub(r"^SELECT .*?(?=^ +FROM )", "", text, flags=re.S | re.M)
    return re.sub(r"quote|order(?=_|s\b)", "document", text)


@pytest.mark.parametrize("quotes, orders", [
    (f"quote{rest}", f"order{rest}")
    for rest in ("_read", "_lines", "s_list", "s_list_of_customer", "s_changed",
                 "s_changed_of_customer")])
def test_quotes_and_orders_are_asked_for_alike(quotes, orders):
    """The tables are two, so the statements are: one that is changed alone is told of here."""
    assert alike(quotes) == alike(orders)
