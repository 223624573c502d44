"""docs/database.md: its examples run as they stand, and what it says of tables, columns, constraints
and grants is what the database has."""
import re

import psycopg
import pytest

from cluster import ROOT, SQL

TEXT = (ROOT / "docs" / "database.md").read_text(encoding="utf-8")
WRITTEN = ["quotes", "quote_lines", "orders", "order_lines"]
GRANTEES = ["worker", "tool", "application", "definer"]


def blocks():
    """Role and text of each block of SQL, in order."""
    found = re.findall(r"^```sql( owner)?\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return [("kabaido_owner" if owner else "docs_erp", text) for owner, text in found]


def section(name):
    """The text under a heading, up to the next of its level."""
    found, = re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    return found


def rows_of_table(text, header):
    """Cells of the Markdown table that begins with this header line."""
    lines = text[text.index(header):].splitlines()[2:]
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture(scope="module")
def demo(cluster, database):
    """The module's database, holding the demonstration's data, as a superuser sees it."""
    cluster.psql(database, SQL / "demo" / "load.sql", role="kabaido_admin")
    with cluster.connect(database) as superuser:
        superuser.execute("CREATE ROLE docs_erp LOGIN IN ROLE kabaido_application")
        yield superuser
        superuser.execute("DROP ROLE docs_erp")


def run(cluster, database, role, text):
    """Each block on a connection of its own, as a reader pastes them."""
    refusal = re.search(r"^-- refused: (.*)$", text, re.MULTILINE)
    with cluster.connect(database, role) as connection:
        if not refusal:
            connection.execute(text)
            return
        with pytest.raises(psycopg.Error) as refused:
            connection.execute(text)
        assert refusal.group(1) in (refused.value.diag.constraint_name or
                                    refused.value.diag.message_primary)


@pytest.fixture(scope="module")
def read(cluster, database, demo):
    """The database after somebody has followed the page from top to bottom."""
    for role, text in blocks():
        try:
            run(cluster, database, role, text)
        except psycopg.Error as error:
            raise AssertionError(f"{error}\nin the example:\n{text}") from error
    return demo


def test_there_are_examples():
    assert len(blocks()) >= 10
    assert len([1 for _, text in blocks() if "-- refused:" in text]) >= 3


def test_the_examples_make_the_quote_that_they_tell_of(read):
    told = re.search(r"RETURNING subtotal_minor, vat_minor, total_minor;   -- (\d+), (\d+), (\d+)$",
                     TEXT, re.MULTILINE)
    head = read.execute("SELECT quote_id, status, subtotal_minor, vat_minor, total_minor, "
                        "sent_at < decided_at AND updated_at > decided_at FROM quotes "
                        "WHERE number = 'Q-2001'").fetchone()
    assert head[1:] == ("accepted", *map(int, told.groups()), True)
    lines = read.execute("SELECT position, line_type, trim_scale(qty)::text, uom FROM quote_lines "
                         "WHERE quote_id = %s ORDER BY position", [head[0]]).fetchall()
    assert lines == [(0, "product", "12", "EA"), (1, "service", "8", "EA"), (2, "product", "2.5", "M")]


def test_the_examples_make_the_order_of_that_quote(read):
    pairs = read.execute("""
        SELECT (o.currency, o.subtotal_minor, o.vat_minor, o.total_minor, o.customer_id)
             = (q.currency, q.subtotal_minor, q.vat_minor, q.total_minor, q.customer_id),
               (SELECT count(*) FROM order_lines l WHERE l.order_id = o.order_id)
          FROM orders o JOIN quotes q USING (org_id, quote_id) WHERE o.number = 'SO-3001'""")
    assert pairs.fetchall() == [(True, 3)]


def test_the_owner_s_example_reaches_every_organisation(read):
    assert read.execute("SELECT count(DISTINCT org_id) FROM quotes WHERE status = 'expired' "
                        "AND valid_until >= '2026-07-01'").fetchone()[0] > 1
    assert read.execute("SELECT relforcerowsecurity FROM pg_class "
                        "WHERE oid = 'quotes'::regclass").fetchone() == (True,)


def test_without_the_example_s_setting_nothing_is_seen(cluster, database, demo):
    with cluster.connect(database, "docs_erp") as connection:
        assert connection.execute("SELECT count(*) FROM quotes").fetchone() == (0,)


@pytest.mark.parametrize("table", WRITTEN)
def test_every_column_with_its_type_and_whether_it_may_be_null(superuser, table):
    there = [list(row) for row in superuser.execute("""
        SELECT a.attname,
               replace(replace(CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod)
                                    ELSE format_type(a.atttypid, a.atttypmod) END,
                               'timestamp with time zone', 'timestamptz'), ', ', ','),
               CASE WHEN a.attnotnull THEN 'no' ELSE 'yes' END
          FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
         ORDER BY a.attnum""", [table])]
    told = [[name.strip("`"), kind, null] for name, kind, null, _ in
            rows_of_table(section(table), "| column | type | null | what it is |")]
    assert told == there


@pytest.mark.parametrize("table", WRITTEN)
def test_every_constraint(superuser, table):
    there = {row[0] for row in superuser.execute("""
        SELECT conname FROM pg_constraint WHERE conrelid = %(table)s::regclass
        UNION
        SELECT c.conname FROM pg_constraint c JOIN pg_attribute a ON a.atttypid = c.contypid
         WHERE a.attrelid = %(table)s::regclass""", {"table": table})}
    told = {name for name in re.findall(r"`([a-z0-9_]+)`", section(table))
            if re.search(rf"^({table}|short_text|iso_currency|moment|calendar_date|quantity|percentage)_",
                         name)}
    assert there - told == set()
    assert {name for name in told if name.startswith(f"{table}_")} - there == set()


@pytest.mark.parametrize("table, column", [("quotes", "status"), ("quote_lines", "line_type"),
                                           ("orders", "status"), ("order_lines", "line_type")])
def test_every_value_of_a_closed_set(superuser, table, column):
    definition, = superuser.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint "
                                    "WHERE conname = %s", [f"{table}_{column}_known"]).fetchone()
    told, = [text for name, _, _, text in
             rows_of_table(section(table), "| column |") if name == f"`{column}`"]
    assert set(re.findall(r"'(\w+)'", definition)) == set(re.findall(r"`(\w+)`", told))


def test_every_table(superuser):
    there = {row[0] for row in superuser.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")}
    assert there == set(WRITTEN) | set(re.findall(r"^\*\*([a-z_]+)\*\*:", TEXT, re.MULTILINE))


def test_every_role(superuser):
    there = {row[0] for row in superuser.execute(
        "SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname LIKE 'kabaido%'")}
    told = list(rows_of_table(section("Roles"), "| role | logs in |"))
    assert {role.strip("`") for role, _, _ in told} == there
    for role, logs_in, _ in told:
        assert superuser.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s",
                                 [role.strip("`")]).fetchone() == (logs_in == "yes",)


def test_every_grant(superuser):
    """S, I, U, D; in brackets what is granted on some columns only."""
    there = {}
    for table, grantee, privilege, whole, some in superuser.execute("""
            SELECT c.relname, grantee, left(privilege, 1),
                   has_table_privilege('kabaido_' || grantee, c.oid, privilege),
                   privilege <> 'DELETE' AND has_any_column_privilege(
                       'kabaido_' || grantee, c.oid,
                       CASE privilege WHEN 'DELETE' THEN 'SELECT' ELSE privilege END)
              FROM pg_class c, unnest(%s::text[]) AS grantee,
                   unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'""", [GRANTEES]):
        cell = there.setdefault((table, grantee), set())
        if whole:
            cell.add(privilege)
        elif some:
            cell.add(f"({privilege})")
    told = {}
    for tables, *cells in rows_of_table(section("Roles"), "| table | worker | tool |"):
        for table in tables.split(", "):
            for grantee, cell in zip(GRANTEES, cells):
                told[table, grantee] = set(re.findall(r"\([SIUD]\)|\b[SIUD]\b", cell))
                told[table, grantee] -= {one[1] for one in told[table, grantee] if one[0] == "("}
    assert told == there


def test_currencies_with_other_exponents_are_currencies(superuser):
    for minor_units, currencies in rows_of_table(section("Money"), "| minor units |"):
        codes = re.findall(r"[A-Z]{3}", currencies)
        assert codes or minor_units == "100"
        for code in codes:
            superuser.execute("SELECT %s::iso_currency", [code])


def test_links_within_the_page_lead_somewhere():
    headings = {heading.lower().replace(" ", "-") for heading in
                re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]*)\)", TEXT)) - headings == set()
    for path in re.findall(r"\]\(\.\./([^)#]*)\)", TEXT):
        assert (ROOT / path).exists(), path
