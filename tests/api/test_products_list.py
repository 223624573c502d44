"""GET /products: what a product is, in which order, and what narrows the list. What it has in common
with other lists is in test_lists.py, the search in test_products_search.py."""

import datetime
import decimal
import json
import random

import pytest

from harness import ROOT, Tenant, document, refused

MEMBERS = ["id", "sku", "title", "name", "category", "uom", "price_minor", "currency", "stock_qty",
           "lead_time_days", "external_id", "schema_id", "attrs", "created_at", "updated_at"]
BEGINNING = "0001-01-01T00:00:00Z"
# In the order of their bytes, which no locale would give them.
SKUS = ["!", "#1", "-A", "0", "00", "1", "10", "2", "A", "A ", "A-1", "A.1", "AA", "Z", "_", "a", "a b", "aa",
        "z", "~", "É", "é", "Ω", "ﬀ", "\ufeff", "\uffee", "𐀀", "🔩"]


@pytest.fixture(scope="module")
def tenant(stack):
    return Tenant(stack)


def insert(tenant, **columns):
    """One product as SQL has it; what is left out has its default."""
    row = {"title": "A product", "currency": "GBP", **columns}
    tenant.stack.sql(
        f"INSERT INTO products (org_id, {', '.join(row)}) VALUES (%s, {', '.join(['%s'] * len(row))})",
        [tenant.org_id, *row.values()])


def products(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["products"]


def skus(answer):
    return [product["sku"] for product in products(answer)]


def walked(tenant, **parameters):
    return [product["sku"] for page in tenant.walk("/products", **parameters) for product in page]


@pytest.fixture(scope="module")
def ordered(stack):
    """Products whose order, categories and times of change all differ."""
    tenant = Tenant(stack)
    for place, sku in enumerate(random.Random(5).sample(SKUS, len(SKUS))):
        insert(tenant, sku=sku, category=[None, "Drills", "drills", "Drills & taps"][place % 4])
    return tenant


# --- What a product is -----------------------------------------------------------------------------

def moment(value):
    text = value.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return text + "Z"


def test_every_product_reads_as_the_database_has_it(stack):
    """All of the demonstration's, in several languages and currencies."""
    for org_id, name in stack.sql("SELECT org_id, name FROM organisations JOIN plans USING (plan) "
                                  "WHERE integrations AND name NOT LIKE 'Tenant%%'"):
        key = stack.new_key("products:read", org=name, limit=1000)
        with stack.connect() as connection:
            cursor = connection.execute(
                "SELECT *, attrs::text AS attrs_text FROM products WHERE org_id = %s ORDER BY sku",
                [org_id])
            names = [column.name for column in cursor.description]
            expected = [dict(zip(names, row)) for row in cursor]
        seen = []
        parameters = "limit=500"
        while parameters:
            answer = stack.get(f"/api/v1/products?{parameters}", key)
            page = document.parse(answer.content)
            seen += page["products"]
            parameters = page["next_cursor"] and f"limit=500&cursor={page['next_cursor']}"
        assert [list(product) for product in seen] == [MEMBERS] * len(expected)
        for product, row in zip(seen, expected):
            assert product == {
                **{member: row[member] for member in MEMBERS if member in row},
                "id": str(row["product_id"]), "name": row["title"],
                "attrs": json.loads(row["attrs_text"], parse_float=decimal.Decimal),
                "created_at": moment(row["created_at"].astimezone(datetime.timezone.utc)),
                "updated_at": moment(row["updated_at"].astimezone(datetime.timezone.utc))}
            assert isinstance(product["price_minor"], (int, type(None)))


def test_what_is_absent_is_null_and_there(tenant):
    insert(tenant, sku="least")
    product, = products(tenant.get("/products", sku="least"))
    assert list(product) == MEMBERS
    assert [name for name in MEMBERS if product[name] is None] == [
        "category", "uom", "price_minor", "stock_qty", "lead_time_days", "external_id", "schema_id"]
    assert product["attrs"] == {} and product["title"] == product["name"] == "A product"


@pytest.mark.parametrize("price", [0, 1, 2 ** 53 + 1, 2 ** 63 - 1])
def test_money_is_exact_to_the_last_unit(tenant, price):
    insert(tenant, sku=f"price {price}", price_minor=price)
    assert f'"price_minor":{price},' in tenant.get("/products", sku=f"price {price}").text


@pytest.mark.parametrize("stored, sent", [("10", "10"), ("0.5000", "0.5"), ("0", "0"), ("100", "100"),
                                          ("99999999999.9999", "99999999999.9999")])
def test_stock_is_the_databases_own_digits(tenant, stored, sent):
    insert(tenant, sku=f"stock {stored}", stock_qty=decimal.Decimal(stored))
    assert f'"stock_qty":{sent},' in tenant.get("/products", sku=f"stock {stored}").text


@pytest.mark.parametrize("attrs", [
    '{"n":12345678901234567890123.45}', '{"a":[1,{"b":null,"c":[true,false]}],"z":"\\"é🔩\\\\"}',
    '{"":0}', '{"tab\\there":"line\\nbreak"}', '{"e":0.1}', '{"spaces : , in":"a : b , c"}',
])
def test_attributes_are_what_the_database_has_digit_by_digit(tenant, attrs):
    insert(tenant, sku=f"with {attrs}", attrs=attrs)
    text = tenant.get("/products", sku=f"with {attrs}").text
    assert f'"attrs":{attrs},' in text


@pytest.mark.parametrize("title", ['quotes " and \\ and /', "切削工具", "🔩🛠️", "\u2028\ufffd", "</script>"])
def test_text_comes_back_as_it_was_written(tenant, title):
    insert(tenant, sku=f"text {title}"[:100], title=title)
    product, = products(tenant.get("/products", sku=f"text {title}"))
    assert product["title"] == product["name"] == title


# --- The order -------------------------------------------------------------------------------------

@pytest.mark.parametrize("limit", [1, 3, 500])
def test_the_order_is_that_of_the_skus_bytes(ordered, limit):
    assert SKUS == sorted(SKUS, key=str.encode)
    assert walked(ordered, limit=limit) == SKUS


def test_a_page_goes_on_after_a_sku_that_is_gone_or_new(stack):
    tenant = Tenant(stack)
    for sku in "ABCD":
        insert(tenant, sku=sku)
    page = tenant.get("/products", limit=2).json()
    stack.sql("DELETE FROM products WHERE org_id = %s AND sku = 'B'", [tenant.org_id])
    insert(tenant, sku="BB")
    insert(tenant, sku="AA")
    assert skus(tenant.get("/products", limit=9, cursor=page["next_cursor"])) == ["BB", "C", "D"]


# --- Filters ---------------------------------------------------------------------------------------

def test_by_sku_exactly(ordered):
    for sku in SKUS:
        assert skus(ordered.get("/products", sku=sku)) == [sku]
    for other in ("B", "a-1", "A  ", " A", "%", "A_1", "é" * 100, "x" * 400):
        assert skus(ordered.get("/products", sku=other)) == []


def test_a_page_of_one_is_the_last(ordered):
    assert ordered.get("/products", sku="A", limit=1).json()["next_cursor"] is None


@pytest.mark.parametrize("limit", [1, 500])
@pytest.mark.parametrize("category", ["Drills", "drills", "Drills & taps", "Drill", "%"])
def test_by_category_exactly(stack, ordered, category, limit):
    expected = [sku for sku, in stack.sql(
        "SELECT sku FROM products WHERE org_id = %s AND category = %s ORDER BY sku",
        [ordered.org_id, category])]
    assert walked(ordered, category=category, limit=limit) == expected
    by_change = [sku for sku, in stack.sql(
        "SELECT sku FROM products WHERE org_id = %s AND category = %s ORDER BY updated_at, product_id",
        [ordered.org_id, category])]
    assert walked(ordered, category=category, limit=limit, updated_since=BEGINNING) == by_change


def test_filters_narrow_the_list_together(stack, ordered):
    categories = dict(stack.sql("SELECT sku, category FROM products WHERE org_id = %s",
                                [ordered.org_id]))
    changed = dict(stack.sql("SELECT sku, updated_at FROM products WHERE org_id = %s",
                             [ordered.org_id]))
    for sku in ("A", "AA", "a", "🔩"):
        mine = categories[sku] or "Drills"
        expected = [sku] if categories[sku] else []
        assert skus(ordered.get("/products", sku=sku, category=mine)) == expected
        assert skus(ordered.get("/products", sku=sku, category="Other")) == []
        assert skus(ordered.get("/products", sku=sku, search="product")) == [sku]
        assert skus(ordered.get("/products", sku=sku, search="nothing")) == []
        since = changed[sku]
        assert skus(ordered.get("/products", sku=sku, updated_since=since.isoformat())) == [sku]
        later = since + datetime.timedelta(microseconds=1)
        assert skus(ordered.get("/products", sku=sku, updated_since=later.isoformat())) == []


@pytest.mark.parametrize("name, longest", [("sku", 400), ("category", 2000), ("search", 400)])
def test_filters_are_text_of_one_line(ordered, name, longest):
    assert products(ordered.get("/products", **{name: "x" * longest})) == []
    assert products(ordered.get("/products", **{name: "é" * (longest // 2)})) == []
    for wrong in ("", "x" * (longest + 1), "a\nb", "\t", "a\x7f", "\x1f"):
        refused(ordered.get("/products", **{name: wrong}), 422, "invalid_parameter", field=name)
    refused(ordered.get("/products", **{name: ["a", "a"]}), 422, "invalid_parameter", field=name)
    refused(ordered.request("GET", f"/products?{name}=%00"), 400, "malformed_request")
    refused(ordered.request("GET", f"/products?{name}=%ff"), 400, "malformed_request")


@pytest.mark.parametrize("name", ["status", "q", "SKU", "title", "skus", "customer_id", ""])
def test_an_unknown_parameter_is_named(ordered, name):
    body = refused(ordered.get("/products", **{name: "x"}), 422, "invalid_parameter", field=name)
    assert f"'{name}'" in body["error"]


def test_another_organisations_products_are_not_listed(stack, ordered):
    other = Tenant(stack)
    insert(other, sku="A", category="Drills")
    assert walked(other) == ["A"]
    assert walked(other, category="drills") == walked(other, sku="a") == []
    assert products(other.get("/products", sku="A")) != products(ordered.get("/products", sku="A"))


# --- Many ------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def many(stack):
    """12,000 products, of which few are of another category or title."""
    tenant = Tenant(stack)
    stack.sql("""
        INSERT INTO products (org_id, sku, title, category, currency, created_at, updated_at)
        SELECT %s, 'P-' || lpad((i * 7919 %% 12007)::text, 5, '0'),
               CASE WHEN i %% 5000 = 0 THEN 'Rare thing' ELSE 'Common thing' END,
               CASE WHEN i %% 6000 = 3 THEN 'Few' ELSE 'Many' END, 'GBP',
               '2026-01-01'::timestamptz + i * interval '1 second',
               '2026-01-01'::timestamptz + i * interval '1 second'
          FROM generate_series(1, 12000) AS i""", [tenant.org_id])
    stack.sql("ANALYZE products")
    return tenant


@pytest.mark.parametrize("filters, condition", [
    ({"category": "Few"}, "category = 'Few'"), ({"search": "RARE"}, "title LIKE 'Rare%%'"),
    ({"search": "few"}, "category = 'Few'"), ({"search": "zzz"}, "false"),
    ({"search": "thing", "category": "Few"}, "category = 'Few'"),
    ({"search": "common"}, "title LIKE 'Common%%'"),
])
def test_changes_that_are_filtered_come_in_bounded_pages(stack, many, filters, condition):
    """A page ends after 5,000 changes, with a cursor that goes on, however few it holds."""
    expected = [sku for sku, in stack.sql(
        f"SELECT sku FROM products WHERE org_id = %s AND {condition} ORDER BY updated_at, product_id",
        [many.org_id])]
    pages = [[product["sku"] for product in page]
             for page in many.walk("/products", updated_since=BEGINNING, limit=500, **filters)]
    assert [sku for page in pages for sku in page] == expected
    assert len(pages) == max(3, -(-len(expected) // 500))


def test_changes_of_everything_are_whole_pages(many):
    pages = list(many.walk("/products", updated_since=BEGINNING, limit=500))
    assert [len(page) for page in pages] == [500] * 24


@pytest.mark.parametrize("parameters, index", [
    (["products_list", "", "101"], "products_sku_unique"),
    (["products_list", "P-11", "101"], "products_sku_unique"),
    (["products_of_category", "P-11", "101", "Many"], "products_of_category"),
    (["products_changed", "2026-01-01 03:00:00", "00000000-0000-0000-0000-000000000000", "101"],
     "products_changed"),
])
def test_a_page_reads_its_rows_and_no_more_wherever_it_is(stack, many, parameters, index):
    """By a range of an index, without sorting or counting: the last page costs what the first does."""
    name, *values = parameters
    with stack.connect("kabaido_worker") as worker:
        worker.execute("SELECT set_config('kabaido.org_id', %s, false)", [str(many.org_id)])
        statement = (ROOT / f"sql/queries/{name}.sql").read_text(encoding="utf-8")
        worker.execute(f"PREPARE page AS {statement}")
        literals = ", ".join("'" + value + "'" for value in values)
        plan, = worker.execute(f"EXPLAIN (ANALYZE, FORMAT json) EXECUTE page ({literals})").fetchone()
    nodes = [plan[0]["Plan"]]
    while "Plans" in nodes[-1]:
        nodes += nodes[-1]["Plans"]
    assert [node["Node Type"] for node in nodes] == ["Limit", "Index Scan"]
    scan = nodes[-1]
    assert (scan["Index Name"], scan["Actual Rows"]) == (index, 101)
    assert "org_id = " in scan["Index Cond"] and " > " in scan["Index Cond"]
    assert "Filter" not in scan and scan.get("Rows Removed by Index Recheck", 0) == 0
