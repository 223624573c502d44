"""Writes whose every row can be told apart in the database, and how much of one is there."""

import json
import uuid

WHOLE, ABSENT, HALF, DOUBLED = "whole", "absent", "half", "doubled"


class Write:
    """One call that changes something. rows: what it leaves in the database, by table and name.
    status and answer: what the client was told for certain; None as long as that is open. record: where
    it was said to be. was_open: it was told nothing for certain at first."""

    __slots__ = ("path", "body", "rows", "key", "idempotency_key", "status", "answer", "record",
                 "was_open")

    def __init__(self, path, content, rows):
        self.path = path
        self.body = json.dumps(content).encode()
        self.rows = rows
        self.key = None
        self.idempotency_key = None
        self.status = None
        self.answer = None
        self.record = None
        self.was_open = False

    @property
    def is_done(self):
        return self.status is not None and self.status < 300

    @property
    def is_refused(self):
        return self.status is not None and self.status >= 400

    def learn(self, status, answer):
        self.status, self.answer = status, answer

    def presence(self, database):
        """How much of it is in what read_rows() returned."""
        found = [database.get(name, []) for name in self.rows]
        if not any(found):
            return ABSENT
        if any(len(copies) > 1 for copies in found):
            return DOUBLED
        return WHOLE if found == [[row] for row in self.rows.values()] else HALF


def _products(count):
    batch = str(uuid.uuid4())
    sent = [{"sku": f"{batch}-{n}", "title": f"Part {n} of {batch}", "price_minor": n}
            for n in range(count)]
    rows = {("product", one["sku"]): (one["title"], one["price_minor"]) for one in sent}
    return sent, rows


def products():
    """Three products in one call."""
    sent, rows = _products(3)
    return Write("/products/bulk", {"products": sent}, rows)


def refused_products():
    """Two good rows and a bad one, all or nothing: nothing."""
    sent, rows = _products(2)
    return Write("/products/bulk?strict=true", {"products": [*sent, {"sku": ""}]}, rows)


def customers():
    """Two customers, each with the contact that is made with it."""
    sent = []
    for _ in range(2):
        name = str(uuid.uuid4())
        sent.append({"company": f"Company {name}", "email": f"info@{name}.example",
                     "external_id": name})
    rows = {("customer", one["email"]): (one["company"], one["external_id"], 1) for one in sent}
    return Write("/customers", {"customers": sent}, rows)


def request():
    """A request with its message, and a new customer with a contact: four tables."""
    name = str(uuid.uuid4())
    company, email, text = f"Company {name}", f"info@{name}.example", f"Please quote {name}."
    content = {"text": text, "external_ref": name, "customer": {"company": company, "email": email}}
    return Write("/requests", content, {("request", text): (name, email),
                                        ("customer", email): (company, None, 1)})


READ = {
    "product": "SELECT sku, title, price_minor FROM products WHERE org_id = %s",
    "customer": """SELECT c.email, c.company, c.external_id, count(k.contact_id)
                     FROM customers c LEFT JOIN contacts k USING (org_id, customer_id)
                    WHERE c.org_id = %s GROUP BY c.org_id, c.customer_id""",
    "request": """SELECT m.body, r.external_ref, c.email
                    FROM requests r LEFT JOIN messages m USING (org_id, request_id)
                    LEFT JOIN customers c USING (org_id, customer_id) WHERE r.org_id = %s""",
}


def read_rows(stack, org_ids):
    """What these organisations have: (table, name) -> the rows of that name."""
    database = {}
    with stack.connect() as connection:
        for org_id in org_ids:
            for table, statement in READ.items():
                for name, *row in connection.execute(statement, [org_id]):
                    database.setdefault((table, name), []).append(tuple(row))
    return database
