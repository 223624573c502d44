"""GET /quotes/{id}: the documented answer, true to the database for every quote there is."""

import datetime
import json
import re
import uuid
from decimal import Decimal

import pytest

from harness import refused, without_id

# As printed on the page 'API keys and scopes', but for the ids that it leaves out.
DOCUMENTED = """
{
 "id": "7f0c0000-0000-0000-0000-000000000000",
 "number": "Q-1024",
 "status": "accepted",
 "currency": "GBP",
 "subtotal_minor": 48500,
 "discount_minor": 0,
 "vat_minor": 9700,
 "total_minor": 58200,
 "valid_until": "2026-07-01",
 "customer_id": "...",
 "sent_at": "2026-06-02T10:30:00Z",
 "decided_at": "2026-06-04T08:12:00Z",
 "created_at": "2026-06-01T15:00:00Z",
 "updated_at": "2026-06-04T08:12:00Z",
 "lines": [
 {
 "id": "...",
 "position": 0,
 "line_type": "product",
 "description": "12mm 4 flute end mill",
 "qty": 10,
 "uom": "EA",
 "unit_price_minor": 4850,
 "discount_pct": 0,
 "vat_exempt": false,
 "lead_time_days": 5
 }
 ]
}
"""

UUID = re.compile("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


class Number(str):
    """A JSON number by its digits as they were sent."""


def parse(text):
    """JSON as it stands: members in their order, numbers digit by digit."""
    return json.loads(text, object_pairs_hook=list, parse_int=Number, parse_float=Number)


def path(quote_id):
    return f"/api/v1/quotes/{quote_id}"


# The documented quote


def test_the_documented_quote_member_for_member(stack):
    answer = stack.get(path(stack.quote_id), stack.key)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    expected = parse(DOCUMENTED)
    found = parse(answer.text)
    hidden = [found[9], found[-1][1][0][0]]
    assert [name for name, _ in hidden] == ["customer_id", "id"]
    assert all(UUID.fullmatch(value) for _, value in hidden)
    found[9], found[-1][1][0][0] = ("customer_id", "..."), ("id", "...")
    assert found == expected


def test_the_documented_curl_works_with_a_key_that_reads_quotes_only(stack):
    answer = stack.curl(path(stack.quote_id), key=stack.key_quotes)
    assert answer.json()["total_minor"] == 58200


def test_a_key_without_the_scope_is_told_which_it_needs(stack):
    key = stack.new_key("products:read,quotes:write,orders:read")
    answer = stack.get(path(stack.quote_id), key)
    refused(answer, 403, "insufficient_scope", required_scope="quotes:read")
    assert answer.headers["www-authenticate"] \
        == 'Bearer error="insufficient_scope", scope="quotes:read"'


def test_a_quote_is_private_and_always_asked_for_anew(stack):
    assert stack.get(path(stack.quote_id), stack.key).headers["cache-control"] \
        == "private, no-cache"


@pytest.mark.parametrize("option", ["--http1.1", "--http2"])
def test_head_is_get_without_the_body(stack, option):
    get = stack.curl(path(stack.quote_id), option, key=stack.key)
    head = stack.curl(path(stack.quote_id), option, "--head", key=stack.key)
    assert head.content == b""
    assert int(head.headers["content-length"]) == len(get.content)
    varying = {"date", "x-request-id", "ratelimit"}
    assert {name: value for name, value in head.headers.items() if name not in varying} \
        == {name: value for name, value in get.headers.items() if name not in varying}


# Every quote there is


def moment(value):
    """RFC 3339 in UTC, with a fraction only where there is one."""
    if value is None:
        return None
    fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
    return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def decimal(value):
    """Without trailing zeros, and never with an exponent."""
    digits = f"{value:f}"
    return Number(digits.rstrip("0").rstrip(".") if "." in digits else digits)


def whole(value):
    return None if value is None else Number(value)


def expected_line(line):
    return [("id", str(line.line_id)), ("position", whole(line.position)),
            ("line_type", line.line_type), ("description", line.description),
            ("qty", decimal(line.qty)), ("uom", line.uom),
            ("unit_price_minor", whole(line.unit_price_minor)),
            ("discount_pct", decimal(line.discount_pct)), ("vat_exempt", line.vat_exempt),
            ("lead_time_days", whole(line.lead_time_days))]


def expected_quote(quote, lines):
    return [("id", str(quote.quote_id)), ("number", quote.number), ("status", quote.status),
            ("currency", quote.currency), ("subtotal_minor", whole(quote.subtotal_minor)),
            ("discount_minor", whole(quote.discount_minor)), ("vat_minor", whole(quote.vat_minor)),
            ("total_minor", whole(quote.total_minor)),
            ("valid_until", quote.valid_until and quote.valid_until.isoformat()),
            ("customer_id", quote.customer_id and str(quote.customer_id)),
            ("sent_at", moment(quote.sent_at)), ("decided_at", moment(quote.decided_at)),
            ("created_at", moment(quote.created_at)), ("updated_at", moment(quote.updated_at)),
            ("lines", [expected_line(line) for line in lines])]


@pytest.fixture(scope="module")
def demo(stack):
    """Organisation to its quotes as the database has them, each as (quote, lines)."""
    lines, organisations = {}, {}
    for line in stack.rows("SELECT * FROM quote_lines ORDER BY org_id, quote_id, position"):
        lines.setdefault((line.org_id, line.quote_id), []).append(line)
    for quote in stack.rows("""SELECT q.*, o.name FROM quotes q JOIN organisations o USING (org_id)
                                 JOIN plans USING (plan) WHERE integrations"""):
        organisations.setdefault(quote.name, []).append(
            (quote, lines.get((quote.org_id, quote.quote_id), [])))
    return organisations


def test_every_quote_reads_as_the_database_has_it(stack, demo):
    for name, quotes in demo.items():
        with stack.session(stack.new_key(org=name, limit=100000)) as session:
            for quote, lines in quotes:
                answer = session.get(stack.url + path(quote.quote_id))
                assert answer.status_code == 200
                assert parse(answer.content.decode("utf-8")) == expected_quote(quote, lines)


def test_the_quotes_that_were_read_are_worth_reading(demo):
    """They have what is easily got wrong."""
    quotes = [quote for of_one in demo.values() for quote, _ in of_one]
    lines = [lines for of_one in demo.values() for _, lines in of_one]
    text = "".join(line.description for of_quote in lines for line in of_quote)
    assert len(demo) >= 3 and len(quotes) >= 400
    assert {quote.currency for quote in quotes} >= {"GBP", "EUR", "JPY", "KWD"}
    assert {quote.status for quote in quotes} \
        == {"draft", "sent", "viewed", "accepted", "declined", "expired"}
    assert {line.line_type for of_quote in lines for line in of_quote} \
        == {"product", "configured", "service", "manual"}
    assert {len(of_quote) for of_quote in lines} >= {1, 40}
    assert max(quote.total_minor for quote in quotes) > 2 ** 53
    assert any(line.qty % 1 for of_quote in lines for line in of_quote)
    assert any(line.discount_pct % 1 for of_quote in lines for line in of_quote)
    assert any(quote.created_at.microsecond for quote in quotes)
    assert re.search("[\u3040-\u30ff\u4e00-\u9fff]", text), "CJK"
    assert re.search("[\U0001f300-\U0001faff]", text), "emoji"
    assert re.search("[à-ÿ]", text), "accents"
    assert re.search(r'["\\/]', text), "what JSON may escape"


# Quotes made to be hard to print


@pytest.fixture
def written(stack):
    """Writes a quote with one line into the demo organisation; it goes when the test ends."""
    made = []

    def write(line=(), **quote):
        quote_id = str(uuid.uuid4())
        money = {"subtotal_minor": 0, "discount_minor": 0, "vat_minor": 0, "total_minor": 0}
        row = {"quote_id": quote_id, "number": quote_id, "currency": "GBP", **money, **quote}
        insert(stack, "quotes", row)
        insert(stack, "quote_lines", {"quote_id": quote_id, "position": 0, "line_type": "manual",
                                      "description": "x", "qty": 1, "unit_price_minor": 0,
                                      **dict(line)})
        made.append(quote_id)
        return quote_id

    yield write
    stack.sql("DELETE FROM quotes WHERE quote_id = ANY (%s::uuid[])", [made])


def insert(stack, table, row):
    """Inserts for the organisation of the documented quote."""
    columns = ", ".join(["org_id", *row])
    values = ", ".join(["org_id", *["%s"] * len(row)])
    stack.sql(f"INSERT INTO {table} ({columns}) SELECT {values} FROM quotes WHERE quote_id = %s",
              [*row.values(), stack.quote_id])


def read(stack, quote_id):
    answer = stack.get(path(quote_id), stack.key_quotes)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("total", [2 ** 53 + 1, 2 ** 63 - 1, -(2 ** 63) + 1, -1, 0, 10 ** 18])
def test_money_is_exact_to_the_last_unit(stack, written, total):
    quote_id = written(subtotal_minor=total, total_minor=total, line={"unit_price_minor": total})
    text = read(stack, quote_id).text
    assert f'"total_minor":{total},' in text
    assert f'"subtotal_minor":{total},' in text
    assert f'"unit_price_minor":{total},' in text


@pytest.mark.parametrize("stored, sent", [
    ("10", "10"), ("10.0000", "10"), ("2.5", "2.5"), ("0.0001", "0.0001"), ("0", "0"),
    ("100", "100"), ("1000000", "1000000"), ("99999999999.9999", "99999999999.9999"),
    ("0.1", "0.1"), ("1.10", "1.1"),
])
def test_quantities_are_the_databases_own_digits(stack, written, stored, sent):
    assert f'"qty":{sent},' in read(stack, written(line={"qty": Decimal(stored)})).text


@pytest.mark.parametrize("stored, sent", [("0", "0"), ("100", "100"), ("33.3333", "33.3333"),
                                          ("12.5000", "12.5"), ("0.0001", "0.0001")])
def test_percentages_are_the_databases_own_digits(stack, written, stored, sent):
    quote_id = written(line={"discount_pct": Decimal(stored)})
    assert f'"discount_pct":{sent},' in read(stack, quote_id).text


@pytest.mark.parametrize("stored, sent", [
    ("2026-06-02 10:30:00+00", "2026-06-02T10:30:00Z"),
    ("2026-06-02 12:30:00+02", "2026-06-02T10:30:00Z"),
    ("2026-06-02 10:30:00.5+00", "2026-06-02T10:30:00.5Z"),
    ("2026-06-02 10:30:00.000001+00", "2026-06-02T10:30:00.000001Z"),
    ("0001-01-01 00:00:00+00", "0001-01-01T00:00:00Z"),
    ("9999-12-31 23:59:59.999999+00", "9999-12-31T23:59:59.999999Z"),
])
def test_moments_are_rfc_3339_in_utc(stack, written, stored, sent):
    assert read(stack, written(sent_at=stored)).json()["sent_at"] == sent


@pytest.mark.parametrize("text", [
    'quotes " and \\ and / and \'', "tab\tline\nreturn\rfeed\fback\bbell\x07escape\x1b",
    "\x01\x1f\x7f\x80\x9f", "héllo ẞ İ ﷺ", "切削工具", "🔩🛠️👩‍🏭", "\u2028\u2029\ufeff\ufffd",
    "</script><!--", "x" * 10000,
])
def test_text_comes_back_as_it_was_written(stack, written, text):
    answer = read(stack, written(line={"description": text}))
    assert json.loads(answer.content.decode("utf-8"))["lines"][0]["description"] == text


def test_what_is_absent_is_null_and_there(stack, written):
    quote = read(stack, written()).json()
    assert quote["lines"][0]["uom"] is quote["lines"][0]["lead_time_days"] is None
    for name in ("valid_until", "customer_id", "sent_at", "decided_at"):
        assert quote[name] is None


def test_lines_are_in_order_of_position_whatever_the_order_of_writing(stack, written):
    quote_id = written()
    for position in (7, 3, 11, 5):
        insert(stack, "quote_lines", {"quote_id": quote_id, "position": position, "qty": 1,
                                      "line_type": "manual", "description": f"line {position}",
                                      "unit_price_minor": 0})
    assert [line["position"] for line in read(stack, quote_id).json()["lines"]] == [0, 3, 5, 7, 11]


def test_a_quote_without_lines_has_an_empty_array(stack, written):
    quote_id = written()
    stack.sql("DELETE FROM quote_lines WHERE quote_id = %s", [quote_id])
    assert read(stack, quote_id).json()["lines"] == []


# Quotes that are not there


def test_another_organisations_quote_is_as_absent_as_a_random_one(stack):
    other = stack.get(path(stack.quote_id), stack.key_other)
    nobody = stack.get(path(uuid.uuid4()), stack.key_other)
    body = refused(other, 404, "not_found")
    assert body["error"] == "There is no quote with this id in your organisation."
    assert without_id(other, "ratelimit") == without_id(nobody, "ratelimit")


@pytest.mark.parametrize("malformed", [
    "1", "Q-1024", "7f0c0000", "7f0c0000-0000-0000-0000-00000000000", "null", "*",
    "7f0c0000-0000-0000-0000-0000000000000", "7f0c00000000000000000000000000000000",
    "{7f0c0000-0000-0000-0000-000000000000}", "7f0c0000-0000-0000-0000-00000000000g",
    "7f0c0000_0000_0000_0000_000000000000", "7f0c0000-0000-0000-0000-00000000000%30",
    "%37f0c0000-0000-0000-0000-000000000000", "7f0c0000-0000-0000-0000-000000000000%20",
    "7f0c0000-0000-0000-0000-000000000000;x",
    "x" * 5000,
])
def test_an_id_that_is_none_is_a_quote_that_is_not_there(stack, malformed):
    answer = stack.curl(path(malformed), key=stack.key_quotes)
    nobody = stack.curl(path(uuid.uuid4()), key=stack.key_quotes)
    refused(answer, 404, "not_found")
    assert without_id(answer, "ratelimit") == without_id(nobody, "ratelimit")


def test_an_id_may_be_written_in_capitals(stack):
    """RFC 9562: read either case, write lower."""
    lower = stack.quote_id
    assert lower != lower.upper()
    answer = read(stack, lower.upper())
    assert answer.json()["id"] == lower
    assert answer.content == read(stack, lower).content
