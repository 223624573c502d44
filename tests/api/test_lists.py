"""What all lists have in common: pages, cursors, filters, and updated_since."""

import collections
import datetime
import itertools
import pathlib
import random
import re
import threading

import psycopg
import pytest

from harness import Tenant, refused

ROOT = pathlib.Path(__file__).resolve().parents[2]

List = collections.namedtuple("List", "path initial most statuses insert order")

# A row more of each, with a status; the table has the list's name.
MONEY = ("INSERT INTO {0} (org_id, number, currency, subtotal_minor, total_minor, status) "
         "VALUES (%(org)s, gen_random_uuid(), 'GBP', 1, 1, %(status)s) RETURNING {1}_id")
NEWEST = "created_at DESC, {0}_id DESC"
CHANGED = "updated_at, {0}_id"
LISTS = {
    "quotes": List("/quotes", 50, 200, ["draft", "sent", "viewed", "accepted", "declined", "expired"],
                   MONEY.format("quotes", "quote"), NEWEST),
    "orders": List("/orders", 50, 200, ["confirmed", "in_progress", "fulfilled", "cancelled"],
                   MONEY.format("orders", "order"), NEWEST),
    "requests": List("/requests", 50, 200, ["open", "answered", "closed"],
                     "INSERT INTO requests (org_id, title, source, status) "
                     "VALUES (%(org)s, '1', 'web', %(status)s) RETURNING request_id", NEWEST),
    "customers": List("/customers", 100, 500, [None],
                      "INSERT INTO customers (org_id, company, phone) "
                      "VALUES (%(org)s, '1', %(status)s) RETURNING customer_id", NEWEST),
    "products": List("/products", 100, 500, [None],
                     "INSERT INTO products (org_id, sku, title, currency, category) "
                     "VALUES (%(org)s, gen_random_uuid(), '1', 'GBP', %(status)s) "
                     "RETURNING product_id", "sku"),
}
SINGULAR = {"quotes": "quote", "orders": "order", "requests": "request", "customers": "customer",
            "products": "product"}


class Filled:
    """A list with rows: some alone, some of one transaction and so of one moment."""

    def __init__(self, stack, name, rows=230):
        self.name = name
        self.table = LISTS[name]
        self.tenant = Tenant(stack)
        statuses = itertools.cycle(self.table.statuses)
        with self.tenant.connect(autocommit=False) as connection:
            for row in range(rows):
                self.insert(connection, next(statuses))
                if row % 7 == 0 or row > rows - 20:
                    connection.commit()
            connection.commit()
            # Some are changed, so that the two orders differ.
            for row in random.Random(7).sample(self.ids("created_at, {0}_id"), rows // 4):
                self.touch(connection, row)
                connection.commit()

    @property
    def key(self):
        return SINGULAR[self.name] + "_id"

    def insert(self, connection, status=None):
        return str(connection.execute(
            self.table.insert, {"org": self.tenant.org_id, "status": status or self.table.statuses[0]}
        ).fetchone()[0])

    def touch(self, connection, row):
        connection.execute(f"UPDATE {self.name} SET org_id = org_id WHERE {self.key} = %s", [row])

    def ids(self, order=None, where="true"):
        """Ids of all rows as the database has them, in the list's own order if in no other."""
        order = order or self.table.order
        rows = self.tenant.stack.sql(
            f"SELECT {self.key}::text FROM {self.name} WHERE org_id = %s AND {where} "
            f"ORDER BY {order.format(SINGULAR[self.name])}", [self.tenant.org_id])
        return [row for row, in rows]

    def pages(self, **parameters):
        return [[row["id"] for row in page] for page in self.tenant.walk(self.table.path, **parameters)]

    def walked(self, **parameters):
        return [row for page in self.pages(**parameters) for row in page]

    def get(self, **parameters):
        return self.tenant.get(self.table.path, **parameters)


@pytest.fixture(scope="module", params=LISTS)
def listed(stack, request):
    return Filled(stack, request.param)


@pytest.fixture(params=LISTS)
def fresh(stack, request):
    """A small list that the test may change."""
    return Filled(stack, request.param, 60)


BEGINNING = "0001-01-01T00:00:00Z"


# --- Pages ---------------------------------------------------------------------------------------

def test_the_limit_has_its_bounds(listed):
    most, initial = listed.table.most, listed.table.initial
    assert len(listed.get().json()[listed.name]) == initial
    assert len(listed.get(limit=most).json()[listed.name]) == min(most, 230)
    assert len(listed.get(limit=1).json()[listed.name]) == 1
    for limit in (0, -1, most + 1, "", "x", "1.0", "1e1", " 1", "99999999999999999999"):
        body = refused(listed.get(limit=limit), 422, "invalid_parameter", field="limit")
        assert str(most) in body["error"]


@pytest.mark.parametrize("limit", [1, 7, 23, 200])
def test_a_walk_shows_all_in_the_lists_own_order(listed, limit):
    pages = listed.pages(limit=limit)
    assert [row for page in pages for row in page] == listed.ids()
    assert all(len(page) == limit for page in pages[:-1]) and 0 < len(pages[-1]) <= limit


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_a_walk_by_change_shows_the_latest_last(listed, limit):
    assert listed.walked(limit=limit, updated_since=BEGINNING) == listed.ids(CHANGED)


def test_the_limit_may_change_from_page_to_page(listed):
    seen, cursor = [], {}
    for limit in itertools.cycle([1, 30, 100]):
        page = listed.get(limit=limit, **cursor).json()
        seen += [row["id"] for row in page[listed.name]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == listed.ids()


def test_an_empty_list_is_a_page(stack, listed):
    answer = Tenant(stack).get(listed.table.path)
    assert answer.content == b'{"%s":[],"next_cursor":null}' % listed.name.encode()


def test_head_answers_as_get(listed):
    head = listed.tenant.request("HEAD", listed.table.path, params={"limit": 3})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == listed.get(limit=3).headers["etag"]


# --- Cursors -------------------------------------------------------------------------------------

def refused_cursor(answer):
    refused(answer, 400, "invalid_cursor", field="cursor")


def test_a_cursor_that_was_tampered_with_is_refused(listed):
    cursor = listed.get(limit=1).json()["next_cursor"]
    chance = random.Random(3)
    for _ in range(60):
        place = chance.randrange(len(cursor))
        other = chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        if other != cursor[place]:
            refused_cursor(listed.get(cursor=cursor[:place] + other + cursor[place + 1:]))
    for wrong in ("", "x", cursor[:-1], cursor + "A", cursor + "=", cursor * 2, cursor.lower(), "A" * 3000,
                  "é", "null"):
        refused_cursor(listed.get(cursor=wrong))


def test_a_cursor_belongs_to_its_list_and_its_organisation(stack, listed):
    cursor = listed.get(limit=1).json()["next_cursor"]
    assert listed.get(cursor=cursor).status_code == 200
    for other in LISTS.values():
        if other.path != listed.table.path:
            refused_cursor(listed.tenant.get(other.path, cursor=cursor))
    refused_cursor(Tenant(stack).get(listed.table.path, cursor=cursor))
    # Another key of the same organisation sees the same list.
    another = listed.tenant.stack.get(f"/api/v1{listed.table.path}?cursor={cursor}",
                                      listed.tenant.new_key())
    assert another.content == listed.get(cursor=cursor).content


def test_a_cursor_belongs_to_its_filters(listed):
    plain = listed.get(limit=1).json()["next_cursor"]
    by_change = listed.get(limit=1, updated_since=BEGINNING).json()["next_cursor"]
    refused_cursor(listed.get(cursor=plain, updated_since=BEGINNING))
    refused_cursor(listed.get(cursor=by_change))
    refused_cursor(listed.get(cursor=by_change, updated_since="0001-01-01T00:00:00.5Z"))
    assert listed.get(cursor=by_change, updated_since=BEGINNING, limit=2).status_code == 200
    if listed.table.statuses != [None]:
        status = listed.table.statuses[0]
        refused_cursor(listed.get(cursor=plain, status=status))
        filtered = listed.get(limit=1, status=status).json()["next_cursor"]
        refused_cursor(listed.get(cursor=filtered))
        refused_cursor(listed.get(cursor=filtered, status=listed.table.statuses[1]))
        assert listed.get(cursor=filtered, status=status).status_code == 200
    others = {"customers": ["external_id", "email", "search"],
              "products": ["sku", "category", "search"]}
    for other in others.get(listed.name, []):
        refused_cursor(listed.get(cursor=plain, **{other: "a"}))


# --- Filters -------------------------------------------------------------------------------------

@pytest.mark.parametrize("listed", [name for name in LISTS if LISTS[name].statuses != [None]],
                         indirect=True)
def test_status_is_any_of_those_given(listed):
    statuses = listed.table.statuses
    for wanted in ([statuses[0]], statuses[1:3], list(reversed(statuses)), [statuses[0]] * 2):
        where = f"status IN ({', '.join(repr(status) for status in wanted)})"
        assert listed.walked(status=wanted, limit=20) == listed.ids(where=where)
        assert listed.walked(status=wanted, limit=20, updated_since=BEGINNING) == \
            listed.ids(CHANGED, where)
    for wrong in ("", "Open", "lost", f"{statuses[0]},{statuses[1]}"):
        body = refused(listed.get(status=[statuses[0], wrong]), 422, "invalid_parameter", field="status")
        assert f"'{wrong}'" in body["error"] and statuses[-1] in body["error"]


@pytest.mark.parametrize("name", ["quotes", "orders"])
def test_by_customer(stack, name):
    filled = Filled(stack, name, 30)
    tenant = filled.tenant
    tenant.post("/customers", {"customers": [{"company": "A"}, {"company": "B"}]})
    ids = [row["id"] for row in tenant.get("/customers").json()["customers"]]
    with tenant.connect() as application:
        for row in filled.ids()[3:10]:
            application.execute(f"UPDATE {name} SET customer_id = %s WHERE {filled.key} = %s",
                                [ids[0], row])
    mine = f"customer_id = '{ids[0]}'"
    assert filled.walked(customer_id=ids[0], limit=2) == filled.ids(where=mine)
    assert filled.walked(customer_id=ids[0].upper(), limit=2, updated_since=BEGINNING) == \
        filled.ids(CHANGED, mine)
    both = f"{mine} AND status = '{filled.table.statuses[1]}'"
    assert filled.walked(customer_id=ids[0], status=filled.table.statuses[1]) == filled.ids(where=both)
    assert filled.walked(customer_id=ids[1]) == []
    refused(filled.get(customer_id="x"), 422, "invalid_parameter", field="customer_id")


def test_updated_since_takes_the_moment_in(listed):
    rows = [row for page in listed.tenant.walk(listed.table.path, updated_since=BEGINNING) for row in page]
    moments = [row["updated_at"] for row in rows]
    assert moments == sorted(moments, key=moment)
    for place in (0, 100, len(rows) - 1):
        since = moments[place]
        expected = [row["id"] for row in rows if moment(row["updated_at"]) >= moment(since)]
        assert listed.walked(updated_since=since, limit=100) == expected
        later = (moment(since) + datetime.timedelta(microseconds=1)).isoformat()
        assert listed.walked(updated_since=later, limit=100) == [
            row["id"] for row in rows if moment(row["updated_at"]) > moment(since)]
    # A plus that was not encoded, and another zone.
    local = moment(moments[100]).astimezone(datetime.timezone(datetime.timedelta(hours=2))).isoformat()
    raw = listed.tenant.request("GET", f"{listed.table.path}?limit=1&updated_since={local}")
    assert moment(raw.json()[listed.name][0]["updated_at"]) == moment(moments[100])
    refused(listed.get(updated_since="yesterday"), 422, "invalid_parameter", field="updated_since")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) if "." not in text else \
        datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)


# --- While others write --------------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(3))
def test_a_walk_shows_each_row_of_its_start_exactly_once(fresh, seed):
    """Between any two pages rows are made and changed, by a clock that is fast or slow as well."""
    chance = random.Random(seed)
    start = fresh.ids()
    made, seen = [], []
    with fresh.tenant.connect() as writer:
        for page in fresh.tenant.walk(fresh.table.path, limit=chance.choice([1, 3, 10])):
            seen += [row["id"] for row in page]
            for _ in range(chance.randrange(4)):
                made.append(fresh.insert(writer))
            for row in chance.sample(start, 5):
                writer.execute(
                    f"UPDATE {fresh.name} SET created_at = created_at + %s::interval, "
                    f"updated_at = now() + %s::interval WHERE {fresh.key} = %s",
                    [chance.choice(["-1 day", "1 day"]), chance.choice(["-1 h", "1 h"]), row])
    assert [row for row in seen if row in set(start)] == start
    assert len(seen) == len(set(seen))
    assert made


class Writer(threading.Thread):
    """Changes rows in transactions that begin early and commit late, or not at all."""

    def __init__(self, synchronised, seed):
        super().__init__(daemon=True)
        self.world = synchronised
        self.chance = random.Random(seed)
        self.failure = None

    def run(self):
        try:
            with self.world.filled.tenant.connect(autocommit=False) as connection:
                while not self.world.over.is_set():
                    self.transaction(connection)
        except psycopg.Error as error:
            self.failure = error

    def pause(self):
        self.world.over.wait(self.chance.choice([0, 0, 0.001, 0.005, 0.02]))

    def transaction(self, connection):
        filled, chance = self.world.filled, self.chance
        connection.execute("SELECT 1")  # the transaction's moment is now; its changes come later
        self.pause()
        versions = {}
        for _ in range(chance.randrange(1, 4)):
            row = filled.insert(connection) if chance.random() < 0.3 else chance.choice(self.world.rows)
            # Every other change is an object mapper's, which sets the time by its own clock.
            own_clock = ", updated_at = clock_timestamp() - interval '1 second'"
            versions[row], = connection.execute(
                f"UPDATE {filled.name} SET {self.world.next}{chance.choice(['', own_clock])} "
                f"WHERE {filled.key} = %s RETURNING {self.world.version}", [row]).fetchone()
            self.pause()
        if chance.random() < 0.2:
            connection.rollback()
            return
        connection.commit()
        self.world.know(versions)


class Synchronised:
    """A list that many write, and a copy of it that is kept by updated_since. Each row counts its
    changes in a column."""

    COUNTER = {
        "quotes": ("total_minor", "subtotal_minor = subtotal_minor + 1, total_minor = total_minor + 1"),
        "orders": ("total_minor", "subtotal_minor = subtotal_minor + 1, total_minor = total_minor + 1"),
        "requests": ("title", "title = (title::int + 1)::text"),
        "customers": ("company", "company = (company::int + 1)::text"),
        "products": ("title", "title = (title::int + 1)::text"),
    }

    def __init__(self, filled):
        self.filled = filled
        self.version, self.next = self.COUNTER[filled.name]
        self.rows = filled.ids()
        self.committed = {}  # what is known to be committed: version by row
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.copy = {}
        self.since = BEGINNING

    def know(self, versions):
        with self.lock:
            for row, version in versions.items():
                self.committed[row] = max(int(version), self.committed.get(row, 0))

    def synchronise(self):
        """One round, as docs/synchronisation.md has it. Fails when it missed what it had to see."""
        parameters = {"updated_since": self.since, "limit": 5}
        while True:
            with self.lock:
                committed = dict(self.committed)  # before this page is asked for
            answer = self.filled.get(**parameters)
            assert answer.status_code == 200, answer.content
            page = answer.json()
            for row in page[self.filled.name]:
                self.copy[row["id"]] = row
                self.since = row["updated_at"]
            if page["next_cursor"] is None:
                break
            parameters["cursor"] = page["next_cursor"]
        for row, version in committed.items():
            assert row in self.copy, f"{row} of version {version} was missed"
            known = self.copy[row][self.version]
            assert int(known) >= version, f"{row}: {known} where {version} is"
        return len(committed)


def test_a_synchronisation_misses_nothing(fresh):
    world = Synchronised(fresh)
    writers = [Writer(world, seed) for seed in range(6)]
    for writer in writers:
        writer.start()
    try:
        checked = rounds = 0
        end = datetime.datetime.now() + datetime.timedelta(seconds=4)
        while datetime.datetime.now() < end:
            checked += world.synchronise()
            rounds += 1
    finally:
        world.over.set()
        for writer in writers:
            writer.join()
    assert [writer.failure for writer in writers] == [None] * 6
    assert rounds > 5 and checked > 100
    world.synchronise()
    there = [row for page in fresh.tenant.walk(fresh.table.path) for row in page]
    assert {row["id"]: row for row in there} == world.copy


def test_the_documented_loop_keeps_a_copy(stack, monkeypatch):
    """The example of docs/synchronisation.md, as it stands."""
    text = (ROOT / "docs/synchronisation.md").read_text(encoding="utf-8")
    example, = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", stack.cacert)
    monkeypatch.setenv("NO_PROXY", "*")
    scope, copy = {}, {}
    exec(example, scope)  # pylint: disable=exec-used
    filled = Filled(stack, "quotes", 450)

    def synchronise(since):
        return scope["synchronise"](stack.url, filled.tenant.key, since,
                                    lambda quote: copy.update({quote["id"]: quote}))

    since = synchronise(BEGINNING)
    assert list(copy) == filled.ids(CHANGED)
    changed = filled.ids(NEWEST)[::90]
    with filled.tenant.connect() as connection:
        for row in changed:
            filled.touch(connection, row)
        made = filled.insert(connection)
    taken = []
    scope["synchronise"](stack.url, filled.tenant.key, since, lambda quote: taken.append(quote["id"]))
    assert taken[-len(changed) - 1:] == [*changed, made]
    synchronise(since)
    assert copy == {row["id"]: row for page in filled.tenant.walk("/quotes") for row in page}


# --- What a page costs ---------------------------------------------------------------------------

BULK = 40000


@pytest.fixture(scope="module")
def bulky(stack):
    """An organisation with many rows in every list, each changed at another time than it was made."""
    tenant = Tenant(stack)
    times = ("'2020-01-01'::timestamptz + i * interval '1 s', "
             "'2021-01-01'::timestamptz + (i * 7919 %% 40009) * interval '1 s'")
    money = ("INSERT INTO {0} (org_id, number, currency, subtotal_minor, total_minor, status, customer_id, "
             "created_at, updated_at) SELECT %(org)s, i::text, 'GBP', 1, 1, '{1}', "
             "CASE WHEN i %% 4000 = 0 THEN %(customer)s::uuid END, " + times +
             " FROM generate_series(1, %(bulk)s) AS i")
    customer, = tenant.stack.sql("INSERT INTO customers (org_id, company) VALUES (%s, 'A') "
                                 "RETURNING customer_id", [tenant.org_id])
    values = {"org": tenant.org_id, "bulk": BULK, "customer": customer[0]}
    tenant.customer_id = str(customer[0])
    with tenant.stack.connect() as connection:
        connection.execute(money.format("quotes", "sent"), values)
        connection.execute(money.format("orders", "confirmed"), values)
        connection.execute("INSERT INTO requests (org_id, title, source, created_at, updated_at) "
                           f"SELECT %(org)s, 'x', 'web', {times} FROM generate_series(1, %(bulk)s) AS i",
                           values)
        connection.execute(
            "INSERT INTO customers (org_id, company, email, external_id, created_at, updated_at) "
            f"SELECT %(org)s, 'Company ' || i, 'a@isp' || i / 4000 || '.example', i::text, {times} "
            "FROM generate_series(1, %(bulk)s) AS i", values)
        connection.execute("VACUUM ANALYZE quotes, orders, requests, customers")
    return tenant


def explained(tenant, statement, *parameters):
    """The nodes of the plan that a worker runs, and the pages of the database that it touched."""
    with tenant.stack.connect("kabaido_worker", autocommit=False) as worker:
        worker.execute("SELECT set_config('kabaido.org_id', %s, true)", [str(tenant.org_id)])
        text = (ROOT / "sql/queries" / f"{statement}.sql").read_text(encoding="utf-8")
        worker.pgconn.prepare(b"statement", text.encode())
        literals = ", ".join("NULL" if value is None else "'%s'" % value for value in parameters)
        plan = worker.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE statement ({literals})")
        (tree,), = plan.fetchall()
        worker.rollback()
    top = tree[0]["Plan"]

    def nodes(node):
        yield node
        for part in node.get("Plans", []):
            yield from nodes(part)

    return list(nodes(top)), top["Shared Hit Blocks"] + top["Shared Read Blocks"]


def assert_walks(nodes, index, rows):
    assert [node["Node Type"] for node in nodes] in (["Limit", "Index Scan"], ["Limit", "Index Only Scan"])
    assert nodes[-1]["Index Name"] == index
    assert nodes[-1]["Actual Rows"] == rows
    assert nodes[-1].get("Rows Removed by Filter", 0) == 0


# Products are listed by SKU, among many more of them, in test_products_list.py.
@pytest.mark.parametrize("name", ["quotes", "orders", "requests", "customers"])
@pytest.mark.parametrize("order, index, first, direction", [
    ("created_at", "newest", ("infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff"), "DESC"),
    ("updated_at", "changed", (BEGINNING, "00000000-0000-0000-0000-000000000000"), "ASC")])
def test_a_far_page_costs_what_the_first_one_does(bulky, name, order, index, first, direction):
    statement = f"{name}_{'list' if order == 'created_at' else 'changed'}"
    key = SINGULAR[name] + "_id"
    (far, far_id), = bulky.stack.sql(
        f"SELECT {order}::text, {key} FROM {name} WHERE org_id = %s "
        f"ORDER BY {order} {direction}, {key} {direction} OFFSET %s LIMIT 1",
        [bulky.org_id, BULK * 9 // 10])
    filters = [] if name == "customers" else [None]
    costs = []
    for position in (first, (far, far_id)):
        nodes, touched = explained(bulky, statement, *position, 51, *filters)
        assert_walks(nodes, f"{name}_{index}", 51)
        costs.append(touched)
    assert max(costs) < 100 and abs(costs[0] - costs[1]) < 60, costs


@pytest.mark.parametrize("name", ["quotes", "orders"])
def test_a_customers_own_are_found_by_the_customer(bulky, name):
    nodes, _ = explained(bulky, f"{name}_list_of_customer", "infinity",
                         "ffffffff-ffff-ffff-ffff-ffffffffffff", 51, None, bulky.customer_id)
    assert_walks(nodes, f"{name}_of_customer", BULK // 4000)
    nodes, _ = explained(bulky, f"{name}_changed_of_customer", BEGINNING,
                         "00000000-0000-0000-0000-000000000000", 51, None, bulky.customer_id)
    assert max(node["Actual Rows"] for node in nodes) == BULK // 4000


def test_an_external_id_and_an_address_are_looked_up(bulky):
    newest = ("infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff")
    _, touched = explained(bulky, "customers_by_external_id", *newest, 101, False, None, "7777", None)
    assert touched < 20
    bulky.post("/customers", {"customers": [{"company": "One", "email": "One@one.example"}]})
    nodes, touched = explained(bulky, "customers_by_email", *newest, 101, False, None, "one@ONE.example")
    assert touched < 20
    assert {"customers_by_email"} == {node["Index Name"] for node in nodes if "Index Name" in node}


def test_a_row_finds_its_customer_among_many_of_a_domain(bulky):
    """4,000 customers of one domain, all with external ids: a new one is still a look-up."""
    rows = [{"company": f"N{i}", "email": f"n{i}@isp3.example", "external_id": f"n{i}"} for i in range(500)]
    answer = bulky.post("/customers", {"customers": rows})
    assert answer.json() == {"upserted": 500, "errors": []}
    nodes, _ = explained(bulky, "customer_upsert", "X", "x@isp3.example", True, None, False, "new",
                               True, "{isp3.example}", True)
    read = [node["Actual Rows"] * node["Actual Loops"] for node in nodes if "Index Name" in node]
    assert len(read) >= 4 and max(read) <= 1, read
    assert not [node for node in nodes if node["Node Type"] == "Seq Scan"]
