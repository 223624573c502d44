"""What PgBouncer between the workers and PostgreSQL costs: quotes by id, with and without it.

    /usr/bin/python3 tests/bench/pooler.py [--rounds 5] [--seconds 3]

One stack whose workers are reloaded for each measurement, in rounds of all four, so that what drifts drifts
for all; medians. Microseconds are of the processor, a request, by process.
"""

import argparse
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from data import Data, Scale  # noqa: E402
from harness import Stack  # noqa: E402
from harness.pooler import PORT, Pooler, turn_workers  # noqa: E402
from load import CORES, AccessLog, Client, Processes, processor_s  # noqa: E402
from workloads import Workloads  # noqa: E402

CONNECTIONS = 8 * CORES
KINDS = ("nginx", "workers", "pgbouncer", "postgres", "client")


def measure(stack, client, pooler, seconds):
    """Requests a second, p50 and p99 in milliseconds, and microseconds by process."""
    processes = Processes(stack)
    client.run(CONNECTIONS, 1)
    before, pooled = processes.snapshot(), processor_s(pooler.process.pid) if pooler else 0
    load = client.run(CONNECTIONS, seconds)
    used = processes.used_s(before)
    used["pgbouncer"] = processor_s(pooler.process.pid) - pooled if pooler else 0
    used["client"] = load.client_s
    AccessLog(stack.logs / "access.log").check(200, 2 * CONNECTIONS)
    return [load.rps, load.p50_ms, load.p99_ms, *(used[kind] * 1e6 / load.requests for kind in KINDS)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    with Stack(KABAIDO_WORKERS=2 * CORES) as stack:
        data = Data(stack, Scale(quotes=50000, products=1000))
        data.fill()
        client = Client(stack.folder, stack.port, Workloads(data).quote_by_id().requests)
        direct = {"PGHOST": stack.env["PGHOST"], "PGPORT": None}
        with Pooler(stack, "sessions", pool_mode="session", default_pool_size=4 * CORES * 2) as sessions, \
                Pooler(stack, "transactions", default_pool_size=2 * CORES) as transactions:
            variants = [("direct", None, "on"), ("direct, without names", None, "off"),
                        ("PgBouncer, sessions", sessions, "on"),
                        ("PgBouncer, transactions", transactions, "off")]
            figures = {name: [] for name, _, _ in variants}
            for number in range(options.rounds):
                for name, pooler, prepared in variants:
                    place = {"PGHOST": pooler.folder, "PGPORT": PORT} if pooler else direct
                    turn_workers(stack, KABAIDO_PREPARED_STATEMENTS=prepared, **place)
                    figures[name].append(measure(stack, client, pooler, options.seconds))
                print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            turn_workers(stack, KABAIDO_PREPARED_STATEMENTS="on", **direct)
    print("| | requests/s | p50 ms | p99 ms | " + " | ".join(f"{kind} µs" for kind in KINDS) + " |")
    print("|---|" + "---:|" * (3 + len(KINDS)))
    for name, rounds in figures.items():
        rps, p50, p99, *used = (statistics.median(column) for column in zip(*rounds))
        print(f"| {name} | {rps:,.0f} | {p50:.2f} | {p99:.1f} | "
              + " | ".join(f"{one:.0f}" for one in used) + " |")


if __name__ == "__main__":
    main()
