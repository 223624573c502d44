"""The schema keeps to the rules by which it can be spread over several servers by organisation; how stands in
docs/scaling.md. Citus is not in Debian, so its rules are held against the catalogue here, and every
statement's plan is looked at for whose rows it may touch.

What begins with org_id and carries it is also in test_row_security.py, which asks it of the tables; here it
is asked of what docs/scaling.md would make of them."""
import json
import re

import pytest
from psycopg import pq

import rows
from cluster import ROOT, SQL

QUERIES = SQL / "queries"
TEXT = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")

STATEMENTS = {str(path.relative_to(QUERIES))[:-4]: path for path in sorted(QUERIES.rglob("*.sql"))}

# Statements that are not about one organisation, and why. None is a worker's, but by the functions below.
ACROSS = {
    "tool/audit_list": "an operator may ask for every organisation's trail",
    "tool/org_list": "lists the organisations with the number of each one's keys",
    "tool/user_disable": "the tool knows a person by e-mail address alone",
    "tool/user_enable": "the tool knows a person by e-mail address alone",
    "tool/user_lock": "the tool knows a person by e-mail address alone",
    "tool/user_set_password": "the tool knows a person by e-mail address alone",
}

# Tables that are asked before any organisation is known, by something else than org_id: they would be on
# every server. The look-up by these columns is what may come before.
DIRECTORY = {"credentials": "public_id", "sign_ins": "email", "organisations": "name"}

# Calls of functions that reach across organisations, and in which tables. All others touch one.
CALLS_ACROSS = {
    "credential_find": {"credentials"},           # a key's public id, before anything is known of the asker
    "sign_in_attempt": {"sign_ins", "users"},     # an e-mail address, likewise, and whose it is
    "change a plan": {"organisations", "api_keys"},  # an operator, for all who are on the plan
}


# --- The tables, as docs/scaling.md would have Citus spread them -------------------------------


@pytest.fixture(scope="module")
def catalogue(superuser):
    """Table to columns of each unique index, and the foreign keys."""
    unique = {}
    for table, columns in superuser.execute("""
            SELECT t.relname::text, array_agg(a.attname::text ORDER BY k.place)
              FROM pg_index i
              JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = 'public'::regnamespace
             CROSS JOIN LATERAL unnest(i.indkey[:i.indnkeyatts - 1]) WITH ORDINALITY AS k (number, place)
              LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
             WHERE i.indisunique GROUP BY i.indexrelid, t.relname"""):
        unique.setdefault(table, []).append(columns)
    foreign = superuser.execute("""
        SELECT c.conname::text, c.conrelid::regclass::text, c.confrelid::regclass::text,
               array_agg((a.attname || '=' || f.attname)::text)
          FROM pg_constraint c
         CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (mine, theirs)
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.mine
          JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = k.theirs
         WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace GROUP BY c.oid""").fetchall()
    return unique, foreign


def spread():
    """Table to (distribution column or None, co-located with), in the order of docs/scaling.md; and the
    constraints that go before."""
    block, = re.findall(r"^```sql citus\n(.*?)^```$", TEXT, re.M | re.S)
    tables = {}
    for kind, table, column, group in re.findall(
            r"create_(reference|distributed)_table\('(\w+)'(?:, '(\w+)', colocate_with => '(\w+)')?\)",
            block):
        assert table not in tables and (kind == "reference") == (column == "")
        tables[table] = (column or None, group)
    return tables, set(re.findall(r"ALTER TABLE \w+ DROP CONSTRAINT (\w+);", block)), block


def test_every_table_has_its_place(superuser):
    there = {name for name, in superuser.execute(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")}
    tables, _, _ = spread()
    assert set(tables) == there


def test_tables_of_organisations_are_spread_by_it_and_together():
    """All of an organisation is on one server; on every server is what is asked by something else."""
    tables, _, _ = spread()
    by_organisation = {table for table, (column, _) in tables.items() if column == "org_id"}
    everywhere = {table for table, (column, _) in tables.items() if column is None}
    assert everywhere == {"plans", *DIRECTORY}
    assert set(tables) - by_organisation - everywhere == {"sign_in_buckets"}
    groups = {group for table, (_, group) in tables.items() if table in by_organisation}
    assert groups == {"none", "api_keys"} and tables["api_keys"] == ("org_id", "none")
    assert {table for table in by_organisation if tables[table][1] == "none"} == {"api_keys"}


def test_unique_indexes_have_the_column_by_which_their_table_is_spread(catalogue):
    unique, _ = catalogue
    tables, _, _ = spread()
    assert len(unique) == len(tables)
    wrong = [(table, columns) for table, indexes in unique.items() for columns in indexes
             if tables[table][0] is not None and columns[0] != tables[table][0]]
    assert wrong == []


def test_foreign_keys_stay_on_one_server(catalogue):
    """From a table that is spread to one that is everywhere, or to one beside it along org_id; never from one
    that is everywhere to one that is spread: those are dropped, and no others."""
    _, foreign = catalogue
    tables, dropped, _ = spread()
    order = list(tables)
    cannot = set()
    for name, table, target, pairs in foreign:
        if tables[target][0] is None:
            assert order.index(target) < order.index(table), f"{name}: {target} first"
        elif tables[table][0] is None:
            cannot.add(name)
        else:
            assert "org_id=org_id" in pairs, name
            assert order.index(target) < order.index(table), f"{name}: {target} first"
    assert len(foreign) > 15 and cannot == dropped


def test_functions_that_would_run_beside_the_rows_are_there(superuser):
    """create_distributed_function() names a signature and an argument: the organisation."""
    _, _, block = spread()
    named = re.findall(r"create_distributed_function\('([^']+)', '(\w+)', colocate_with => '(\w+)'\)", block)
    assert {signature.partition("(")[0] for signature, _, _ in named} >= {"admit", "session_admit"}
    for signature, argument, group in named:
        names, = superuser.execute("SELECT proargnames FROM pg_proc WHERE oid = to_regprocedure(%s)",
                                   [signature]).fetchone()
        assert argument == names[0] == "p_org_id" and group == "api_keys"


# --- Whose rows a plan touches -----------------------------------------------------------------

CURRENT = "(NULLIF(current_setting('kabaido.org_id'::text, true), ''::text))::uuid"


def nodes(plan):
    """All of them but those below a BitmapOr, whose conditions need not hold together: the scan above it has
    them all."""
    yield plan
    for part in plan.get("Plans", []) if plan["Node Type"] != "BitmapOr" else []:
        yield from nodes(part)


def stripped(text):
    """Without the parentheses around the whole."""
    while text.startswith("("):
        depth = 0
        for place, character in enumerate(text):
            depth += (character == "(") - (character == ")")
            if depth == 0:
                break
        if place < len(text) - 1:
            return text
        text = text[1:-1]
    return text


def split(text, word):
    """The parts of a condition between AND or OR, outside of all parentheses."""
    parts, depth, begin = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and text.startswith(f" {word} ", place):
            parts.append(text[begin:place])
            begin = place + len(word) + 2
    return [*parts, text[begin:]]


def conjuncts(text):
    """What has to hold for a condition to hold: of either one or another, what they have in common."""
    text = stripped(text)
    if len(parts := split(text, "AND")) > 1:
        return set.union(*map(conjuncts, parts))
    if len(parts := split(text, "OR")) > 1:
        return {text} | set.intersection(*map(conjuncts, parts))
    return {text}


CONDITIONS = ("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter", "TID Cond")


class Plan:
    """The tables that a plan reads, and which of them are held to an organisation. EXPLAIN (VERBOSE) gives
    each table its own alias, so that conditions can be followed from one to the other."""

    def __init__(self, plan, tenants):
        self.nodes = list(nodes(plan))
        self.scans = {node["Alias"]: node["Relation Name"] for node in self.nodes
                      if node.get("Relation Name") in tenants and node.get("Schema") == "public"
                      and node["Node Type"] != "ModifyTable"}
        self.conditions = [part for node in self.nodes for name in CONDITIONS if name in node
                           for part in conjuncts(node[name])]
        self.groups = {}
        for part in self.conditions:
            self.join_equal(part)
        self.follow_outputs()

    def find(self, name):
        while self.groups.setdefault(name, name) != name:
            name = self.groups[name]
        return name

    def join(self, one, other):
        self.groups[self.find(one)] = self.find(other)

    def join_equal(self, part):
        sides = [stripped(side) for side in stripped(part).split(" = ")]
        if len(sides) == 2 and any(re.fullmatch(r"\w+\.org_id", side) for side in sides):
            one, other = (self.of_list(side) for side in sides)
            self.join(one, other)

    @staticmethod
    def of_list(side):
        """ANY of a list in which there is one organisation is that one."""
        found = set(re.findall(r"'([0-9a-f-]{36})'::uuid", side)) if side.startswith("ANY") else set()
        for inner in re.findall(r"ANY \('{(.*?)}'::uuid\[\]\)", side):
            found |= set(inner.split(",")) - {"NULL"}
        return f"'{found.pop()}'::uuid" if len(found) == 1 else side

    def follow_outputs(self):
        """What is read out of a CTE or a subquery is what it was made of."""
        made = {node["Subplan Name"].removeprefix("CTE "): node for node in self.nodes
                if node.get("Subplan Name", "").startswith("CTE ")}
        for node in self.nodes:
            source = made.get(node.get("CTE Name")) or (
                node["Plans"][0] if node["Node Type"] == "Subquery Scan" else None)
            for output in map(stripped, (source or {}).get("Output", [])):
                if re.fullmatch(r"\w+\.org_id", output) or output == stripped(CURRENT):
                    self.join(f"{node['Alias']}.org_id", output)

    def held_to(self, roots):
        roots = {self.find(stripped(root)) for root in roots}
        return {alias for alias in self.scans if self.find(f"{alias}.org_id") in roots}

    def free(self, *roots):
        """Tables of which rows of other organisations might be read."""
        return {self.scans[alias] for alias in set(self.scans) - self.held_to(roots)}

    def looked_up(self):
        """Aliases of tables of the directory, each asked by the column that stands for an organisation."""
        return {alias for alias, table in self.scans.items() if table in DIRECTORY and any(
            re.search(rf"\b{alias}\.{DIRECTORY[table]}(\)::text)? = ", part)
            and not re.match(r"\(?\(?\$\d+ IS NULL\) OR ", part) for part in self.conditions)}


def test_conditions_are_taken_apart():
    assert conjuncts("((a.org_id = $1) AND ((b.x = 1) OR (c.org_id = $1)) AND (d.y > 2))") == {
        "a.org_id = $1", "(b.x = 1) OR (c.org_id = $1)", "d.y > 2"}
    assert "a.x = 1" in conjuncts("(((a.x = 1) AND (a.y = 2)) OR ((a.x = 1) AND (a.z = 3)))")
    plan = Plan({"Node Type": "Seq Scan", "Relation Name": "quotes", "Schema": "public", "Alias": "q",
                 "Filter": "((q.org_id = $1) OR (q.total_minor = 1))"}, {"quotes"})
    assert plan.free("$1") == {"quotes"}
    plan = Plan({"Node Type": "Seq Scan", "Relation Name": "quotes", "Schema": "public", "Alias": "q",
                 "Filter": f"((q.org_id = {CURRENT}) AND (q.total_minor = 1))"}, {"quotes"})
    assert plan.free(CURRENT) == set()


@pytest.fixture(scope="module")
def tenants(superuser):
    return {name for name, in superuser.execute(
        "SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class c ON c.oid = attrelid "
        "WHERE attname = 'org_id' AND relkind = 'r' AND relnamespace = 'public'::regnamespace")}


def explain(connection, text):
    """The plan of a statement for any parameters; None of what is none (BEGIN)."""
    prepared = connection.pgconn.prepare(b"statement", text.encode())
    assert prepared.status == pq.ExecStatus.COMMAND_OK, prepared.error_message.decode()
    count = connection.pgconn.describe_prepared(b"statement").nparams
    connection.execute("SET plan_cache_mode = force_generic_plan")  # for whatever parameters
    parameters = f"({', '.join(['NULL'] * count)})" if count else ""
    if re.search(r"^(BEGIN|COMMIT|ROLLBACK);", text, re.M):
        return None
    plan, = connection.execute(f"EXPLAIN (VERBOSE, FORMAT json) EXECUTE statement {parameters}").fetchone()
    return plan[0]["Plan"]


@pytest.mark.parametrize("name", [name for name in STATEMENTS if not name.startswith("tool/")])
def test_a_worker_s_statement_touches_one_organisation(connect, tenants, name):
    """The one that was admitted; every table, also beside a join."""
    plan = explain(connect("kabaido_worker"), STATEMENTS[name].read_text(encoding="utf-8"))
    assert plan is None or Plan(plan, tenants).free(CURRENT) == set()


@pytest.mark.parametrize("name", [name for name in STATEMENTS if name.startswith("tool/")])
def test_a_tool_s_statement_touches_the_organisation_that_it_looks_up(connect, tenants, name):
    """By a key's prefix, or an organisation's name, in a table that is on every server."""
    plan = Plan(explain(connect("kabaido_tool"), STATEMENTS[name].read_text(encoding="utf-8")), tenants)
    roots = {f"{alias}.org_id" for alias in plan.looked_up()}
    assert bool(plan.free(*roots)) == (name in ACROSS)


@pytest.mark.parametrize("name", [name for name, path in STATEMENTS.items()
                                  if "current_org_id()" in path.read_text(encoding="utf-8")])
def test_a_statement_can_be_given_the_organisation_instead(connect, tenants, name):
    """Citus chooses the server before it runs anything, by a constant or a parameter, not by a function that
    looks at a setting. With $n in the place of current_org_id() each statement holds every table to $n by its
    own words: here nothing passes through row security."""
    text = STATEMENTS[name].read_text(encoding="utf-8")
    number = max(map(int, re.findall(r"\$(\d+)", text)), default=0) + 1
    assert number <= 16  # DB_MAX_PARAMETERS
    plan = Plan(explain(connect("postgres"), text.replace("current_org_id()", f"${number}::uuid")), tenants)
    assert plan.free(f"${number}") == set()


def test_what_begins_without_the_organisation_is_named(connect, tenants):
    """A statement of the workers that names a tenant's table and not the organisation has to be one of these:
    row security alone would hold it."""
    without = {name for name, path in STATEMENTS.items() if not name.startswith("tool/")
               and "current_org_id()" not in path.read_text(encoding="utf-8")
               and (plan := explain(connect("kabaido_worker"), path.read_text(encoding="utf-8")))
               and Plan(plan, tenants).scans}
    assert without == set()


# --- What the functions and triggers do --------------------------------------------------------


class Watched:
    """A superuser's connection that is told the plan of every statement, also of those inside functions."""

    def __init__(self, connection, tenants):
        self.connection = connection
        self.tenants = tenants
        self.seen = []
        connection.execute("LOAD 'auto_explain'")
        for setting, value in (("log_min_duration", "0"), ("log_nested_statements", "on"),
                               ("log_format", "json"), ("log_verbose", "on"), ("log_level", "notice")):
            connection.execute(f"SET auto_explain.{setting} = '{value}'")
        connection.execute("SET plan_cache_mode = force_custom_plan")  # with the organisation in them
        connection.add_notice_handler(self.note)

    def note(self, notice):
        _, is_plan, text = notice.message_primary.partition("plan:\n")
        if is_plan:
            told = json.loads(text)
            self.seen.append((told["Query Text"], Plan(told["Plan"], self.tenants)))

    def run(self, statement, parameters=None, role="kabaido_worker", settings=None):
        """Runs it in a transaction of its own as a role, and returns its row and the plans that were told."""
        self.seen = []
        with self.connection.transaction():
            self.connection.execute(f"SET LOCAL ROLE {role}")
            for name, value in (settings or {}).items():
                self.connection.execute("SELECT set_config(%s, %s, true)", [f"kabaido.{name}", str(value)])
            row = self.connection.execute(statement, parameters)
            row = row.fetchone() if row.description else None
        return row, self.seen


@pytest.fixture(scope="module")
def organisations(superuser):
    """With as many products and customers that a search asks the trigram index."""
    made = {name: rows.insert_organisation(superuser, name) for name in ("A", "B")}
    with superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        superuser.execute("INSERT INTO products (org_id, sku, title, category, currency) "
                          "SELECT org_id, 'S' || n, 'Bracket', 'Milling', 'GBP' "
                          "FROM organisations, generate_series(1, 500) AS n")
        superuser.execute("INSERT INTO customers (org_id, company) SELECT org_id, 'Company ' || n "
                          "FROM organisations, generate_series(1, 2100) AS n")
    superuser.execute("ANALYZE")
    return made


@pytest.fixture(scope="module")
def watched(cluster, database, tenants, organisations):
    with cluster.connect(database) as connection:
        connection.execute("SET track_functions = 'all'")
        yield Watched(connection, tenants)


def admission(row, **changes):
    asked = {"org": row["api_keys"]["org_id"], "key": row["api_keys"]["key_id"],
             "id": row["credentials"]["public_id"], "scope": "quotes:read", "counted": True} | changes
    return ("SELECT * FROM admit(%(org)s, %(key)s, %(id)s, %(scope)s, %(counted)s)", asked)


UPDATED = {
    "products": "title = title || '!'", "customers": "company = company || '!'", "quotes": "status = 'sent'",
    "orders": "status = 'fulfilled'", "requests": "status = 'closed'", "quote_lines": "qty = qty + 1",
    "order_lines": "qty = qty + 1", "contacts": "name = 'Grace'", "messages": "body = body || '!'"}

PRODUCTS = "SELECT * FROM products_search(%s, %s, '', 10)"
CUSTOMERS = "SELECT * FROM customers_search(%s, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 10)"
TERMS = [("mill", None), ("no such", None), ("mill", "Milling"), ("1/2", None), ("no such", "Milling")]


def calls_of_keys(row):
    """(name, statement, parameters, role, settings), as all of these: each function and trigger with what
    makes it do all that it can, for one organisation."""
    org = row["organisations"]["org_id"]
    yield "admit", *admission(row), "kabaido_worker", {}
    yield "admit again", *admission(row), "kabaido_worker", {}
    yield "admit uncounted", *admission(row, counted=False), "kabaido_worker", {}
    yield "admit nobody", *admission(row, id="zzzzzzzz"), "kabaido_worker", {}
    yield ("the hour turned", "UPDATE key_window SET hour = '2026-06-01T10:00:00Z', base = '-infinity', "
           "hour_requests = 5", None, "postgres", {})
    yield "admit after it", *admission(row), "kabaido_worker", {}
    yield ("the key is spent", "UPDATE api_keys SET requests_per_minute = 1 WHERE org_id = %s", [org],
           "postgres", {})
    yield "admit what is spent", *admission(row), "kabaido_worker", {}
    yield ("credential_find", "SELECT * FROM credential_find(%s)", [row["credentials"]["public_id"]],
           "kabaido_worker", {})
    yield ("insert api_keys", "INSERT INTO api_keys (org_id, name, scopes, created_by) VALUES "
           "(%s, 'second', '{quotes:read}', 'tests')", [org], "kabaido_worker",
           {"org_id": org, "user_id": row["users"]["user_id"], "user_role": "owner"})
    yield ("set the plan", "UPDATE organisations SET plan = 'business' WHERE org_id = %s", [org],
           "kabaido_tool", {})
    yield ("change a plan", "UPDATE plans SET integrations = integrations WHERE plan = 'business'", None,
           "postgres", {})


def calls_of_records(row):
    org = row["organisations"]["org_id"]
    own = {"org_id": org}
    yield "change_time", "SELECT change_time(%s)", [org], "kabaido_worker", own
    for term, category in TERMS:
        yield "products_search", PRODUCTS, [term, category], "kabaido_worker", own
    for term in ("bolts", "no such", "1/2"):
        yield "customers_search", CUSTOMERS, [term], "kabaido_worker", own
    for table, change in UPDATED.items():
        yield (f"update {table}", f"UPDATE {table} SET {change} WHERE org_id = %s", [org],
               "kabaido_application", own)
    for owner in ("quote", "order"):
        yield (f"insert {owner}_lines", f"INSERT INTO {owner}_lines (org_id, {owner}_id, position, "
               "line_type, description, qty, unit_price_minor) VALUES (%s, %s, 7, 'manual', 'more', 1, 1)",
               [org, row[f"{owner}s"][f"{owner}_id"]], "kabaido_application", own)
        yield (f"delete {owner}_lines", f"DELETE FROM {owner}_lines WHERE org_id = %s AND position = 7",
               [org], "kabaido_application", own)
    yield ("insert products", "INSERT INTO products (org_id, sku, title, currency) "
           "VALUES (%s, 'NEW', 'New', 'GBP')", [org], "kabaido_worker", own)
    yield ("insert customers", "INSERT INTO customers (org_id, company) VALUES (%s, 'New')", [org],
           "kabaido_worker", own)
    yield ("insert requests", "INSERT INTO requests (org_id, title, source, customer_id) "
           "VALUES (%s, 'New', 'api', %s)", [org, row["customers"]["customer_id"]], "kabaido_worker", own)


def calls_of_people(row):
    org, person = row["organisations"]["org_id"], row["users"]
    ask = ("SELECT verdict FROM session_admit(%s, %s, true)", [org, row["sessions"]["token_hash"]],
           "kabaido_worker", {})
    yield "session_admit", *ask
    yield ("a minute later", "UPDATE sessions SET seen_at = seen_at - interval '2 minutes'", None, "postgres",
           {})
    yield "session_admit then", *ask
    yield "an hour later", "UPDATE sessions SET seen_at = seen_at - interval '1 hour'", None, "postgres", {}
    yield "session_admit at last", *ask
    yield ("insert users", "INSERT INTO users (org_id, email, role, password_salt, password_hash, scrypt_n, "
           "scrypt_r, scrypt_p) VALUES (%s, %s, 'member', %s, %s, 16384, 8, 1)",
           [org, f"member-{org}@bolts.example", bytes(16), bytes(32)], "kabaido_tool", {})
    yield ("update users", "UPDATE users SET email = 'x' || email WHERE org_id = %s AND role = 'member'",
           [org], "postgres", {})
    yield ("sign_in_attempt", "SELECT * FROM sign_in_attempt(%s, %s, %s, %s)",
           [person["email"], [bytes(32)], [5], [60]], "kabaido_worker", {})
    yield "sign_in_refund", "SELECT sign_in_refund(%s, %s)", [[bytes(32)], [60]], "kabaido_worker", {}
    yield ("sign_in_hold", "SELECT sign_in_hold(%s, %s, %s)",
           [org, person["user_id"], person["password_hash"]], "kabaido_worker", {})


def calls(row):
    yield from calls_of_keys(row)
    yield from calls_of_records(row)
    yield from calls_of_people(row)


# What the test does itself, to all organisations, to make things happen.
OURS = {"the hour turned", "a minute later", "an hour later"}


def test_what_functions_and_triggers_do_touches_one_organisation(watched, organisations):
    """Each of their statements as it was really planned, the organisation's id in its conditions."""
    org = f"'{organisations['A']['organisations']['org_id']}'::uuid"
    looked_at, across = 0, {}
    for name, statement, parameters, role, settings in calls(organisations["A"]):
        _, plans = watched.run(statement, parameters, role, settings)
        for text, plan in plans:
            looked_at += len(plan.scans)
            if name not in OURS and (free := plan.free(org, CURRENT)):
                across.setdefault(name, {}).setdefault(" ".join(text.split())[:90], set()).update(free)
    assert looked_at > 100
    found = {name: set().union(*texts.values()) for name, texts in across.items()}
    assert found == CALLS_ACROSS, across


def test_all_functions_were_called(watched, organisations, superuser):
    """The test above has left none out: a new one has to be added to it."""
    for _, statement, parameters, role, settings in calls(organisations["B"]):
        watched.run(statement, parameters, role, settings)
    watched.connection.execute("SELECT pg_stat_force_next_flush()")
    called = {name for name, in watched.connection.execute(
        "SELECT DISTINCT funcname::text FROM pg_stat_user_functions")}
    there = {name for name, in superuser.execute("""
        SELECT proname::text FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND provolatile <> 'i'
           AND proname NOT LIKE 'current\\_%'
           AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid
                                                   AND deptype = 'e')""")}
    assert there - called == set()
