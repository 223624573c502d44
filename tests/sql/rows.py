"""One valid row of every tenant table, for any number of organisations, in an order that inserts."""
import uuid

from psycopg import sql
from psycopg.types.json import Jsonb


def identifier(table, organisation):
    """The same UUID each time for the same row."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{table} of {organisation}")


def of_organisation(name):
    """Table to row, a row being column to value; what a default gives is left out."""
    org = identifier("organisations", name)
    key = {"org_id": org, "key_id": identifier("api_keys", name)}
    customer = {"org_id": org, "customer_id": identifier("customers", name)}
    quote = {"org_id": org, "quote_id": identifier("quotes", name)}
    order = {"org_id": org, "order_id": identifier("orders", name)}
    request = {"org_id": org, "request_id": identifier("requests", name)}
    money = {"currency": "GBP", "subtotal_minor": 48500, "discount_minor": 0, "vat_minor": 9700,
             "total_minor": 58200}
    line = {"position": 0, "line_type": "product", "description": "12mm 4 flute end mill",
            "qty": 10, "uom": "EA", "unit_price_minor": 4850, "lead_time_days": 5}
    return {
        "organisations": {"org_id": org, "name": name, "plan": "team"},
        "change_clock": {"org_id": org, "at": "2026-06-01T10:00:00Z", "held_by": "3"},
        "api_keys": key | {"name": "Shop", "scopes": ["quotes:read"], "created_by": "tests"},
        "credentials": key | {"public_id": org.hex[:8], "salt": bytes(16), "hash": bytes(32)},
        "key_window": key,
        "usage_hourly": key | {"hour": "2026-06-01T10:00:00Z", "requests": 7},
        "products": {"org_id": org, "product_id": identifier("products", name), "sku": "EM-1204",
                     "title": "End mill 12mm", "currency": "GBP", "price_minor": 4850,
                     "stock_qty": 3, "lead_time_days": 5},
        "customers": customer | {"company": "Bolts & Co", "email": "sales@bolts.example",
                                 "external_id": "C-1"},
        "contacts": customer | {"contact_id": identifier("contacts", name), "name": "Ada",
                                "email": "ada@bolts.example", "is_primary": True},
        "quotes": quote | money | {"number": "Q-1024", "status": "accepted",
                                   "customer_id": customer["customer_id"],
                                   "valid_until": "2026-07-01",
                                   "sent_at": "2026-06-02T10:30:00Z",
                                   "decided_at": "2026-06-04T08:12:00Z"},
        "quote_lines": quote | line | {"line_id": identifier("quote_lines", name)},
        "orders": order | money | {"number": "O-1", "quote_id": quote["quote_id"],
                                   "customer_id": customer["customer_id"]},
        "order_lines": order | line | {"line_id": identifier("order_lines", name)},
        "requests": request | {"title": "Ten end mills", "source": "email",
                               "customer_id": customer["customer_id"]},
        "messages": request | {"message_id": identifier("messages", name), "position": 0,
                               "author": "customer", "body": "Ten end mills, please."},
        "users": {"org_id": org, "user_id": identifier("users", name),
                  "email": f"owner-{name}@bolts.example", "role": "owner", "password_salt": bytes(16),
                  "password_hash": bytes(32), "scrypt_n": 16384, "scrypt_r": 8, "scrypt_p": 1},
        "sessions": {"org_id": org, "user_id": identifier("users", name), "token_hash": bytes(32)},
        "audit": {"org_id": org, "actor": "tests", "action": "key.create",
                  "subject": "kbd_live_AAAAAAAA", "details": Jsonb({})},
        "idempotency": key | {"idempotency_key": "first", "request_digest": bytes(32),
                              "status": 201, "body": '{"id":"CUS-1"}'},
    }


def insert(connection, table, row):
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row))),
        list(row.values()))


def insert_organisation(connection, name):
    """Inserts them all, as somebody who may, and returns them."""
    rows = of_organisation(name)
    for table, row in rows.items():
        insert(connection, table, row)
    return rows
