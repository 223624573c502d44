"""How lists and searches of products do in an organisation of a million.

    make up && . .run/demo.env && /usr/bin/python3 tests/bench/million_products.py

Fills an organisation of the running stack the first time, which takes some minutes, and measures whole
HTTPS requests on one kept connection: the median and the worst tenth of several interleaved rounds,
and of the database the median of the time that it took and of the processor's time in it, which says
more where others use the machine. Not part of `make test`: figures depend on the machine.
"""

import argparse
import http.client
import json
import os
import pathlib
import ssl
import statistics
import subprocess
import time
import urllib.parse

import psycopg

ORGANISATION = "Bench: many products"

# A catalogue as catalogues are: what a product is decides where its SKU sorts, its category and how its
# title begins; the rest of the title does not depend on it. Rows come in no order of their SKUs.
FILL = """
    WITH family (place, code, title, category) AS (VALUES
         (0, 'BB', 'Ball bearing', 'Bearings'), (1, 'CH', 'Collet chuck', 'Tool holding'),
         (2, 'DR', 'Twist drill', 'Drilling'), (3, 'EM', 'End mill', 'Milling'),
         (4, 'FM', 'Face mill', 'Milling'), (5, 'GB', 'Gearbox', 'Drives'),
         (6, 'HX', 'Hex bolt', 'Fasteners'), (7, 'IN', 'Indexable insert', 'Turning'),
         (8, 'KL', 'Rillenkugellager', 'Lager'), (9, 'LB', 'Linear bearing', 'Bearings'),
         (10, 'MS', 'Machine screw', 'Fasteners'), (11, 'OR', 'O-ring', 'Seals'),
         (12, 'PN', 'Pneumatic cylinder', 'Pneumatics'), (13, 'RM', 'Reamer', 'Drilling'),
         (14, 'SK', 'Schaftfräser Ø', 'Fräsen'), (15, 'TP', 'Spiral tap', 'Threading'),
         (16, 'VL', 'Solenoid valve', 'Pneumatics'), (17, 'WS', 'Washer', 'Fasteners'),
         (18, 'XT', 'Screw extractor', 'Threading'), (19, 'ZN', 'Zinc plated nut', 'Fasteners')),
    chance AS (
        SELECT n, number, 'x' || md5(number::text) AS bits
          FROM generate_series(%(first)s::bigint, %(last)s) AS n,
               LATERAL (SELECT n * 48271 %% %(prime)s AS number) AS s)
    INSERT INTO products (org_id, sku, title, category, uom, price_minor, currency, stock_qty,
                          lead_time_days, attrs, created_at, updated_at)
    SELECT %(org)s, f.code || '-' || lpad(number::text, 7, '0'),
           f.title || ' ' || (bits::bit(16)::int %% 97 + 1) || ' x '
               || (substr(bits, 1, 9)::bit(32)::bigint %% 151 + 3) || ' mm '
               || ('{HSS,carbide,steel A2,stainless A4,brass,PTFE,NBR 70,aluminium}'::text[])
                  [1 + ('x' || substr(bits, 6, 2))::bit(8)::int %% 8] || ' '
               || ('{TiAlN coated,bright,black oxide,DIN 338,ISO 4762,left hand,metric,imperial}'
                   ::text[])[1 + ('x' || substr(bits, 8, 2))::bit(8)::int %% 8] || ' '
               || substr(bits, 10, 6),
           f.category, 'EA', 100 + number %% 90000, 'GBP', number %% 500, number %% 30,
           jsonb_build_object('diameter_mm', number %% 97 + 1, 'shank', 'h6'),
           '2026-01-01'::timestamptz + n * interval '1 second',
           '2026-01-01'::timestamptz + n * interval '1 second'
      FROM chance JOIN family f ON f.place = ('x' || substr(bits, 16, 4))::bit(16)::int %% 20"""

# Term, and where it is. 'All over': in products of every family; else in some of them, whose SKUs
# sort one after another.
SEARCHES = [
    ("mm", "nearly all"), ("carbide", "all over, 1 in 8"), ("Left Hand", "all over, 1 in 8"),
    ("47 mm", "all over, 1 in 150"), ("a3f", "all over, 1 in 1,000"),
    ("7 x 42 mm", "all over, 1 in 3,000"), ("x 42 mm brass", "all over, 1 in 1,200"),
    ("ball bearing", "first family"), ("twist drill", "third family"),
    ("rillenkugellager", "ninth family"), ("SCHAFTFRÄSER", "15th family"),
    ("zinc plated", "last family"), ("TP-07", "1 in 200 of a family"),
    ("ZN-0123456", "one or none"), ("zn-00999", "a handful"), ("fräser ø 42 x 77", "a handful"),
    ("no such thing", "none"), ("qqq", "none"),
    ("e", "nearly all"), ("x7", "1 in 60"), ("1/2", "none, no trigram"), ("qq", "none, no trigram"),
]


class Database:
    """The processor's time of all processes of the stack's PostgreSQL."""

    def __init__(self, files):
        pid = (files / "pids/postgres").read_text().split()[0]
        self.children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")

    def processor_ms(self):
        total = 0
        for child in self.children.read_text().split():
            try:
                total += int(pathlib.Path(f"/proc/{child}/schedstat").read_text().split()[0])
            except OSError:
                pass  # it has just ended
        return total / 1e6


class Api:
    """One kept connection, and the web server's log for what happened behind it."""

    def __init__(self, key):
        url = urllib.parse.urlsplit(os.environ["KABAIDO_URL"])
        context = ssl.create_default_context(cafile=os.environ["KABAIDO_CACERT"])
        self.connection = http.client.HTTPSConnection(url.hostname, url.port, context=context)
        self.headers = {"Authorization": f"Bearer {key}"}
        files = pathlib.Path(os.environ["KABAIDO_CACERT"]).parents[1]
        self.log = files / "logs/access.log"
        self.database = Database(files)

    def get(self, **parameters):
        """Milliseconds, and the page."""
        path = "/api/v1/products?" + urllib.parse.urlencode(parameters)
        began = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - began) * 1000
        assert answer.status == 200, body
        return took, json.loads(body)

    def database_times(self, count):
        """What the database took of the last count requests, in milliseconds, oldest first."""
        time.sleep(0.2)
        with open(self.log, "rb") as log:
            log.seek(max(0, self.log.stat().st_size - 2000 * count))
            lines = log.read().splitlines()[-count:]
        return [json.loads(line)["database_us"] / 1000 for line in lines]


def make_key():
    """A key of the organisation, which is made if it is not there."""
    def ctl(*arguments):
        return json.loads(subprocess.run([os.environ["KABAIDOCTL"], *arguments, "--json"],
                                         check=True, capture_output=True, text=True).stdout)
    if ORGANISATION not in {org["name"] for org in ctl("org", "list")["organisations"]}:
        ctl("org", "create", ORGANISATION, "--plan", "business")
    return ctl("key", "create", "--org", ORGANISATION, "--name", "bench", "--scopes", "products:read",
               "--limit", "1000000")["key"]


def is_prime(number):
    return all(number % divisor for divisor in range(2, int(number ** 0.5) + 1))


def prime_after(products):
    """What the numbers in the SKUs are below."""
    return next(n for n in range(products + 1, 2 * products) if is_prime(n))


def fill(database, org, products):
    """Brings an organisation to this many products; the same number each time."""
    database.execute("SELECT set_config('kabaido.org_id', %s, false)", [str(org)])
    there, = database.execute("SELECT count(*) FROM products WHERE org_id = %s", [org]).fetchone()
    prime = prime_after(products)
    for first in range(there + 1, products + 1, 50000):
        if first > there + 1:
            print(f"filling: {first - 1:,} of {products:,}", flush=True)
        database.execute(FILL, {"org": org, "prime": prime, "first": first,
                                "last": min(first + 49999, products)})
    if there < products:
        database.execute("VACUUM ANALYZE products")


def measure(api, cases, rounds):
    """Name of each case to (milliseconds of its requests, of the database, of the processor in the
    database; last page)."""
    times, processor, pages = {name: [] for name in cases}, {name: [] for name in cases}, {}
    for _ in range(rounds + 1):
        for name, parameters in cases.items():
            before = api.database.processor_ms()
            took, pages[name] = api.get(**parameters)
            times[name].append(took)
            processor[name].append(api.database.processor_ms() - before)
    database = api.database_times(len(cases) * (rounds + 1))
    found = {}
    for place, name in enumerate(cases):
        # The first round only warms up.
        found[name] = (times[name][1:], database[place::len(cases)][1:], processor[name][1:],
                       pages[name])
    return found


HEADING = f"{'':26}{'median':>9}{'p90':>9}{'database':>10}{'its CPU':>9}   ms"


def show(name, times, database, processor, note):
    worst = sorted(times)[int(len(times) * 0.9)]
    print(f"{name:26}{statistics.median(times):9.2f}{worst:9.2f}{statistics.median(database):10.2f}"
          f"{statistics.median(processor):9.2f}   {note}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=1000000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with psycopg.connect(user="kabaido_admin", autocommit=True) as database:
        key = make_key()
        org, = database.execute("SELECT org_id FROM organisations WHERE name = %s",
                                [ORGANISATION]).fetchone()
        fill(database, org, options.products)
    api = Api(key)

    began, cursors, seen = time.perf_counter(), {1: {}}, 0
    page, parameters = 1, {}
    while parameters is not None:
        _, answer = api.get(**parameters)
        seen += len(answer["products"])
        page += 1
        parameters = answer["next_cursor"] and {"cursor": answer["next_cursor"]}
        cursors[page] = parameters
    took = time.perf_counter() - began
    print(f"\n{seen:,} products in {page - 1:,} pages of 100, one after another, in {took:.1f} s\n")
    assert seen == options.products
    wanted = [1, 2, page // 4, page // 2, page * 9 // 10]
    print(HEADING)
    cases = {f"page {number:,}": cursors[number] for number in wanted}
    for name, (*measured, _) in measure(api, cases, options.rounds).items():
        show(name, *measured, "")

    print("\n" + HEADING)
    cases = {f"'{term}'": {"search": term} for term, _ in SEARCHES}
    medians, of_processor = [], []
    found = measure(api, cases, options.rounds)
    for (term, where), (name, (times, database, processor, answer)) in zip(SEARCHES, found.items()):
        rows, more = len(answer["products"]), answer["next_cursor"] is not None
        show(name, times, database, processor, f"{rows} rows{', and more' if more else ''}; {where}")
        if len(term) >= 3 and "no trigram" not in where:
            medians.append(statistics.median(times))
            of_processor.append(statistics.median(processor))
    print("\nmedian over the terms of three characters or more: "
          f"{statistics.median(medians):.2f} ms, of them {statistics.median(of_processor):.2f} ms "
          "of the processor in the database")


if __name__ == "__main__":
    main()
