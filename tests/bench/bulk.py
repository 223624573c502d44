"""The bulk writes: 10,000 products that are new, and the same with other prices."""

import http.client
import json
import random
import ssl
import time

from load import Failure, MemoryWatch, Processes
from workloads import FAMILIES
from yardsticks import copy_s, same_answers

ROWS = 10000


def make_rows(seed):
    """Products as an ERP has them; about 2 MB as JSON."""
    chance = random.Random(seed)
    rows = []
    for number in range(ROWS):
        family = chance.choice(FAMILIES)
        rows.append({
            "sku": f"{family}-{number * 48271 % 100003:06}",
            "title": f"Bench {family} {chance.randrange(1, 98)} x {chance.randrange(3, 154)} mm "
                     f"{chance.choice(('HSS', 'carbide', 'brass', 'steel A2'))} "
                     f"{chance.getrandbits(24):06x}",
            "category": f"Family {family}", "uom": "EA", "price_minor": chance.randrange(100, 90000),
            "currency": "GBP", "stock_qty": chance.randrange(500),
            "lead_time_days": chance.randrange(30),
            "attrs": {"diameter_mm": chance.randrange(1, 98), "shank": "h6"}})
    return rows


def changed(rows):
    return [{**row, "price_minor": row["price_minor"] + 1} for row in rows]


class Connection:
    """A kept connection over which whole calls are timed."""

    def __init__(self, stack, port):
        context = ssl.create_default_context(cafile=stack.cacert)
        self.connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=120)
        self.connection.connect()

    def close(self):
        self.connection.close()

    def post_s(self, key, rows):
        """Seconds from the first byte of the call to the last of its answer, and the answer."""
        body = json.dumps({"products": rows}).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        began = time.perf_counter()
        self.connection.request("POST", "/api/v1/products/bulk", body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        took = time.perf_counter() - began
        if answer.status != 200 or not same_answers(text, f'{{"upserted":{len(rows)},"errors":[]}}'):
            raise Failure(f"a bulk write was answered {answer.status}: {text[:500]}")
        return took


def write_twice(stack, data, port, rows, post):
    """What post() says of new rows and of changed ones, in an organisation of its own."""
    _, key = data.new_organisation()
    connection = Connection(stack, port)
    try:
        settle(stack)
        new = post(connection, key, rows)
        settle(stack)
        return new, post(connection, key, changed(rows))
    finally:
        connection.close()


def settle(stack):
    """What one measurement has left to do must not fall to the next."""
    stack.sql("SELECT gin_clean_pending_list('products_search')")
    stack.sql("CHECKPOINT", user="postgres")


def measure_round(stack, data, peer, rows):
    """One round of both workloads: a dict each."""
    processes = Processes(stack)

    def measure_api(connection, key, some):
        before = processes.snapshot()
        with MemoryWatch(stack.worker_pids(), interval=0.02) as watch:
            took = connection.post_s(key, some)
        found = {"api_s": took, "cpu_s": processes.used_s(before)}
        if watch.peak:
            found["peak_own_mib"], found["peak_resident_mib"] = watch.peak
        return found

    def measure_peer(connection, key, some):
        return {"peer_s": connection.post_s(key, some)}

    new, old = write_twice(stack, data, stack.port, rows, measure_api)
    for found, some in ((new, rows), (old, changed(rows))):
        organisation, _ = data.new_organisation()
        settle(stack)
        found["copy_s"] = copy_s(stack, organisation, some)
    if peer is not None:
        for found, seen in zip((new, old),
                               write_twice(stack, data, peer.front.port, rows, measure_peer)):
            found.update(seen)
    return new, old
