"""GET /products?search=: a part of title, SKU or category, in any case, and of this organisation only.
Which characters are the same but for case, and what the search reads, is in tests/sql/test_search.py."""

import random
import uuid

import hypothesis
import pytest
from hypothesis import strategies

from harness import Tenant, refused

PRODUCTS = [
    ("EM-1204", "End mill 12mm", "Milling / End mills"),
    ("DR-12.5", "Twist drill 12.5mm, 100 % cobalt", "Drilling"),
    ("tap_m8", "Spiral tap M8 x 1.25", "Threading"),
    ("SF-20", "Schaftfräser Ø 20 mm, groß", "FRÄSEN"),
    ("ΓΩΝΙΑ-1", "Γωνιακός σύνδεσμος", "Σύνδεσμοι"),
    ("ПШ-6204", "Подшипник 6204", "Подшипники"),
    ("IST-1", "İnce diş kılavuz", "KILAVUZLAR"),
    ("螺丝-M8", "不锈钢螺丝 M8", "紧固件"),
    ("C:\\1", "Washer 1/2\" \\ M12", "50% off_now"),
    ("zz", "x" * 500, "y" * 500),
]


def make(stack, rows):
    tenant = Tenant(stack)
    with stack.connect() as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO products (org_id, sku, title, category, currency) "
                           "VALUES (%s, %s, %s, %s, 'GBP')",
                           [(tenant.org_id, *row) for row in rows])
    return tenant


@pytest.fixture(scope="module")
def tenant(stack):
    return make(stack, PRODUCTS)


def found(tenant, term, **parameters):
    pages = tenant.walk("/products", search=term, **parameters)
    return [product["sku"] for page in pages for product in page]


@pytest.mark.parametrize("term, skus", [
    ("mill", ["EM-1204"]), ("END MILL", ["EM-1204"]), ("12", ["C:\\1", "DR-12.5", "EM-1204"]),
    ("em-12", ["EM-1204"]), ("204", ["EM-1204", "ПШ-6204"]), ("drilling", ["DR-12.5"]),
    ("mm", ["DR-12.5", "EM-1204", "SF-20"]), (" x 1", ["tap_m8"]), ("m8", ["tap_m8", "螺丝-M8"]),
    ("SCHAFTFRÄSER", ["SF-20"]), ("fräsen", ["SF-20"]), ("GROSS", ["SF-20"]), ("groß", ["SF-20"]),
    ("ΓΩΝΙΑΚΌΣ", ["ΓΩΝΙΑ-1"]), ("γωνια", ["ΓΩΝΙΑ-1"]), ("σύνδεσμος", ["ΓΩΝΙΑ-1"]),
    ("подшипник", ["ПШ-6204"]), ("пш-", ["ПШ-6204"]), ("INCE", ["IST-1"]), ("kılavuz", ["IST-1"]),
    ("kilavuzlar", ["IST-1"]), ("螺丝", ["螺丝-M8"]), ("螺", ["螺丝-M8"]),
    ("ФРАЗА", []), ("endmill", []), ("m i", []), ("milling / end mills", ["EM-1204"]),
    ("x" * 400, ["zz"]), ("Y" * 400, ["zz"]), ("x" * 399 + "z", []),
])
def test_a_part_of_title_sku_or_category_is_found_in_any_case(tenant, term, skus):
    assert found(tenant, term) == skus


@pytest.mark.parametrize("term, skus", [
    ("%", ["C:\\1", "DR-12.5"]), ("100 %", ["DR-12.5"]), ("_", ["C:\\1", "tap_m8"]), ("p_m", ["tap_m8"]),
    ("\\", ["C:\\1"]), ("\\ ", ["C:\\1"]), ("c:\\1", ["C:\\1"]), ("%%", []), ("__", []), ("\\\\", []),
    ("1%m", []), ("d_l", []), ("50% off_", ["C:\\1"]), ("1/2\"", ["C:\\1"]), ("'", []), ("*", []),
    (".", ["DR-12.5", "tap_m8"]), (".*", []), ("^", []), ("(", []), ("[a-z]", []), ("$$", []),
])
def test_no_character_has_a_special_meaning(tenant, term, skus):
    assert found(tenant, term) == skus


def test_nothing_is_found_across_title_sku_and_category(tenant):
    for term in ("12mmem", "12mm em", "1204milling", "1204 milling", "mm EM-1204"):
        assert found(tenant, term) == []
    refused(tenant.get("/products", search="12mm\nEM-1204"), 422, "invalid_parameter", field="search")


def test_a_search_narrows_with_other_filters(tenant):
    assert found(tenant, "mm", category="FRÄSEN") == ["SF-20"]
    assert found(tenant, "mm", category="Fräsen") == found(tenant, "drill", category="FRÄSEN") == []
    since = "0001-01-01T00:00:00Z"
    assert sorted(found(tenant, "MM", updated_since=since)) == ["DR-12.5", "EM-1204", "SF-20"]
    assert found(tenant, "mm", updated_since=since, category="Drilling") == ["DR-12.5"]
    assert found(tenant, "MM", updated_since="2999-01-01T00:00:00Z") == []


def test_what_is_written_is_found_at_once_and_no_longer_as_it_was(stack):
    tenant = Tenant(stack)
    for title, other in (("First name", "second"), ("Second name", "first")):
        answer = tenant.post("/products/bulk", {"products": [{"sku": "A", "title": title}]})
        assert answer.json() == {"upserted": 1, "errors": []}
        assert found(tenant, title.upper()) == ["A"] and found(tenant, other) == []


# --- Pages -----------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def many(stack):
    """More than the first steps of a walk: 2,500 products, of which every 50th is of steel, and the
    last 300 of brass."""
    chance = random.Random(1)
    rows = [(f"P-{number:05}", f"Bolt {chance.randrange(100)} x {chance.randrange(100)}"
             + (" steel" if number % 50 == 0 else " brass" if number >= 2200 else ""), "Fasteners")
            for number in range(2500)]
    chance.shuffle(rows)
    tenant = make(stack, rows)
    tenant.rows = sorted(rows)
    return tenant


@pytest.mark.parametrize("term, limit", [
    ("steel", 7), ("steel", 500), ("brass", 7), ("brass", 100), ("bolt", 100), ("bolt", 500), ("P-00", 100),
    ("p-0249", 7), ("x 42", 7), ("x 42", 100), ("fasteners", 500), ("st", 100), ("7 x 7", 7),
])
def test_a_walk_finds_all_in_order_of_sku(many, term, limit):
    expected = [sku for sku, *rest in many.rows
                if any(term.lower() in part.lower() for part in (sku, *rest))]
    assert found(many, term, limit=limit) == expected


@pytest.mark.parametrize("term", ["steel", "brass", "st", "x 42"])
def test_pages_are_whole_in_an_organisation_that_is_not_huge(many, term):
    pages = [len(page) for page in many.walk("/products", search=term, limit=20)]
    assert all(size == 20 for size in pages[:-1])


def test_a_cursor_belongs_to_its_term(many):
    cursor = many.get("/products", search="steel", limit=1).json()["next_cursor"]
    assert many.get("/products", search="steel", limit=2, cursor=cursor).status_code == 200
    for other in ({}, {"search": "STEEL"}, {"search": "brass"}, {"search": "steel", "category": "Fasteners"}):
        refused(many.get("/products", cursor=cursor, **other), 400, "invalid_cursor", field="cursor")


def test_products_that_come_and_go_between_pages(stack):
    tenant = make(stack, [(f"P-{number:02}", "needle", None) for number in range(0, 40, 2)])
    seen, cursor = [], {}
    while cursor is not None:
        page = tenant.get("/products", search="needle", limit=3, **cursor).json()
        seen += [product["sku"] for product in page["products"]]
        last = int(seen[-1][2:])
        make_room = [(f"P-{last + 1:02}", "needle", None), (f"P-{last - 1:02}", "needle", None)]
        for sku, title, _ in make_room:
            stack.sql("INSERT INTO products (org_id, sku, title, currency) VALUES (%s, %s, %s, 'GBP') "
                      "ON CONFLICT DO NOTHING", [tenant.org_id, sku, title])
        cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
    assert [sku for sku in seen if int(sku[2:]) % 2 == 0] == [f"P-{n:02}" for n in range(0, 40, 2)]
    assert len(seen) == len(set(seen)) and seen == sorted(seen)


# --- Whatever is searched for ----------------------------------------------------------------------

ALPHABET = "aAbß1 -%_\\/\"éÉİıΣς漢"


@pytest.fixture(scope="module")
def odd(stack):
    """Products whose texts are hard to tell from one another."""
    chance = random.Random(2)

    def text(most):
        return "".join(chance.choice(ALPHABET) for _ in range(chance.randrange(1, most)))

    rows = {text(8) + str(number): (text(20), text(5) if number % 3 else None) for number in range(300)}
    return make(stack, [(sku, *rest) for sku, rest in rows.items()])


@hypothesis.settings(max_examples=150, deadline=None,
                     suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(term=strategies.one_of(
    strategies.text(ALPHABET, min_size=1, max_size=4),
    strategies.text(strategies.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12)))
def test_a_search_finds_exactly_those_that_contain_the_term(stack, odd, term):
    """Told by the database as well, but in another way: folded, character by character, in each part."""
    expected = [sku for sku, in stack.sql("""
        SELECT sku FROM products
         WHERE org_id = %s AND (strpos(search_fold(title), search_fold(%s)) > 0
                                OR strpos(search_fold(sku), search_fold(%s)) > 0
                                OR strpos(search_fold(category), search_fold(%s)) > 0)
         ORDER BY sku""", [odd.org_id, term, term, term], user="postgres")]
    assert found(odd, term, limit=500) == expected


# --- Tenants ---------------------------------------------------------------------------------------

def test_another_organisations_products_are_not_found(stack, tenant):
    secret = uuid.uuid4().hex
    rival = make(stack, [(f"SKU-{secret}", f"Title {secret}", f"Category {secret}")])
    for term in (secret, secret[:6], "sku-" + secret, "TITLE " + secret, secret[:2], "category " + secret):
        assert found(rival, term) == [f"SKU-{secret}"]
        for parameters in ({}, {"category": f"Category {secret}"}, {"sku": f"SKU-{secret}"},
                           {"updated_since": "0001-01-01T00:00:00Z"}):
            assert f"SKU-{secret}" not in found(tenant, term, **parameters)
    none = tenant.get("/products", search=secret)
    nothing = tenant.get("/products", search=uuid.uuid4().hex)
    assert none.content == nothing.content == b'{"products":[],"next_cursor":null}'


def test_a_key_without_the_scope_does_not_search(stack, tenant):
    key = tenant.new_key("products:write,customers:read")
    answer = stack.get("/api/v1/products?search=mill", key)
    refused(answer, 403, "insufficient_scope", required_scope="products:read")


def test_a_term_is_nowhere_in_a_log(stack, tenant):
    """The web server's log has no query, and the database's no parameter but where the tests ask."""
    term = uuid.uuid4().hex
    assert found(tenant, term) == []
    for name in ("access.log", "error.log", "api.log", "nginx.log"):
        assert term not in stack.log(name)
