"""What a row and a request take of the disk: bytes a row of each table with its indexes, and bytes of the
write-ahead log a request, for the capacity model of docs/scaling.md.

    /usr/bin/python3 tests/bench/capacity.py [--products 200000]

A private stack with the bench's data and some of every other table. Takes a few minutes.
"""

import argparse
import http.client
import json
import pathlib
import ssl
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from data import SCOPES, Data, Scale, uuid_of  # noqa: E402
from harness import Stack  # noqa: E402

# What the bench's data has none of, as old records: past the triggers.
MORE = {
    "contacts": """
        INSERT INTO contacts (org_id, customer_id, name, email, phone, is_primary)
        SELECT org_id, customer_id, 'Contact of ' || company, email, '+44 20 7946 0' || 100 + n % 900, n = 1
          FROM customers, generate_series(1, 2) AS n WHERE company LIKE 'Precision Works %'""",
    "customers": """
        INSERT INTO customers (org_id, company, email, phone, external_id)
        SELECT md5('organisation ' || n % %(organisations)s)::uuid, 'Precision Works ' || n || ' Ltd',
               'purchasing@precision-works-' || n || '.example', '+44 20 7946 0123',
               'ERP-' || lpad(n::text, 8, '0')
          FROM generate_series(1, 50000) AS n""",
    "orders": """
        INSERT INTO orders (org_id, number, status, quote_id, po_reference, currency, subtotal_minor,
                            discount_minor, vat_minor, total_minor, customer_id, created_at, updated_at)
        SELECT org_id, 'SO-' || number, 'fulfilled', quote_id, 'PO 4711/' || number, currency, subtotal_minor,
               discount_minor, vat_minor, total_minor, customer_id, created_at, updated_at
          FROM quotes ORDER BY random() LIMIT 25000""",
    "order_lines": """
        INSERT INTO order_lines (org_id, order_id, position, line_type, description, qty, uom,
                                 unit_price_minor, discount_pct, lead_time_days)
        SELECT o.org_id, o.order_id, l.position, l.line_type, l.description, l.qty, l.uom, l.unit_price_minor,
               l.discount_pct, l.lead_time_days
          FROM orders o JOIN quote_lines l USING (org_id, quote_id) WHERE o.number LIKE 'SO-Q%'""",
    "requests": """
        INSERT INTO requests (org_id, title, customer_id, external_ref, source)
        SELECT org_id, 'Twenty brackets, stainless, drilled to drawing', customer_id, 'RFQ-' || customer_id,
               'api'
          FROM customers WHERE company LIKE 'Precision Works %'""",
    "messages": """
        INSERT INTO messages (org_id, request_id, position, author, body)
        SELECT org_id, request_id, n, 'customer', repeat('Twenty brackets to drawing, please. ', 8)
          FROM requests, generate_series(0, 1) AS n WHERE title LIKE 'Twenty brackets, stainless%'""",
    "usage_hourly": """
        INSERT INTO usage_hourly (org_id, key_id, hour, requests)
        SELECT org_id, key_id, '2026-01-01'::timestamptz + n * interval '1 hour', 4711
          FROM api_keys, generate_series(1, 100) AS n""",
    "audit": """
        INSERT INTO audit (org_id, actor, action, subject, details, address)
        SELECT md5('organisation ' || n % %(organisations)s)::uuid,
               'margaret.hale@northfield-tooling.example', 'key.rotate', 'kbd_live_A1b2C3d4',
               '{"name": "Warehouse ERP", "previous": "kbd_live_Z9y8X7w6",
                 "previous_expires_at": "2026-06-30T12:00:00Z"}', '203.0.113.7'
          FROM generate_series(1, 50000) AS n""",
    "idempotency": """
        INSERT INTO idempotency (org_id, key_id, idempotency_key, request_digest, status, body)
        SELECT org_id, key_id, gen_random_uuid(), sha256(n::text::bytea), 200, '{"upserted":100,"errors":[]}'
          FROM api_keys, generate_series(1, 10) AS n""",
}
ORDER = ("customers", "contacts", "orders", "order_lines", "requests", "messages", "usage_hourly", "audit",
         "idempotency")


def fill(stack, scale):
    with stack.connect("postgres") as database, database.transaction():
        database.execute("SET LOCAL session_replication_role = replica")
        for table in ORDER:
            # No parameters: % is the operator here.
            database.execute(MORE[table].replace("%(organisations)s", str(scale.organisations)))
    with stack.connect("postgres") as database:
        database.execute("VACUUM ANALYZE")


def show_rows(stack):
    print("| table | rows | bytes a row | of them indexes |\n|---|---:|---:|---:|")
    for table, in stack.sql("SELECT relname::text FROM pg_class WHERE relkind = 'r' "
                            "AND relnamespace = 'public'::regnamespace ORDER BY 1"):
        (rows, total, indexes), = stack.sql(
            f"SELECT (SELECT count(*) FROM {table}), pg_total_relation_size('{table}'), "
            f"pg_indexes_size('{table}')", user="postgres")
        if rows >= 1000:
            print(f"| `{table}` | {rows:,} | {total / rows:,.0f} | {indexes / rows:,.0f} |")


class Api:
    """Requests on one kept connection, and the write-ahead log that they made."""

    def __init__(self, stack):
        self.stack = stack
        context = ssl.create_default_context(cafile=stack.cacert)
        self.connection = http.client.HTTPSConnection("localhost", stack.port, context=context)

    def send(self, key, method, path, body=None, expected=200):
        headers = {"Authorization": f"Bearer {key}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        self.connection.request(method, f"/api/v1{path}", body and json.dumps(body), headers)
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status == expected, content

    def wal(self):
        return self.stack.sql("SELECT pg_current_wal_insert_lsn() - '0/0'")[0][0]

    def show(self, what, count, send):
        """send(n) count times after a checkpoint, when each page is logged whole at its first change, and as
        often once more."""
        self.stack.sql("CHECKPOINT", user="postgres")
        before = self.wal()
        for number in range(count):
            send(number)
        first = self.wal() - before
        before = self.wal()
        for number in range(count, 2 * count):
            send(number)
        second = self.wal() - before
        print(f"| {what} | {int(first) / count:,.0f} | {int(second) / count:,.0f} |", flush=True)


def product(number, price):
    return {"sku": f"CAP-{number:06}", "title": f"Bracket {number}, stainless, drilled to drawing",
            "category": "Brackets", "uom": "EA", "price_minor": price, "stock_qty": number % 100,
            "lead_time_days": 5, "diameter_mm": number % 97, "shank": "h6"}


def show_requests(stack, data):
    api = Api(stack)
    few, many = list(data.few.numbers), list(data.many.numbers)
    scale = data.scale

    def read(number, key):
        organisation = key % scale.organisations
        place = organisation + scale.organisations * (number % (scale.quotes // scale.organisations))
        api.send(data.key(key), "GET", f"/quotes/{uuid_of('quote', place)}")

    def upsert(number, size, price):
        _, key = homes[number % len(homes)]
        api.send(key, "POST", "/products/bulk",
                 {"products": [product(n, price(number)) for n in range(size)]})

    print("\n| request | bytes of log, just after a checkpoint | and then |\n|---|---:|---:|")
    api.show("read, a key of one request a minute", len(many) // 2, lambda n: read(n, many[n]))
    api.show("read, a few keys again and again", 2000, lambda n: read(n, few[n % len(few)]))
    spare = stack.new_key(",".join(SCOPES), org="Northfield Tooling")
    for _ in range(400):
        api.send(spare, "GET", f"/quotes/{stack.quote_id}")
    api.show("read, a key with 400 to 600 requests in its minute", 90,
             lambda n: api.send(spare, "GET", f"/quotes/{stack.quote_id}"))
    api.show("`POST /requests`", 200, lambda n: api.send(
        data.key(few[n % len(few)]), "POST", "/requests",
        {"text": "Twenty brackets to drawing, please. " * 8}, 201))
    api.show("`POST /customers`, 1 new", 200, lambda n: api.send(
        data.key(few[n % len(few)]), "POST", "/customers",
        {"customers": [{"company": f"Works {n}", "email": f"a@works-{n}.example", "external_id": f"W{n}"}]}))
    homes = [data.new_organisation() for _ in range(4)]
    api.show("bulk of 1,000 products, new", 2, lambda n: upsert(n, 1000, lambda _: 4250))
    api.show("bulk of 1,000 products, prices changed", 4, lambda n: upsert(n, 1000, lambda n: 4300 + n))
    api.show("bulk of 1,000 products, nothing new in it", 4,
             lambda n: upsert(n, 1000, lambda n: 4304 + n % 4))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=200000)
    options = parser.parse_args()
    with Stack() as stack:
        data = Data(stack, Scale(quotes=50000, products=options.products))
        data.fill()
        fill(stack, data.scale)
        show_rows(stack)
        show_requests(stack, data)


if __name__ == "__main__":
    main()
