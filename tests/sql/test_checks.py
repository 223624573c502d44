"""The database refuses rows that the API could not serve or that do not add up."""
import json
import re
import pathlib

import pytest
from psycopg import errors

import rows
from cluster import ROOT

ISO_4217 = pathlib.Path("/usr/share/iso-codes/json/iso_4217.json")

MOST = 2**63 - 1

# ISO 4217 gives these three-letter codes to what is no money to pay with: bond market units, funds
# and units of account, precious metals, testing, none.
NO_PRICES = {"BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW", "XAG", "XAU", "XBA",
             "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX"}

MONEY = [
    # A total that is not subtotal - discount + VAT.
    ({"total_minor": 58201}, "total_adds_up"),
    ({"discount_minor": 1}, "total_adds_up"),
    ({"subtotal_minor": MOST, "vat_minor": 1, "total_minor": MOST}, errors.NumericValueOutOfRange),
    ({"total_minor": None}, errors.NotNullViolation),
    ({"currency": "ZZZ"}, "iso_currency_is_iso_4217"),
    ({"currency": "gbp"}, "iso_currency_is_iso_4217"),
    ({"currency": "XXX"}, "iso_currency_is_iso_4217"),
    ({"currency": "HRK"}, "iso_currency_is_iso_4217"),  # the kuna, withdrawn in 2023
    ({"currency": ""}, "iso_currency_is_iso_4217"),
    ({"currency": None}, errors.NotNullViolation),
    ({"status": "lost"}, "status_known"),
    ({"status": "Accepted"}, "status_known"),
    ({"status": ""}, "status_known"),
    ({"number": ""}, "short_text_is_1_to_500_characters"),
    ({"number": "Q-1\n"}, "short_text_has_no_control_characters"),
    ({"number": None}, errors.NotNullViolation),
    ({"customer_id": "another tenant's"}, "customer"),
    ({"created_at": "infinity"}, "moment_has_four_digit_year"),
    ({"updated_at": "-infinity"}, "moment_has_four_digit_year"),
    ({"created_at": "10000-01-01T00:00:00Z"}, "moment_has_four_digit_year"),
    ({"created_at": "0001-01-01T00:00:00Z BC"}, "moment_has_four_digit_year"),
    ({"updated_at": None}, errors.NotNullViolation),
]

LINE = [
    ({"position": -1}, "position_not_negative"),
    ({"position": None}, errors.NotNullViolation),
    ({"line_type": "gift"}, "line_type_known"),
    ({"line_type": "Product"}, "line_type_known"),
    ({"qty": "NaN"}, "quantity_is_not_negative"),
    ({"qty": "-0.0001"}, "quantity_is_not_negative"),
    ({"qty": "Infinity"}, errors.NumericValueOutOfRange),
    ({"qty": "100000000000"}, errors.NumericValueOutOfRange),
    ({"qty": None}, errors.NotNullViolation),
    ({"discount_pct": "NaN"}, "percentage_is_0_to_100"),
    ({"discount_pct": "100.0001"}, "percentage_is_0_to_100"),
    ({"discount_pct": "-1"}, "percentage_is_0_to_100"),
    ({"description": ""}, "description_1_to_10000_characters"),
    ({"description": "x" * 10001}, "description_1_to_10000_characters"),
    ({"lead_time_days": -1}, "lead_time_not_negative"),
    ({"unit_price_minor": None}, errors.NotNullViolation),
    ({"uom": "E\tA"}, "short_text_has_no_control_characters"),
]

EMAIL = [
    ({"email": "nobody"}, "email_has_a_domain"),
    ({"email": "@bolts.example"}, "email_has_a_domain"),
    ({"email": "a@b@bolts.example"}, "email_has_a_domain"),
    ({"email": "a b@bolts.example"}, "email_has_a_domain"),
]

# Table to what is wrong with a row that is otherwise valid, and the constraint (without the table's
# name in front) or the error that must refuse it.
REFUSED = {
    "organisations": [
        ({"plan": "gold"}, "plan_known"),
        ({"currency": "XAU"}, "iso_currency_is_iso_4217"),
        ({"name": ""}, "short_text_is_1_to_500_characters"),
        ({"name": "x" * 501}, "short_text_is_1_to_500_characters"),
        ({"name": "two\nlines"}, "short_text_has_no_control_characters"),
    ],
    "api_keys": [
        ({"scopes": ["quotes:read", "quotes:delete"]}, "scopes_known"),
        ({"scopes": []}, "scopes_known"),
        ({"scopes": ["quotes:read", None]}, "scopes_known"),
        ({"scopes": None}, errors.NotNullViolation),
        ({"requests_per_minute": 0}, "limit_sane"),
        ({"requests_per_minute": -1}, "limit_sane"),
        ({"requests_per_minute": 1000001}, "limit_sane"),
        ({"requests_per_minute": None}, errors.NotNullViolation),
        ({"expires_at": "infinity"}, "moment_has_four_digit_year"),
        ({"org_id": "unknown"}, "org"),
    ],
    "credentials": [
        ({"salt": bytes(15)}, "salt_16_bytes"),
        ({"salt": bytes(17)}, "salt_16_bytes"),
        ({"hash": bytes(31)}, "hash_32_bytes"),
        ({"hash": b""}, "hash_32_bytes"),
        ({"public_id": "AAAAAAA"}, "public_id_form"),
        ({"public_id": "AAAAAAA-"}, "public_id_form"),
        ({"public_id": "AAAAAAAA\n"}, "public_id_form"),
        ({"key_id": "another tenant's"}, "key"),
    ],
    "key_window": [({"key_id": "another tenant's"}, "key")],
    "usage_hourly": [({"key_id": "another tenant's"}, "key")],
    "change_clock": [
        ({"at": "infinity"}, "moment_has_four_digit_year"),
        ({"org_id": "unknown"}, "org"),
    ],
    "products": [
        ({"sku": ""}, "sku_1_to_100_characters"),
        ({"sku": "x" * 101}, "sku_1_to_100_characters"),
        ({"sku": "EM\x7f"}, "sku_has_no_control_characters"),
        ({"title": ""}, "short_text_is_1_to_500_characters"),
        ({"price_minor": -1}, "price_not_negative"),
        ({"currency": "ZZZ"}, "iso_currency_is_iso_4217"),
        ({"stock_qty": "NaN"}, "quantity_is_not_negative"),
        ({"stock_qty": -1}, "quantity_is_not_negative"),
        ({"lead_time_days": -1}, "lead_time_not_negative"),
        ({"attrs": "[]"}, "attrs_is_an_object"),
        ({"attrs": "null"}, "attrs_is_an_object"),
        ({"attrs": '{"a": "' + "é" * 8188 + '"}'}, "attrs_at_most_16_kib"),  # 16,385 bytes
        ({"attrs": '{"a": "\\u0000"}'}, errors.UntranslatableCharacter),
    ],
    "customers": EMAIL + [
        ({"company": ""}, "short_text_is_1_to_500_characters"),
        ({"company": None}, errors.NotNullViolation),
    ],
    "contacts": EMAIL + [
        ({"name": None, "email": None, "phone": None}, "can_be_reached"),
        ({"customer_id": "another tenant's"}, "customer"),
    ],
    "quotes": MONEY + [
        ({"valid_until": "infinity"}, "calendar_date_has_four_digit_year"),
        ({"valid_until": "10000-01-01"}, "calendar_date_has_four_digit_year"),
        ({"sent_at": "infinity"}, "moment_has_four_digit_year"),
        ({"decided_at": "infinity"}, "moment_has_four_digit_year"),
        ({"status": "confirmed"}, "status_known"),
    ],
    "quote_lines": LINE + [({"quote_id": "another tenant's"}, "quote")],
    "orders": MONEY + [
        ({"status": "accepted"}, "status_known"),
        ({"quote_id": "another tenant's"}, "quote"),
    ],
    "order_lines": LINE + [({"order_id": "another tenant's"}, "order")],
    "requests": [
        ({"status": "won"}, "status_known"),
        ({"source": "fax"}, "source_known"),
        ({"title": ""}, "short_text_is_1_to_500_characters"),
        ({"customer_id": "another tenant's"}, "customer"),
    ],
    "messages": [
        ({"author": "robot"}, "author_known"),
        ({"body": ""}, "body_1_to_20000_characters"),
        ({"body": "x" * 20001}, "body_1_to_20000_characters"),
        ({"position": -1}, "position_not_negative"),
        ({"request_id": "another tenant's"}, "request"),
    ],
    "users": EMAIL + [
        ({"role": "root"}, "role_known"),
        ({"password_salt": bytes(8)}, "salt_16_bytes"),
        ({"password_hash": bytes(64)}, "hash_32_bytes"),
        ({"scrypt_n": 1024}, "scrypt_n_strong"),
        ({"scrypt_r": 1}, "scrypt_r_strong"),
        ({"scrypt_p": 0}, "scrypt_p_strong"),
    ],
    "audit": [
        ({"action": "create"}, "action_form"),
        ({"action": "Key.Create"}, "action_form"),
        ({"details": "[]"}, "details_is_an_object"),
        ({"org_id": "unknown"}, "org"),
    ],
    "idempotency": [
        ({"idempotency_key": ""}, "key_1_to_255_characters"),
        ({"idempotency_key": "x" * 256}, "key_1_to_255_characters"),
        ({"request_digest": bytes(20)}, "digest_32_bytes"),
        ({"status": None}, errors.NotNullViolation),
        ({"status": 199}, "status_is_http"),
        ({"status": 500}, "status_is_http"),  # to be tried again, not replayed
        ({"body": None}, errors.NotNullViolation),
        ({"key_id": "another tenant's"}, "api_key"),
    ],
}

# What comes once only: table, the column that a second row may not share with the first, and the
# columns in which it differs.
UNIQUE = [
    ("organisations", "name", ["org_id"]),
    ("credentials", "public_id", []),
    ("usage_hourly", "hour", []),
    ("products", "sku", ["product_id"]),
    ("customers", "external_id", ["customer_id"]),
    ("quotes", "number", ["quote_id"]),
    ("quote_lines", "position", ["line_id"]),
    ("quote_lines", "line_id", ["position"]),
    ("orders", "number", ["order_id"]),
    ("order_lines", "position", ["line_id"]),
    ("order_lines", "line_id", ["position"]),
    ("messages", "position", ["message_id"]),
    ("messages", "message_id", ["position"]),
    ("users", "email", ["user_id"]),
    ("idempotency", "idempotency_key", []),
]

# The edges of what is allowed.
ACCEPTED = {
    "quotes": [
        {"subtotal_minor": MOST, "vat_minor": 0, "total_minor": MOST},
        {"subtotal_minor": -MOST, "vat_minor": 0, "total_minor": -MOST},
        {"subtotal_minor": 0, "discount_minor": 0, "vat_minor": 0, "total_minor": 0},
        {"subtotal_minor": 100, "discount_minor": 150, "vat_minor": 20, "total_minor": -30},
        {"currency": "JPY"}, {"currency": "KWD"},
        {"customer_id": None, "valid_until": None, "sent_at": None, "decided_at": None},
        {"valid_until": "9999-12-31", "sent_at": "9999-12-31T23:59:59.999999Z"},
        {"valid_until": "0001-01-01", "sent_at": "0001-01-01T00:00:00Z"},
        {"number": "見積-1024 🔩"},
    ],
    "products": [
        {"attrs": '{"a": "' + "é" * 8187 + 'x"}'},  # 16,384 bytes
    ],
    "quote_lines": [
        {"qty": "0"}, {"qty": "99999999999.9999"}, {"qty": "0.0001"},
        {"discount_pct": "0"}, {"discount_pct": "100"}, {"discount_pct": "33.3333"},
        {"unit_price_minor": -MOST}, {"position": 2**31 - 1}, {"uom": None, "lead_time_days": None},
        {"description": "x" * 10000}, {"description": "two\nlines, and a tab\t"},
    ],
    "api_keys": [{"requests_per_minute": 1}, {"requests_per_minute": 1000000},
                 {"expires_at": "2099-01-01T00:00:00Z"}],
    "contacts": [{"name": None, "email": None, "phone": "+44 20 7946 0000"}],
    "idempotency": [{"status": 200}, {"status": 499}, {"location": "/v1/requests/1"}, {"body": ""}],
}


def table_cases(table_of_cases):
    return [pytest.param(table, *(case if isinstance(case, tuple) else [case]),
                         id=f"{table}-{str(case)[:70]}")
            for table, cases in table_of_cases.items() for case in cases]


@pytest.fixture(scope="module")
def tenants(superuser):
    """Organisation A with all its rows, and B, which has rows as well."""
    rows.insert_organisation(superuser, "B")
    return rows.insert_organisation(superuser, "A")


@pytest.fixture
def transaction(superuser, tenants):
    """What a case does is undone when it ends."""
    superuser.execute("BEGIN")
    yield superuser
    superuser.execute("ROLLBACK")


def changed(tenants, table, changes):
    """A row of A's with these values; 'unknown' and 'another tenant's' stand for ids."""
    row = tenants[table] | changes
    theirs = rows.of_organisation("B")[table]
    return {column: rows.identifier("nothing", "nobody") if value == "unknown"
            else theirs.get(column) if value == "another tenant's" else value
            for column, value in row.items()}


def replace(connection, table, row, former):
    """Puts a row in the place of the tenant's own, so that it could only be refused for itself."""
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.execute("SET LOCAL session_replication_role = replica")  # its children may wait
    connection.execute(f"DELETE FROM {table} WHERE org_id = %s", [former["org_id"]])
    if table == "users":  # what its trigger has made of it goes as well
        connection.execute("DELETE FROM sign_ins WHERE org_id = %s", [former["org_id"]])
    connection.execute("SET LOCAL session_replication_role = origin")
    rows.insert(connection, table, row)


@pytest.mark.parametrize("table, changes, refusal", table_cases(REFUSED))
def test_refused(transaction, tenants, table, changes, refusal):
    expected = refusal if isinstance(refusal, type) else errors.IntegrityError
    with pytest.raises(expected) as refused:
        replace(transaction, table, changed(tenants, table, changes), tenants[table])
    if isinstance(refusal, str):
        assert refused.value.diag.constraint_name in (refusal, f"{table}_{refusal}")


@pytest.mark.parametrize("table", list(rows.of_organisation("any")))
def test_the_row_that_the_refused_ones_differ_from_is_accepted(transaction, tenants, table):
    replace(transaction, table, tenants[table], tenants[table])


@pytest.mark.parametrize("table, changes", table_cases(ACCEPTED))
def test_accepted(transaction, tenants, table, changes):
    replace(transaction, table, changed(tenants, table, changes), tenants[table])


def other(column):
    """A valid value that no row has."""
    values = {"position": 1, "hour": "2026-06-01T11:00:00Z", "email": "second@bolts.example"}
    return rows.identifier("second", column) if column.endswith("_id") and column not in (
        "public_id", "external_id") else values.get(column, "zzzzzzzz")


@pytest.mark.parametrize("table, column, differs", UNIQUE)
def test_unique(transaction, tenants, table, column, differs):
    second = tenants[table] | {name: other(name) for name in differs}
    transaction.execute("SAVEPOINT before")
    with pytest.raises(errors.UniqueViolation):
        rows.insert(transaction, table, second)
    transaction.execute("ROLLBACK TO before")
    rows.insert(transaction, table, second | {column: other(column)})


@pytest.mark.parametrize("table", ["quote_lines", "order_lines"])
def test_one_statement_may_move_several_lines(transaction, tenants, table):
    second = tenants[table] | {"position": 1, "line_id": rows.identifier("second", table)}
    rows.insert(transaction, table, second)
    moved = transaction.execute(f"UPDATE {table} SET position = position + 1 WHERE org_id = %s",
                                [second["org_id"]])
    assert moved.rowcount == 2
    moved = transaction.execute(f"UPDATE {table} SET position = 3 - position WHERE org_id = %s",
                                [second["org_id"]])
    assert moved.rowcount == 2


def test_one_primary_contact_a_customer(transaction, tenants):
    second = tenants["contacts"] | {"contact_id": rows.identifier("second", "contact")}
    rows.insert(transaction, "contacts", second | {"is_primary": False})
    with pytest.raises(errors.UniqueViolation):
        rows.insert(transaction, "contacts",
                    second | {"contact_id": rows.identifier("third", "contact")})


def test_an_email_of_another_case_is_the_same(transaction, tenants):
    with pytest.raises(errors.UniqueViolation):
        rows.insert(transaction, "users", tenants["users"] | {
            "user_id": rows.identifier("second", "user"), "email": "Owner-A@Bolts.example"})


def test_two_organisations_may_use_the_same_numbers(tenants):
    theirs = rows.of_organisation("B")
    assert theirs["quotes"]["number"] == tenants["quotes"]["number"]
    assert theirs["products"]["sku"] == tenants["products"]["sku"]


@pytest.mark.parametrize("table", ["quotes", "orders", "requests"])
def test_lines_go_with_what_they_are_lines_of(transaction, tenants, table):
    lines = {"quotes": "quote_lines", "orders": "order_lines", "requests": "messages"}[table]
    org = tenants[table]["org_id"]
    transaction.execute("UPDATE orders SET quote_id = NULL")
    transaction.execute(f"DELETE FROM {table} WHERE org_id = %s", [org])
    assert transaction.execute(f"SELECT count(*) FROM {lines} WHERE org_id = %s",
                               [org]).fetchone() == (0,)
    assert transaction.execute(f"SELECT count(*) FROM {lines}").fetchone() == (1,)


def test_currencies_are_those_of_iso_4217(superuser):
    """Compared with Debian's list, which lags behind the standard by a few amendments."""
    listed = {row["alpha_3"] for row in json.loads(ISO_4217.read_text(encoding="utf-8"))["4217"]}
    accepted = {code for code, in superuser.execute("""
        SELECT (regexp_matches(pg_get_constraintdef(oid), '''([A-Z]{3})''', 'g'))[1]
          FROM pg_constraint WHERE conname = 'iso_currency_is_iso_4217'""")}
    for code in accepted:
        superuser.execute("SELECT %s::iso_currency", [code])
    withdrawn = {"CUC", "HRK", "SLL", "ZWL", "BYR"}
    assert accepted - listed <= {"SLE", "VED"}, "no such currency"
    assert listed - accepted <= NO_PRICES | withdrawn, "a currency is missing"
    assert accepted & NO_PRICES == set()


def test_the_program_knows_the_decimals_of_each_currency(superuser):
    """app/money.c and the domain list the same codes, each once."""
    text = (ROOT / "app/money.c").read_text(encoding="utf-8")
    table = text[text.index("currencies[] = {"):text.index("int money_exponent(")]
    codes = re.findall(r"\b[A-Z]{3}\b", table)
    accepted = [code for code, in superuser.execute("""
        SELECT (regexp_matches(pg_get_constraintdef(oid), '''([A-Z]{3})''', 'g'))[1]
          FROM pg_constraint WHERE conname = 'iso_currency_is_iso_4217'""")]
    assert sorted(codes) == sorted(accepted)
