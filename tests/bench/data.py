"""What the private stack holds for the bench: organisations with keys and quotes, and one with a
catalogue.

Identifiers follow from numbers, so that a client and pgbench find the same records without looking
them up, and are as scattered as random ones: the uuid of quote 17 is md5('quote 17').
"""

import hashlib
import os
import secrets
from dataclasses import dataclass

import million_products
from harness import keys

SCOPES = ("products:read", "products:write", "quotes:read", "quotes:write", "orders:read",
          "customers:read", "customers:write", "requests:read", "requests:write")

# The limit that keys have unless somebody says otherwise, and the highest that one can have.
USUAL, UNLIMITED = 600, 1000000

LINES = 5  # of a quote


@dataclass(frozen=True)
class Scale:
    """How much there is. Keys and quotes are spread evenly over the organisations."""

    organisations: int = 500
    keys: int = 5000
    quotes: int = 100000
    catalogue_keys: int = 1000
    products: int = 10000
    more_keys: int = 0  # beside those, for the growth


@dataclass(frozen=True)
class Group:
    """Keys of one purpose, numbered one after another. organisation: whose all are; None: each is of
    the organisation that its number gives."""

    first: int
    count: int
    limit: int
    organisation: int | None = None

    @property
    def numbers(self):
        return range(self.first, self.first + self.count)


def uuid_of(kind, number):
    return uuid_from(hashlib.md5(f"{kind} {number}".encode()).hexdigest())


def uuid_from(digits):
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def public_id_of(number):
    return f"K{number:07}"


class Data:
    """with stack up: data = Data(stack, Scale()); data.fill()"""

    def __init__(self, stack, scale):
        self.stack = stack
        self.scale = scale
        self.catalogue = scale.organisations  # the organisation with the products
        self.next_organisation = scale.organisations + 1
        self.secrets = {}
        self.many = Group(0, scale.keys, USUAL)
        self.few = self.after(self.many, 100, UNLIMITED)
        self.buyers = self.after(self.few, scale.catalogue_keys, USUAL, self.catalogue)
        self.hot = self.after(self.buyers, 1, UNLIMITED, 0)
        self.spent = self.after(self.hot, 1, 1, 0)
        self.good = self.after(self.spent, 1, UNLIMITED, 0)
        self.walker = self.after(self.good, 1, UNLIMITED, self.catalogue)  # reads it page by page
        self.more = self.after(self.walker, scale.more_keys, USUAL)
        self.last = self.more

    @staticmethod
    def after(group, count, limit, organisation=None):
        return Group(group.first + group.count, count, limit, organisation)

    def organisation_of(self, group, number):
        return number % self.scale.organisations if group.organisation is None \
            else group.organisation

    def key(self, number):
        """The whole key of a number."""
        return keys.make(public_id_of(number), self.secrets[number])

    @property
    def largest_product_number(self):
        return million_products.prime_after(self.scale.products)

    # --- Filling ------------------------------------------------------------------------------

    def fill(self, say=lambda what: None):
        with self.stack.connect("postgres") as database:
            say(f"{self.scale.organisations + 1} organisations, {self.scale.keys:,} keys")
            self.add_organisations(database, range(self.scale.organisations + 1))
            for group in (self.many, self.few, self.buyers, self.hot, self.spent, self.good,
                          self.walker, self.more):
                self.add_keys(database, group)
            say(f"{self.scale.quotes:,} quotes of {LINES} lines")
            self.add_quotes(database)
        with self.stack.connect() as database:
            say(f"{self.scale.products:,} products")
            million_products.fill(database, uuid_of("organisation", self.catalogue),
                                  self.scale.products)
        with self.stack.connect("postgres") as database:
            database.execute("VACUUM ANALYZE")
            database.execute("CHECKPOINT")

    def add_organisations(self, database, numbers):
        with database.cursor() as cursor, cursor.copy(
                "COPY organisations (org_id, name, plan, currency) FROM STDIN") as copy:
            for number in numbers:
                copy.write_row((uuid_of("organisation", number), f"Bench {number}", "business",
                                "GBP"))

    def add_keys(self, database, group):
        """Keys with salted digests of random secrets, as kabaidoctl makes them."""
        rows = []
        for number in group.numbers:
            self.secrets[number] = secret = "".join(secrets.choice(keys.DIGITS) for _ in range(32))
            salt = os.urandom(16)
            owner = (uuid_of("organisation", self.organisation_of(group, number)),
                     uuid_of("key", number))
            rows.append((owner, public_id_of(number), salt,
                         hashlib.sha256(salt + secret.encode()).digest()))
        with database.transaction(), database.cursor() as cursor:
            with cursor.copy("COPY api_keys (org_id, key_id, name, scopes, requests_per_minute, "
                             "created_by) FROM STDIN") as copy:
                for owner, *_ in rows:
                    copy.write_row((*owner, "bench", list(SCOPES), group.limit, "bench"))
            with cursor.copy("COPY credentials (org_id, key_id, public_id, salt, hash) "
                             "FROM STDIN") as copy:
                for owner, *rest in rows:
                    copy.write_row((*owner, *rest))
            with cursor.copy("COPY key_window (org_id, key_id) FROM STDIN") as copy:
                for owner, *_ in rows:
                    copy.write_row(owner)

    def add_quotes(self, database):
        """Past the triggers, which would stamp each line's quote anew: these are old records."""
        numbers = {"quotes": self.scale.quotes, "organisations": self.scale.organisations}
        with database.transaction():
            database.execute("SET LOCAL session_replication_role = replica")
            database.execute(CUSTOMERS, numbers)
            database.execute(QUOTES, numbers)
            database.execute(QUOTE_LINES, numbers)

    def new_organisation(self):
        """An empty organisation with a key of its own: returns its number and the whole key."""
        organisation = self.next_organisation
        self.next_organisation += 1
        self.last = self.after(self.last, 1, UNLIMITED, organisation)
        with self.stack.connect("postgres") as database:
            self.add_organisations(database, [organisation])
            self.add_keys(database, self.last)
        return organisation, self.key(self.last.first)


CUSTOMERS = """
    INSERT INTO customers (org_id, customer_id, company, email)
    SELECT md5('organisation ' || n)::uuid, md5('customer ' || n)::uuid, 'Customer ' || n,
           'buyer@customer-' || n || '.example'
      FROM generate_series(0, %(organisations)s - 1) AS n"""

QUOTES = """
    INSERT INTO quotes (org_id, quote_id, number, status, currency, subtotal_minor, discount_minor,
                        vat_minor, total_minor, valid_until, customer_id, sent_at, created_at,
                        updated_at)
    SELECT md5('organisation ' || n %% %(organisations)s)::uuid, md5('quote ' || n)::uuid,
           'Q-' || lpad(n::text, 7, '0'), 'sent', 'GBP', 184500, 4500, 36000, 216000,
           date '2026-06-30', md5('customer ' || n %% %(organisations)s)::uuid,
           at + interval '1 hour', at, at + interval '1 hour'
      FROM generate_series(0, %(quotes)s - 1) AS n,
           LATERAL (SELECT timestamptz '2026-01-05 08:00:00.123456Z' + n * interval '97 seconds')
                AS t (at)"""

QUOTE_LINES = f"""
    INSERT INTO quote_lines (org_id, quote_id, line_id, position, line_type, description, qty, uom,
                             unit_price_minor, discount_pct, lead_time_days)
    SELECT md5('organisation ' || n %% %(organisations)s)::uuid, md5('quote ' || n)::uuid,
           md5('line ' || n || '.' || place)::uuid, place,
           (ARRAY['product', 'configured', 'service'])[1 + place %% 3],
           'Position ' || place || ': bracket, stainless, drilled to drawing ' || n, 1.5 + place,
           'EA', 12300 + place, (place %% 2) * 2.5, 5 + place
      FROM generate_series(0, %(quotes)s - 1) AS n, generate_series(0, {LINES - 1}) AS place"""
