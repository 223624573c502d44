"""Search: what is the same but for case, and functions that pass row security but not the tenant."""
import random
import uuid

import pytest
from psycopg import errors

ACME, RIVAL = uuid.UUID(int=1), uuid.UUID(int=2)
FAR_FUTURE = "infinity"
LAST_ID = uuid.UUID(int=2**128 - 1)


@pytest.fixture(scope="module")
def filled(superuser):
    """Two organisations. Acme has many products in one category: bolts, behind them washers, more
    than are rare, and a few that are worth finding. What its rival has is found by the same terms, and
    must not be."""
    superuser.execute("INSERT INTO organisations (org_id, name, plan) VALUES "
                      "(%s, 'Acme', 'business'), (%s, 'Rival', 'business')", [ACME, RIVAL])
    for org, many in ((ACME, 100000), (RIVAL, 10000)):
        superuser.execute("""
            INSERT INTO products (org_id, sku, title, category, currency)
            SELECT %s, 'P-' || lpad(i::text, 6, '0'),
                   'Steel ' || CASE WHEN i %% 10000 = 7 THEN 'flange' WHEN i > 38000 THEN 'washer'
                                    ELSE 'bolt' END
                       || CASE WHEN i = 44444 THEN ' ~1/2' ELSE '' END,
                   'Fasteners', 'GBP'
              FROM generate_series(1, %s) AS i""", [org, many])
        superuser.execute("""
            INSERT INTO customers (org_id, company, email, created_at)
            SELECT %s, 'Company ' || i || CASE WHEN i %% 1000 = 7 THEN ' & Söhne' ELSE '' END,
                   'buyer' || i || '@example.com',
                   '2026-01-01'::timestamptz + i * interval '1 minute'
              FROM generate_series(1, 3000) AS i""", [org])
    superuser.execute("INSERT INTO products (org_id, sku, title, currency) "
                      "VALUES (%s, 'RIVAL', 'unobtainium', 'GBP')", [RIVAL])
    superuser.execute("VACUUM ANALYZE products, customers")


@pytest.fixture
def worker(filled, connect):
    """A connection with a worker's rights, and its organisation set."""
    connection = connect("kabaido_worker")
    connection.execute("SELECT set_config('kabaido.org_id', %s, false)", [str(ACME)])
    return connection


def search(connection, term, category=None, after="", rows=101):
    return connection.execute("SELECT sku, listed FROM products_search(%s, %s, %s, %s)",
                              [term, category, after, rows]).fetchall()


def walk(connection, term, category=None, rows=101):
    """The pages of a search, each as (SKUs, whether it was full)."""
    after = ""
    while True:
        found = search(connection, term, category, after, rows)
        listed = [sku for sku, is_listed in found if is_listed]
        assert all(is_listed for _, is_listed in found[:-1])
        yield listed, len(listed) == rows
        if not found or (found[-1][1] and len(found) < rows):
            return
        after = found[-1][0]


def all_found(connection, term, category=None, rows=101):
    return [sku for page, _ in walk(connection, term, category, rows) for sku in page]


# Case


def test_no_character_is_told_from_its_other_case(superuser):
    """Of all of Unicode, by the mappings that PostgreSQL has, of ICU and of the C library. A fold of
    what is folded changes nothing."""
    told, of = superuser.execute("""
        WITH cased AS MATERIALIZED (
            SELECT c, other
              FROM generate_series(1, x'1ffff'::int) AS i, chr(i) AS c, -- no case beyond
                   LATERAL (VALUES (lower(c COLLATE "und-x-icu") COLLATE "C"),
                                   (upper(c COLLATE "und-x-icu") COLLATE "C"),
                                   (lower(c COLLATE "C.utf8") COLLATE "C"),
                                   (upper(c COLLATE "C.utf8") COLLATE "C"),
                                   (search_fold(c) COLLATE "C")) AS v (other)
             WHERE i NOT BETWEEN 55296 AND 57343 AND c <> other)
        SELECT array_agg(c) FILTER (WHERE search_fold(c) <> search_fold(other)), count(DISTINCT c)
          FROM cased""").fetchone()
    assert told is None and of > 2500


@pytest.mark.parametrize("text, term", [
    ("Schaftfräser", "SCHAFTFRÄSER"), ("STRASSE", "straße"), ("Straße", "STRASSE"),
    ("ΟΔΟΣ", "οδος"), ("οδος", "ΟΔΟΣ"), ("οδός και οδοί", "ΟΔΌΣ"), ("ΟΔΟΣΤΡΩΜΑ", "οδος"),
    ("İSTANBUL", "istanbul"), ("ISPARTA", "ısparta"), ("подшипник", "ПОДШИП"), ("Ǆ", "ǆ"), ("ﬂange", "FLANGE"),
    ("µm", "Μm"), ("𐐀", "𐐨"),
])
def test_fold_finds_a_term_in_any_case(superuser, text, term):
    assert superuser.execute("SELECT search_fold(%s) LIKE search_pattern(%s)",
                             [text, term]).fetchone() == (True,)


@pytest.mark.parametrize("text, term", [
    ("100 percent", "100%"), ("a_b", "a%b"), ("axb", "a_b"), ("a\\b", "a\\\\b"), ("ab", "a\\b"),
    ("résumé", "resume"), ("kabaido", "kabaydo"),
])
def test_no_character_stands_for_others(superuser, text, term):
    assert superuser.execute("SELECT search_fold(%s) LIKE search_pattern(%s)",
                             [text, term]).fetchone() == (False,)


@pytest.mark.parametrize("text", ["100 % steel", "snake_case", "C:\\parts\\1", "%_\\", "\\%", "'\"$$"])
def test_every_character_is_found_as_it_is(superuser, text):
    assert superuser.execute("SELECT search_fold(%s) LIKE search_pattern(%s)",
                             ["x " + text + " x", text]).fetchone() == (True,)


@pytest.mark.parametrize("term, has", [
    ("end", True), ("m8 ", True), ("-20", True), ("a 12", True), ("x7", False), ("1/2", False),
    ("---", False), ("a-b-c", False), ("é", False),
])
def test_terms_that_trigrams_can_tell(superuser, term, has):
    assert superuser.execute("SELECT search_has_trigrams(%s)", [term]).fetchone() == (has,)


# What is found


@pytest.mark.parametrize("category", [None, "Fasteners"])
@pytest.mark.parametrize("term, rows", [
    ("flange", 3), ("FLANGE", 101), ("P-04444", 2), ("P-04444", 101), ("p-000001", 2), ("washer", 501),
    ("~1/2", 2), ("no such", 101), ("fasteners", 501), ("l f", 2), ("L F", 101),
])
def test_all_that_match_are_found_in_order(superuser, worker, term, rows, category):
    expected = [sku for sku, in superuser.execute("""
        SELECT sku FROM products
         WHERE org_id = %s AND strpos(lower(concat_ws(E'\n', title, sku, category)), lower(%s)) > 0
         ORDER BY sku""", [ACME, term])]
    assert all_found(worker, term, category, rows) == expected


def test_a_page_is_whole_wherever_the_steps_suffice(worker):
    """Frequent, frequent only far away, rare, and without a trigram: 100,000 products are few."""
    for term in ("bolt", "washer", "flange", "~1/2", "zzz"):
        assert len([page for page, full in walk(worker, term, rows=501) if not full]) <= 1


def test_a_page_ends_early_where_the_steps_do_not_suffice(worker):
    """Within a category they are 400, 3,600 where the page seems to fill, and 36,000."""
    pages = list(walk(worker, "~1/2", "Fasteners"))
    assert [page for page, _ in pages] == [[], ["P-044444"], []]
    pages = list(walk(worker, "washer", "Fasteners", 501))
    assert [len(page) for page, _ in pages[:2]] == [0, 501]
    assert sum(len(page) for page, _ in pages) == 62000 - 6  # those are flanges


def test_a_rare_term_is_found_at_once_within_a_category(worker):
    assert [page for page, _ in walk(worker, "flange", "Fasteners")] \
        == [[f"P-0{i}0007" for i in range(10)]]
    assert list(walk(worker, "flange", "Bearings")) == [([], False)]


# What is read


def counts(connection):
    """Index to entries read so far, and the number of times that a table was read whole."""
    indexes = connection.execute("""
        SELECT indexrelid::regclass::text, pg_stat_get_xact_tuples_returned(indexrelid)
          FROM pg_index JOIN pg_class c ON c.oid = indexrelid
         WHERE relnamespace = 'public'::regnamespace
           AND pg_stat_get_xact_numscans(indexrelid) > 0""").fetchall()
    whole, = connection.execute("SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_xact_user_tables"
                                ).fetchone()
    return dict(indexes), whole


def reads(connection, *arguments):
    """What one search adds to these counts: they may hold what went before as well."""
    with connection.transaction():
        before, whole_before = counts(connection)
        search(connection, *arguments)
        after, whole_after = counts(connection)
    return ({index: read - before.get(index, 0) for index, read in after.items()},
            whole_after - whole_before)


@pytest.mark.parametrize("arguments, indexes, most", [
    (("bolt",), {"products_sku_unique"}, 102),  # the page is full at once
    (("flange",), {"products_sku_unique", "products_search", "products_search_long"}, 4100),
    (("no such",), {"products_sku_unique", "products_search", "products_search_long"}, 4100),
    (("~1/2",), {"products_sku_unique"}, 200100),  # walks to the end
    (("~1/2", "Fasteners"), {"products_of_category"}, 81000),
    (("flange", "Fasteners"),
     {"products_of_category", "products_search", "products_search_long"}, 900),
])
def test_a_search_reads_indexes_and_so_many_entries(worker, arguments, indexes, most):
    search(worker, *arguments)
    found, whole = reads(worker, *arguments)
    assert whole == 0
    assert set(found) == indexes
    assert sum(found.values()) <= most


def test_a_walk_reads_the_index_alone(superuser, filled):
    superuser.execute("SET plan_cache_mode = force_generic_plan")
    superuser.execute("PREPARE walk (uuid, text, text) AS "
                      "SELECT sku FROM (SELECT sku, search_text FROM products WHERE org_id = $1 "
                      "AND sku > $2 ORDER BY sku LIMIT 1000) AS w WHERE search_text LIKE $3")
    plan = superuser.execute(
        f"EXPLAIN (ANALYZE, COSTS off) EXECUTE walk ('{ACME}', 'P-03', '%zzz%')").fetchall()
    superuser.execute("DEALLOCATE walk")
    superuser.execute("RESET plan_cache_mode")
    text = "\n".join(line for line, in plan)
    assert "Index Only Scan using products_sku_unique" in text and "Heap Fetches: 0" in text


# Long texts


def ideographs(length):
    """Text that does not compress."""
    chance = random.Random(length)
    return "".join(chr(chance.randrange(0x20000, 0x2A6D0)) for _ in range(length))


@pytest.mark.parametrize("title, sku, category, term", [
    ("𐍈" * 500, "𐍈" * 100, "𐍈" * 500, "𐍈" * 20),
    ("ΐ" * 499 + "x", "Ω" * 100, None, "x"),      # the fold of the first is three times as long
    ("ﬃ" * 500, "long-1", "ŉ" * 500, "FFIFFI"),
    ("x" * 493 + " needle", "long-2", "c" * 500, "NEEDLE"),
    ("x" * 500, "long-3", "c" * 188 + "needle", "needle"),  # 700 bytes, and one more
    ("x" * 500, "long-3", "c" * 189 + "needle", "needle"),
    ("x" * 497, "n" * 100, "c" * 103, "needle in none"),
    (ideographs(500), ideographs(100), ideographs(499), ideographs(500)[470:]),
    (ideographs(130), ideographs(10), None, ideographs(10)),
], ids=["four bytes", "three of one", "ligatures", "long", "700", "701", "none",
        "does not compress", "short"])
def test_texts_of_any_length_are_kept_and_found(superuser, connect, title, sku, category, term):
    org = uuid.uuid4()
    superuser.execute("INSERT INTO organisations (org_id, name, plan) VALUES (%s, %s, 'team')",
                      [org, str(org)])
    superuser.execute("INSERT INTO products (org_id, sku, title, category, currency) "
                      "VALUES (%s, %s, %s, %s, 'GBP'), (%s, 'other', 'other', 'other', 'GBP')",
                      [org, sku, title, category, org])
    connection = connect("kabaido_worker")
    connection.execute("SELECT set_config('kabaido.org_id', %s, false)", [str(org)])
    expected = [] if term.endswith("none") else [sku]
    assert all_found(connection, term) == expected
    if category is not None:
        assert all_found(connection, term, category) == expected
    superuser.execute("INSERT INTO customers (org_id, company, email, external_id) "
                      "VALUES (%s, %s, %s, 'c')", [org, title, "ﬃ" * 200 + "@" + "𐍈" * 200])
    found = connection.execute("SELECT count(*) FROM customers_search(%s, 'infinity', %s, 10)",
                               ["FFI@𐍈", LAST_ID]).fetchone()
    assert found == (1,)


def test_nothing_is_found_across_two_parts(worker):
    """Title, SKU and category follow one another in the text that is searched."""
    assert len(search(worker, "steel boltp-")) == len(search(worker, "p-000001fasteners")) == 0
    assert len(search(worker, "steel bolt p-")) == len(search(worker, "p-000001 fasteners")) == 0


# Tenants


def customers(connection, term, at=FAR_FUTURE, before=LAST_ID, rows=101):
    return connection.execute("SELECT customer_id, listed FROM customers_search(%s, %s, %s, %s)",
                              [term, at, before, rows]).fetchall()


def test_customers_are_found_newest_first_and_by_pages(superuser, worker):
    expected = superuser.execute(
        "SELECT customer_id, created_at FROM customers WHERE org_id = %s AND company LIKE '%%Söhne' "
        "ORDER BY created_at DESC", [ACME]).fetchall()
    assert [found for found, _ in customers(worker, "& SÖHNE")] == [found for found, _ in expected]
    first = customers(worker, "söhne", rows=2)
    assert [found for found, _ in first] == [found for found, _ in expected[:2]]
    rest = customers(worker, "söhne", expected[1][1], expected[1][0])
    assert [found for found, _ in rest] == [found for found, _ in expected[2:]]
    assert len(customers(worker, "BUYER1234@example.com")) == 1
    assert len(customers(worker, "@example", rows=501)) == 501


def test_another_organisations_records_are_not_found(worker, connect):
    assert search(worker, "unobtainium") == search(worker, "rival") == search(worker, "un") == []
    rival = connect("kabaido_worker")
    rival.execute("SELECT set_config('kabaido.org_id', %s, false)", [str(RIVAL)])
    assert search(rival, "unobtainium") == [("RIVAL", True)]
    mine = {found for found, _ in customers(worker, "Söhne")}
    theirs = {found for found, _ in customers(rival, "Söhne")}
    assert len(mine) == len(theirs) == 3 and not mine & theirs


@pytest.mark.parametrize("setting", [None, "", str(uuid.UUID(int=0)), str(uuid.UUID(int=99))])
def test_nothing_is_found_without_an_organisation(filled, connect, setting):
    connection = connect("kabaido_worker")
    if setting is not None:
        connection.execute("SELECT set_config('kabaido.org_id', %s, false)", [setting])
    for term in ("bolt", "flange", "~1/2", "unobtainium", "e"):
        assert search(connection, term) == search(connection, term, "Fasteners") == []
    assert customers(connection, "company") == customers(connection, "Söhne") == []


@pytest.mark.parametrize("call", [
    "products_walk('00000000-0000-0000-0000-000000000002', NULL, '', '%%', 10, 10)",
    "products_step('00000000-0000-0000-0000-000000000002', NULL, '', 10)",
    "products_containing('00000000-0000-0000-0000-000000000002', '%%bolt%%', 10)",
    "customers_walk('00000000-0000-0000-0000-000000000002', 'infinity', gen_random_uuid(), '%%', 1, 1)",
    "customers_step('00000000-0000-0000-0000-000000000002', 'infinity', gen_random_uuid(), 1)",
    "customers_containing('00000000-0000-0000-0000-000000000002', '%%söhne%%', 10)",
])
@pytest.mark.parametrize("role", ["kabaido_worker", "kabaido_tool"])
def test_nobody_reaches_behind_the_search(connect, role, call):
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for function"):
        connect(role).execute(f"SELECT * FROM {call}".replace("%%", "%"))


def test_other_roles_do_not_search(connect):
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for function"):
        connect("kabaido_tool").execute("SELECT products_search('bolt', NULL, '', 10)")


def test_temporary_tables_and_functions_do_not_stand_in_for_ours(worker):
    """Neither the worker's own products nor its own operators are asked, with the definer's rights."""
    worker.execute("CREATE TEMPORARY TABLE products (LIKE public.products)")
    worker.execute("CREATE FUNCTION pg_temp.current_org_id() RETURNS uuid LANGUAGE sql "
                   f"RETURN '{RIVAL}'::uuid")
    worker.execute("CREATE FUNCTION pg_temp.search_pattern(text) RETURNS text LANGUAGE sql RETURN '%'")
    worker.execute("SET search_path = pg_temp, public")
    assert worker.execute("SELECT sku FROM public.products_search('flange', NULL, '', 10)").fetchall() \
        == [(f"P-0{i}0007",) for i in range(10)]


@pytest.mark.parametrize("plans", ["force_generic_plan", "force_custom_plan"])
@pytest.mark.parametrize("term", ["flange", "washer", "steel"])
def test_the_trigrams_are_asked_whatever_the_planner_thinks_of_the_term(superuser, filled, plans, term):
    superuser.execute(f"SET plan_cache_mode = {plans}")
    with superuser.transaction():
        before, whole_before = counts(superuser)
        found = superuser.execute("SELECT count(*) FROM products_containing(%s, %s, 2000)",
                                  [ACME, f"%{term}%"]).fetchone()
        after, whole_after = counts(superuser)
    superuser.execute("RESET plan_cache_mode")
    assert found == (10 if term == "flange" else 2000,)
    assert whole_after == whole_before
    assert {index for index in after if after[index] != before.get(index, 0)} == {"products_search"}
