"""POST /products/bulk: what a row means, what of it is refused, and what many of them cost."""

import json
import os
import threading
import uuid

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from harness import Tenant, refused

MIB = 1024 * 1024


@pytest.fixture
def tenant(stack):
    return Tenant(stack)


def send(tenant, rows, **parameters):
    answer = tenant.post("/products/bulk", {"products": rows}, **parameters)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert list(body) == ["upserted", "errors"]
    return body


def upsert(tenant, *rows, **parameters):
    """Sends rows that are all good."""
    assert send(tenant, rows, **parameters) == {"upserted": len(rows), "errors": []}


def reasons(tenant, *rows, **parameters):
    """The reasons of the rows at fault, by index; the others must have been counted."""
    body = send(tenant, rows, **parameters)
    assert all(list(error) == ["index", "reason"] for error in body["errors"])
    indexes = [error["index"] for error in body["errors"]]
    assert indexes == sorted(set(indexes))
    assert body["upserted"] == len(rows) - len(indexes)
    return {error["index"]: error["reason"] for error in body["errors"]}


def reason(tenant, row):
    """Why this row is refused."""
    found = reasons(tenant, row)
    assert set(found) == {0}, f"{row} was taken"
    return found[0]


COLUMNS = ("sku, title, category, uom, price_minor, currency, stock_qty, lead_time_days, "
           "external_id, schema_id, attrs, updated_at")


def products(tenant):
    """What the database holds, by SKU."""
    rows = tenant.stack.sql(f"SELECT {COLUMNS} FROM products WHERE org_id = %s ORDER BY sku",
                            [tenant.org_id])
    names = COLUMNS.replace(" ", "").split(",")
    return {row[0]: dict(zip(names, row)) for row in rows}


def product(tenant, sku="A"):
    return products(tenant)[sku]


# --- The documented call -------------------------------------------------------------------------

def test_the_documented_call_works_as_printed(tenant):
    answer = tenant.post("/products/bulk",
                         b'{ "products": [ { "sku": "EM-1204", "name": "End mill 12mm" } ] }')
    assert answer.status_code == 200
    assert answer.json() == {"upserted": 1, "errors": []}
    assert product(tenant, "EM-1204")["title"] == "End mill 12mm"


def test_every_member_is_kept(tenant):
    upsert(tenant, {"sku": "A", "title": "Fräser Ø12 立铣刀 🔧", "category": "Fräsen", "uom": "EA",
                    "price": "48.50", "currency": "EUR", "stock_qty": 12.5, "lead_time_days": 5,
                    "external_id": "erp/1", "schema_id": "mill", "attrs": {"flutes": 4}})
    row = product(tenant)
    del row["updated_at"]
    assert row == {"sku": "A", "title": "Fräser Ø12 立铣刀 🔧", "category": "Fräsen", "uom": "EA",
                   "price_minor": 4850, "currency": "EUR", "stock_qty": 12.5, "lead_time_days": 5,
                   "external_id": "erp/1", "schema_id": "mill", "attrs": {"flutes": 4}}


def test_escapes_and_utf8_mean_the_same(tenant):
    body = b'{"products":[{"\\u0073ku":"\\u0041","title":"\\u00e9\\ud83d\\ude00\\/\\"\xc3\xa9"}]}'
    assert tenant.post("/products/bulk", body).json() == {"upserted": 1, "errors": []}
    assert product(tenant)["title"] == "é😀/\"é"


# --- Price ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("price, currency, minor", [
    ("42.50", "GBP", 4250), (42.5, "GBP", 4250), ("0.1", "GBP", 10), (0.1, "GBP", 10),
    ("1e2", "GBP", 10000), (100, "GBP", 10000), ("0", "GBP", 0), ("1500", "JPY", 1500),
    ("1500.00", "JPY", 1500), ("1.555", "KWD", 1555), ("0.29", "GBP", 29), ("1.10", "EUR", 110),
    ("92233720368547758.07", "GBP", 9223372036854775807), ("90071992547409.93", "GBP", 9007199254740993),
])
def test_a_price_is_exact_in_the_currencys_minor_unit(tenant, price, currency, minor):
    upsert(tenant, {"sku": "A", "title": "t", "price": price, "currency": currency})
    assert product(tenant)["price_minor"] == minor


def test_a_number_in_the_body_is_read_digit_by_digit(tenant):
    body = b'{"products":[{"sku":"A","title":"t","price":1e2},{"sku":"B","title":"t","price":0.10},' \
           b'{"sku":"C","title":"t","price":90071992547409.93}]}'
    assert tenant.post("/products/bulk", body).json()["upserted"] == 3
    assert [row["price_minor"] for row in products(tenant).values()] == [10000, 10, 9007199254740993]


@pytest.mark.parametrize("row, member, rule", [
    ({"price": "1,50"}, "price", "decimal number"),
    ({"price": ""}, "price", "decimal number"),
    ({"price": "NaN"}, "price", "decimal number"),
    ({"price": "GBP 1"}, "price", "decimal number"),
    ({"price": True}, "price", "decimal number"),
    ({"price": []}, "price", "decimal number"),
    ({"price": "-1"}, "price", "negative"),
    ({"price": -0.01}, "price", "negative"),
    ({"price": "1.555"}, "price", "at most 2 decimals, as GBP has"),
    ({"price": "1.5", "currency": "JPY"}, "price", "at most 0 decimals, as JPY has"),
    ({"price": "1.5555", "currency": "KWD"}, "price", "at most 3 decimals, as KWD has"),
    ({"price": "9999999999999999999"}, "price", "64 bits"),
    ({"price": "1e300"}, "price", "64 bits"),
    ({"price_minor": 1.5}, "price_minor", "whole number"),
    ({"price_minor": -1}, "price_minor", "whole number"),
    ({"price_minor": "1"}, "price_minor", "whole number"),
    ({"price": "1", "price_minor": 101}, "price_minor", "differ"),
    ({"price": None, "price_minor": 101}, "price", "null"),
    ({"price": "1", "price_minor": None}, "price", "null"),
    ({"currency": "XYZ"}, "currency", "ISO 4217"),
    ({"currency": "gbp"}, "currency", "ISO 4217"),
    ({"currency": 5}, "currency", "string"),
])
def test_a_wrong_price_names_member_and_rule(tenant, row, member, rule):
    why = reason(tenant, {"sku": "A", "title": "t"} | row)
    assert f"'{member}'" in why and rule in why, why
    assert products(tenant) == {}


def test_price_and_price_minor_may_agree(tenant):
    upsert(tenant, {"sku": "A", "title": "t", "price": "1.00", "price_minor": 100})
    assert product(tenant)["price_minor"] == 100


def test_the_currency_is_the_rows_else_the_products_else_the_organisations(stack):
    tenant = Tenant(stack, currency="JPY")
    upsert(tenant, {"sku": "A", "title": "t", "price": "5"}, {"sku": "B", "title": "t", "price": "5.001",
                                                              "currency": "KWD"})
    assert (product(tenant, "A")["currency"], product(tenant, "A")["price_minor"]) == ("JPY", 5)
    upsert(tenant, {"sku": "B", "price": "6.5"})
    assert (product(tenant, "B")["currency"], product(tenant, "B")["price_minor"]) == ("KWD", 6500)
    upsert(tenant, {"sku": "B", "price": "7", "currency": None})
    assert (product(tenant, "B")["currency"], product(tenant, "B")["price_minor"]) == ("JPY", 7)


# --- Members -------------------------------------------------------------------------------------

@pytest.mark.parametrize("row, member, rule", [
    ({"sku": None, "title": "t"}, "sku", "string"),
    ({"title": "t"}, "sku", "required"),
    ({"sku": "", "title": "t"}, "sku", "blank"),
    ({"sku": 5, "title": "t"}, "sku", "string"),
    ({"sku": "x" * 101, "title": "t"}, "sku", "100"),
    ({"sku": "a\tb", "title": "t"}, "sku", "control character U+0009"),
    ({"sku": "A"}, "title", "must have one"),
    ({"sku": "A", "title": None}, "title", "null"),
    ({"sku": "A", "name": None}, "name", "null"),
    ({"sku": "A", "title": " \u00a0\u3000"}, "title", "blank"),
    ({"sku": "A", "title": "x" * 501}, "title", "500"),
    ({"sku": "A", "title": "a\nb"}, "title", "control character"),
    ({"sku": "A", "title": "a", "name": "b"}, "name", "differ"),
    ({"sku": "A", "title": "t", "category": 1}, "category", "string"),
    ({"sku": "A", "title": "t", "uom": ""}, "uom", "blank"),
    ({"sku": "A", "title": "t", "stock_qty": -1}, "stock_qty", "0 to"),
    ({"sku": "A", "title": "t", "stock_qty": "1.00001"}, "stock_qty", "4 decimals"),
    ({"sku": "A", "title": "t", "stock_qty": 1e11}, "stock_qty", "99999999999"),
    ({"sku": "A", "title": "t", "lead_time_days": 1.5}, "lead_time_days", "whole number"),
    ({"sku": "A", "title": "t", "lead_time_days": 2**31}, "lead_time_days", "2147483647"),
    ({"sku": "A", "title": "t", "lead_time_days": -1}, "lead_time_days", "whole number"),
    ({"sku": "A", "title": "t", "external_id": {}}, "external_id", "string"),
    ({"sku": "A", "title": "t", "schema_id": False}, "schema_id", "string"),
    ({"sku": "A", "title": "t", "attrs": []}, "attrs", "object"),
    ({"sku": "A", "title": "t", "attrs": "x"}, "attrs", "object"),
])
def test_a_wrong_member_is_named_with_its_rule(tenant, row, member, rule):
    why = reason(tenant, row)
    assert f"'{member}'" in why and rule in why, why
    assert products(tenant) == {}


@pytest.mark.parametrize("row", [5, "x", None, True, [], [{}]])
def test_a_row_must_be_an_object(tenant, row):
    assert "must be an object" in reason(tenant, row)


def test_the_longest_texts_are_taken(tenant):
    upsert(tenant, {"sku": "é" * 100, "title": "😀" * 500, "category": "é" * 500})
    assert product(tenant, "é" * 100)["title"] == "😀" * 500


def test_a_bad_row_never_stops_the_others(tenant):
    found = reasons(tenant, {"sku": "A", "title": "a"}, {"sku": "B"}, 7, {"sku": "C", "title": "c"},
                    {"sku": "D", "title": "d", "price": "x"})
    assert set(found) == {1, 2, 4}
    assert list(products(tenant)) == ["A", "C"]


def test_what_is_not_sent_stays_and_null_clears(tenant):
    full = {"sku": "A", "title": "t", "category": "c", "uom": "EA", "price": "1.00", "stock_qty": 3,
            "lead_time_days": 2, "external_id": "e", "schema_id": "s", "attrs": {"a": 1}}
    upsert(tenant, full)
    before = product(tenant)
    upsert(tenant, {"sku": "A", "lead_time_days": 9})
    changed = product(tenant)
    assert changed.pop("updated_at") > before.pop("updated_at")
    assert changed == before | {"lead_time_days": 9}
    cleared = ["category", "uom", "price", "stock_qty", "lead_time_days", "external_id", "schema_id",
               "attrs"]
    upsert(tenant, {"sku": "A"} | dict.fromkeys(cleared))
    after = product(tenant)
    assert [after[name.replace("price", "price_minor")] for name in cleared] == [None] * 7 + [{}]
    assert after["title"] == "t" and after["currency"] == "GBP"


def test_a_product_that_was_read_can_be_sent_back(tenant):
    upsert(tenant, {"sku": "A", "title": "t", "price": "1.00", "attrs": {"a": 1}})
    before = product(tenant)
    upsert(tenant, {"id": str(uuid.uuid4()), "sku": "A", "title": "t", "name": "t", "category": None,
                    "uom": None, "price_minor": 100, "currency": "GBP", "stock_qty": None,
                    "lead_time_days": None, "external_id": None, "schema_id": None,
                    "attrs": {"a": 1}, "created_at": "2026-01-01T00:00:00Z",
                    "updated_at": "2026-01-01T00:00:00Z"})
    assert product(tenant) == before  # and was no change


def test_unknown_members_become_attributes(tenant):
    upsert(tenant, {"sku": "A", "title": "t", "colour": "red", "size": {"mm": [1, 2.50]},
                    "attrs": {"a": 1}})
    assert product(tenant)["attrs"] == {"a": 1, "colour": "red", "size": {"mm": [1, 2.5]}}
    upsert(tenant, {"sku": "A", "colour": "blue", "size": None})
    assert product(tenant)["attrs"] == {"a": 1, "colour": "blue"}
    upsert(tenant, {"sku": "A", "attrs": {"b": None}, "c": True})
    assert product(tenant)["attrs"] == {"b": None, "c": True}


def test_numbers_in_attributes_are_not_rounded(tenant):
    body = b'{"products":[{"sku":"A","title":"t","n":9007199254740993,"d":0.1000000000000000055}]}'
    assert tenant.post("/products/bulk", body).json()["upserted"] == 1
    (text,), = tenant.stack.sql("SELECT attrs::text FROM products WHERE org_id = %s", [tenant.org_id])
    assert text == '{"d": 0.1000000000000000055, "n": 9007199254740993}'


ATTRS_MOST = 16384
LONG = "é" * 8000  # 16,000 bytes


def attrs_of(size):
    """Attributes that are so many bytes of JSON."""
    return {"a": "x" * (size - len('{"a": ""}'))}


def stored_size(tenant):
    return tenant.stack.sql("SELECT octet_length(attrs::text) FROM products WHERE org_id = %s "
                            "AND sku = 'A'", [tenant.org_id])[0][0]


def test_attributes_are_at_most_16_kib(tenant):
    upsert(tenant, {"sku": "A", "title": "t", "attrs": attrs_of(ATTRS_MOST)})
    assert stored_size(tenant) == ATTRS_MOST
    found = reasons(tenant, {"sku": "B", "title": "t", "attrs": attrs_of(ATTRS_MOST + 1)},
                    {"sku": "C", "title": "t"}, {"sku": "A", "attrs": attrs_of(ATTRS_MOST + 1)})
    assert set(found) == {0, 2}
    assert all("'attrs' would be 16385 bytes" in text and "at most 16384" in text
               for text in found.values())
    assert set(products(tenant)) == {"A", "C"} and stored_size(tenant) == ATTRS_MOST


@pytest.mark.parametrize("row", [
    {"attrs": {"a": LONG}, "b": LONG},         # one by one they are fine
    {"attrs": {"n": [1] * 8000}},              # shorter as it was sent, without the spaces
    {f"m{i}": "x" * 100 for i in range(160)},  # members that become attributes
])
def test_what_counts_is_what_is_stored(tenant, row):
    for parameters in {"dry_run": "true"}, {}:
        assert set(reasons(tenant, {"sku": "A", "title": "t", **row}, **parameters)) == {0}
    assert products(tenant) == {}


def test_numbers_count_as_they_are_written_out(tenant):
    body = b'{"products":[{"sku":"A","title":"t","attrs":{"n":[%s]}}]}'
    answer = tenant.post("/products/bulk", body % b",".join([b"1e300"] * 60)).json()
    assert "'attrs' would be" in answer["errors"][0]["reason"]
    answer = tenant.post("/products/bulk", body % b",".join([b"1e300"] * 50)).json()
    assert answer == {"upserted": 1, "errors": []} and stored_size(tenant) > 50 * 301


def test_attributes_that_are_there_count_as_well(tenant):
    upsert(tenant, {"sku": "A", "title": "t", "big": LONG})
    assert set(reasons(tenant, {"sku": "A", "other": LONG})) == {0}
    assert "other" not in product(tenant)["attrs"]
    upsert(tenant, {"sku": "A", "title": "u"}, {"sku": "D", "title": "t", "other": LONG})
    upsert(tenant, {"sku": "A", "big": None, "other": LONG})  # one goes, one comes
    assert set(products(tenant)["A"]["attrs"]) == {"other"}
    upsert(tenant, {"sku": "A", "attrs": {"third": LONG}})  # takes the place of all
    assert set(products(tenant)["A"]["attrs"]) == {"third"}


def test_a_new_product_drops_no_attribute_by_null(tenant):
    row = {"sku": "A", "title": "t", "attrs": {"a": LONG, "b": "x" * 500}, "a": None}
    assert set(reasons(tenant, row)) == {0}


def test_a_strict_call_is_refused_for_long_attributes(tenant):
    rows = [{"sku": "A", "title": "t"}, {"sku": "B", "title": "t", "attrs": attrs_of(ATTRS_MOST + 1)}]
    answer = tenant.post("/products/bulk", {"products": rows}, strict="true")
    refused(answer, 422, "invalid_body", field="products[1].attrs", errors=answer.json()["errors"])
    assert products(tenant) == {}


def test_many_long_attributes_are_asked_about_in_pieces(tenant):
    """900 rows of some 13 kB: more than one piece holds."""
    rows = [{"sku": f"S{i}", "title": "t", "attrs": attrs_of(13000 if i % 3 else ATTRS_MOST + 1)}
            for i in range(900)]
    assert set(reasons(tenant, *rows)) == set(range(0, 900, 3))


def test_schema_id_of_the_call_is_that_of_its_rows(tenant):
    body = {"schema_id": "mill", "products": [{"sku": "A", "title": "a"},
                                              {"sku": "B", "title": "b", "schema_id": "drill"},
                                              {"sku": "C", "title": "c", "schema_id": None}]}
    assert tenant.post("/products/bulk", body).json()["upserted"] == 3
    assert [row["schema_id"] for row in products(tenant).values()] == ["mill", "drill", None]


def test_of_the_same_sku_twice_the_last_wins(tenant):
    found = reasons(tenant, {"sku": "A", "title": "1"}, {"sku": "B", "title": "b"},
                    {"sku": "A", "title": "2"}, {"sku": "\u0041", "title": "3"})
    assert set(found) == {0, 2}
    assert "row 3" in found[0] and "row 3" in found[2]
    assert product(tenant, "A")["title"] == "3"


def test_a_row_that_says_nothing_new_is_no_change(tenant):
    row = {"sku": "A", "title": "t", "price": "1.00", "attrs": {"a": 1}, "stock_qty": "1.50"}
    upsert(tenant, row)
    before = product(tenant)
    upsert(tenant, row)
    assert product(tenant) == before


# --- The whole call ------------------------------------------------------------------------------

@pytest.mark.parametrize("body, field", [
    ({"products": []}, "products"), ({"products": {}}, "products"), ({}, "products"),
    ({"products": None}, "products"), ({"products": [{}], "x": 1}, "x"),
    ({"products": [{}], "schema_id": 5}, "schema_id"), ({"products": [{}], "schema_id": ""}, "schema_id"),
])
def test_a_wrong_body_names_its_member(tenant, body, field):
    refused(tenant.post("/products/bulk", body), 422, "invalid_body", field=field)


@pytest.mark.parametrize("body", [b"[]", b"5", b"null", b'"x"'])
def test_a_body_must_be_an_object(tenant, body):
    assert tenant.post("/products/bulk", body).json()["code"] == "invalid_body"


def test_over_10000_rows_nothing_is_written(tenant):
    rows = [{"sku": f"S{i}", "title": "t"} for i in range(10001)]
    refused(tenant.post("/products/bulk", {"products": rows}), 422, "too_many_items", field="products")
    assert products(tenant) == {}
    upsert(tenant, *rows[:10000])
    assert len(products(tenant)) == 10000


def test_strict_takes_all_rows_or_none(tenant):
    rows = [{"sku": "A", "title": "a"}, {"sku": "B", "title": "b", "price": "x"}]
    answer = tenant.post("/products/bulk", {"products": rows}, strict="true")
    refused(answer, 422, "invalid_body", field="products[1].price",
            errors=tenant.post("/products/bulk", {"products": rows}, dry_run="true").json()["errors"])
    assert products(tenant) == {}
    upsert(tenant, rows[0], strict="true")
    assert list(products(tenant)) == ["A"]


def test_strict_names_as_many_as_1000_rows_and_counts_all(tenant):
    rows = [{"sku": "A", "title": "a"}, *({"sku": f"B{i}"} for i in range(1001))]
    answer = tenant.post("/products/bulk", {"products": rows}, strict="true")
    body = refused(answer, 422, "invalid_body", field="products[1].title",
                   errors=answer.json()["errors"])
    assert "1001 rows are at fault" in body["error"]
    assert [row["index"] for row in body["errors"]] == list(range(1, 1001))
    assert all("'title' is missing" in row["reason"] for row in body["errors"])
    assert products(tenant) == {}


def test_a_dry_run_checks_everything_and_writes_nothing(tenant):
    upsert(tenant, {"sku": "A", "title": "a", "price": "1"})
    before = tenant.stack.sql("SELECT * FROM change_clock WHERE org_id = %s", [tenant.org_id])
    found = reasons(tenant, {"sku": "A", "title": "z"}, {"sku": "B", "title": "b"}, {"sku": "C"},
                    dry_run="true")
    assert set(found) == {2}
    assert [row["title"] for row in products(tenant).values()] == ["a"]
    assert tenant.stack.sql("SELECT * FROM change_clock WHERE org_id = %s", [tenant.org_id]) == before


@pytest.mark.parametrize("name", ["dry_run", "strict"])
def test_switches_are_true_or_false(tenant, name):
    answer = tenant.post("/products/bulk", {"products": [{"sku": "A", "title": "t"}]}, **{name: "1"})
    refused(answer, 422, "invalid_parameter", field=name)


def limited(stack, products_left):
    """A tenant whose plan has room for so many products more."""
    tenant = Tenant(stack, plan="team")
    stack.sql("INSERT INTO products (org_id, sku, title, currency) SELECT %s, 'full-' || i, 't', 'GBP' "
              "FROM generate_series(1, %s) i", [tenant.org_id, 100000 - products_left])
    return tenant


def test_the_plans_product_limit_is_checked_before_anything_is_written(stack):
    tenant = limited(stack, 2)
    rows = [{"sku": f"N{i}", "title": "t"} for i in range(3)]
    answer = tenant.post("/products/bulk", {"products": rows + [{"sku": "full-1", "title": "changed"}]})
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "plan_product_limit")
    assert (body["limit"], body["products"]) == (100000, 100001)
    assert stack.sql("SELECT count(*) FROM products WHERE org_id = %s AND (sku LIKE 'N%%' OR title <> 't')",
                     [tenant.org_id]) == [(0,)]
    upsert(tenant, *rows[:2], {"sku": "full-1", "title": "changed"})  # what is there does not count


def test_two_racing_calls_do_not_pass_the_limit_together(stack):
    tenant = limited(stack, 10)
    answers = []

    def call(name):
        rows = [{"sku": f"{name}-{i}", "title": "t"} for i in range(7)]
        answers.append(tenant.post("/products/bulk", {"products": rows}).status_code)

    threads = [threading.Thread(target=call, args=(name,)) for name in ("x", "y")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 422]
    assert stack.sql("SELECT count(*) FROM products WHERE org_id = %s", [tenant.org_id]) == [(99997,)]


def test_calls_with_the_same_skus_in_opposite_order_do_not_deadlock(tenant):
    rows = [{"sku": f"S{i}", "title": "t"} for i in range(300)]
    upsert(tenant, *rows)
    statuses = []

    def call(number):
        session = tenant.stack.session(tenant.key)
        mine = [row | {"lead_time_days": number} for row in (rows if number % 2 else rows[::-1])]
        answer = session.post(f"{tenant.stack.url}/api/v1/products/bulk", json={"products": mine},
                              timeout=60)
        statuses.append((answer.status_code, answer.json()["upserted"]))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [(200, 300)] * 12
    assert len({row["lead_time_days"] for row in products(tenant).values()}) == 1


def test_the_same_idempotency_key_writes_once(tenant):
    body = {"products": [{"sku": "A", "title": "t", "lead_time_days": 1}]}
    first = tenant.post("/products/bulk", body, headers={"Idempotency-Key": "one"})
    upsert(tenant, {"sku": "A", "lead_time_days": 2})
    again = tenant.post("/products/bulk", body, headers={"Idempotency-Key": "one"})
    assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
    assert product(tenant)["lead_time_days"] == 2


# --- Sizes ---------------------------------------------------------------------------------------

def memory(stack, member):
    """Kilobytes of the worker that has most, from /proc."""
    most = 0
    for pid in stack.worker_pids():
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file)
        most = max(most, int(status[member].split()[0]))
    return most


def test_the_largest_body_costs_a_worker_little(stack, tenant):
    """A peak under 100 MiB, and back near its start afterwards (not the sanitizer's, which keeps)."""
    few = [{"sku": f"S{i}", "title": "t" * 400, "notes": "x" * 1200} for i in range(9900)]
    many = b'{"products":[' + b",".join(b'{"sku":"%d"}' % i for i in range(950000)) + b"]}"
    start = memory(stack, "VmRSS")
    body = json.dumps({"products": few}).encode()
    assert 15 * MIB < len(body) < 16 * MIB and 15 * MIB < len(many) < 16 * MIB
    assert tenant.post("/products/bulk", body).json() == {"upserted": 9900, "errors": []}
    refused(tenant.post("/products/bulk", many), 422, "too_many_items", field="products")
    if not os.environ.get("SANITIZE"):
        assert memory(stack, "VmHWM") < 100 * 1024
        assert memory(stack, "VmRSS") < start + 16 * 1024


def test_a_body_over_16_mib_is_refused(tenant):
    answer = tenant.post("/products/bulk", b'{"products":["' + b"x" * (16 * MIB) + b'"]}')
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


# --- Whatever comes ------------------------------------------------------------------------------

SCALARS = (strategies.none() | strategies.booleans() | strategies.text(max_size=30) |
           strategies.integers(-2**70, 2**70) | strategies.floats(allow_nan=False, allow_infinity=False))
VALUES = strategies.recursive(SCALARS, lambda inner: strategies.lists(inner, max_size=3) |
                              strategies.dictionaries(strategies.text(max_size=8), inner, max_size=3),
                              max_leaves=8)
NAMES = strategies.sampled_from(["sku", "title", "name", "price", "price_minor", "currency", "stock_qty",
                                 "lead_time_days", "category", "uom", "external_id", "schema_id",
                                 "attrs", "id"]) | strategies.text(max_size=8)
ROWS = strategies.dictionaries(NAMES, VALUES, max_size=8) | VALUES
GOOD_ROWS = strategies.fixed_dictionaries(
    {"sku": strategies.text("ABé日😀 %_\\'\"", min_size=1, max_size=8), "title": strategies.text(max_size=20)},
    optional={"attrs": strategies.dictionaries(strategies.text(max_size=5), VALUES, max_size=3),
              "price": SCALARS, "stock_qty": SCALARS})


@settings(max_examples=150, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=strategies.lists(ROWS | GOOD_ROWS, min_size=1, max_size=6))
def test_whatever_is_sent_gets_a_clear_answer(tenant, rows):
    answer = tenant.post("/products/bulk", {"products": rows})
    body = answer.json()
    if answer.status_code == 200:
        assert body["upserted"] + len(body["errors"]) == len(rows)
        assert all(error["reason"] for error in body["errors"])
    else:
        assert answer.status_code in (400, 422), answer.content
        assert body["error"] and body["code"] in ("malformed_json", "invalid_body")
