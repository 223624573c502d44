"""Measures the API against the bound of its parts, a peer and COPY, and prints how it stands.

    make bench                                   about ten minutes; writes .run/bench.json
    make bench BENCH='--only quote_by_id'        one workload
    make bench BENCH='--growth --soak'           and how it does with more of everything

Everything runs on this machine, in a private stack of its own, over the loopback interface. What the
figures mean is in tests/bench/README.md and docs/performance.md.
"""

import argparse
import http.client
import json
import pathlib
import platform
import ssl
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import bulk  # noqa: E402
import report  # noqa: E402
from data import Data, Scale  # noqa: E402
from harness import ROOT, Stack, program, slow  # noqa: E402
from load import CORES, AccessLog, Client, Failure, MemoryWatch, Processes, \
    memory_of_worst  # noqa: E402
from workloads import Workloads  # noqa: E402
from yardsticks import Database, Hello, Peer, answer_of, same_answers, status_of  # noqa: E402

LOADS = ("quote_by_id", "quotes_list_50", "products_list_100", "search", "requests_post",
         "one_hot_key", "limited_flood", "unknown_flood", "not_modified")
SLOWS = tuple(kind.replace(" ", "_") for kind in slow.KINDS)
BULKS = ("bulk_10000_new", "bulk_10000_changed")

PART = 0.7         # of the full load, for the second look at the latencies
PACED = 64         # connections that think between two requests: many, so that few wait for another
SLOW = 1000        # clients of each kind
ROUNDS_OF_BULK = 5
ALONE = 4          # times as long on one connection, which sends few requests in the time of many
SOAK = 1000000     # requests


def say(what):
    print(f"bench: {what}", file=sys.stderr, flush=True)


class Bench:
    """A stack with its data, and the yardsticks beside it."""

    def __init__(self, stack, scale, options):
        self.stack = stack
        self.options = options
        self.configure_database()
        self.data = Data(stack, scale)
        self.data.fill(lambda what: say(f"filling: {what}"))
        self.workloads = Workloads(self.data)
        self.processes = Processes(stack)
        self.log = AccessLog(stack.logs / "access.log")
        self.workers = len(stack.worker_pids())
        self.database = Database(stack, self.workers)
        self.hello = None
        self.peer = None
        self.mean_ms = {}  # of the paced load, by workload
        self.memory = {"own_mib_at_start": self.own_mib()}
        self.answered = 0
        self.log.take()

    def configure_database(self):
        """What the operators of a machine like this one would set over conf/postgresql.conf."""
        if not self.options.postgres:
            return
        with self.stack.connect("postgres") as database:
            for name, value in self.options.postgres:
                database.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.stack.stop_postgres()
        self.stack.start_postgres()

    def __enter__(self):
        """Starts the yardsticks that are servers. None of them stays behind when another fails to."""
        try:
            self.hello = Hello(self.stack, self.workers)
            if self.options.peer:
                self.peer = Peer(self.stack, CORES, self.options.peer_connections,
                                 self.options.peer_pipeline, self.options.credential_cache)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind, error, trace):
        self.stop()

    def stop(self):
        for server in (self.hello, self.peer):
            if server:
                server.stop()

    def own_mib(self):
        memory = memory_of_worst(self.stack.worker_pids())
        return memory and memory[0]

    # --- Small questions ---------------------------------------------------------------------

    def ask(self, port, raws):
        """Sends requests one after another: a list of (status, headers, body)."""
        context = ssl.create_default_context(cafile=self.stack.cacert)
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=60)
        answers = []
        for raw in raws:
            first, *lines = raw.partition("\r\n\r\n")[0].split("\r\n")
            method, path, _ = first.split(" ")
            headers = dict(line.split(": ", 1) for line in lines)
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            answers.append((answer.status, dict(answer.getheaders()), answer.read()))
            if answer.status != 200:
                raise Failure(f"{first} was answered {answer.status}: {answers[-1][2]}")
        connection.close()
        return answers

    def cursors(self, port):
        """Of every page but the first."""
        first = self.workloads.products_list_100([]).sample
        found = []
        cursor = None
        while True:
            raw = first if cursor is None else first.replace(
                "limit=100", f"limit=100&cursor={cursor}", 1)
            (_, _, body), = self.ask(port, [raw])
            cursor = json.loads(body)["next_cursor"]
            if cursor is None:
                return found
            found.append(cursor)

    def tagged(self, count=500):
        """Requests that were answered, as (key, path, entity tag)."""
        raws = self.workloads.quote_by_id().requests[:count]
        answers = self.ask(self.stack.port, raws)
        return [(raw.partition("Bearer ")[2].split("\r\n")[0], raw.split(" ")[1], headers["ETag"])
                for raw, (_, headers, _) in zip(raws, answers)]

    def make(self, name):
        """A workload, and the requests for the peer, or None."""
        if name == "products_list_100":
            requests = None
            if self.peer:
                requests = self.workloads.products_list_100(
                    self.cursors(self.peer.front.port)).requests
            return self.workloads.products_list_100(self.cursors(self.stack.port)), requests
        if name == "not_modified":
            return self.workloads.not_modified(self.tagged()), None
        workload = getattr(self.workloads, name)()
        return workload, workload.requests if workload.peer and self.peer else None

    def check_peer(self, workload, requests):
        """The peer must say what the API says."""
        count = 1 if workload.name == "products_list_100" else 20  # cursors are each one's own
        ours, theirs = (self.ask(port, requests[:count])
                        for port in (self.stack.port, self.peer.front.port))
        for raw, one, other in zip(requests, ours, theirs):
            if not same_answers(one[2], other[2]):
                raise Failure(f"{raw.split(chr(13))[0]}: the API says\n{one[2]}\nand the peer\n"
                              f"{other[2]}")

    # --- One measurement ---------------------------------------------------------------------

    def run_api(self, workload, client, connections, think_ms=None, times=1):
        """A: the API under this load: figures of it, and what it cost."""
        before = self.processes.snapshot()
        with MemoryWatch(self.stack.worker_pids()) as watch:
            began = time.monotonic()
            load = client.run(connections, self.options.seconds * times, think_ms)
            took = time.monotonic() - began
        used = self.processes.used_s(before)
        used["client"] = load.client_s
        requests = self.log.check(workload.status, connections, workload.rare)
        self.answered += requests
        found = {"api_rps": load.rps, "p50_ms": load.p50_ms, "p99_ms": load.p99_ms,
                 "mean_ms": load.mean_ms,
                 "cpu_us": {kind: seconds * 1e6 / requests for kind, seconds in used.items()},
                 "database_cores": used["postgres"] / took}
        if watch.peak:
            found["peak_own_mib"], found["peak_resident_mib"] = watch.peak
        return found

    def run_paced(self, workload, client, rate):
        """A again, at about this rate: connections wait so long that they come to it together."""
        mean_ms = self.mean_ms.get(workload.name, 1.0)
        think_ms = max(0.0, PACED * 1000 / rate - mean_ms)
        seen = self.run_api(workload, client, PACED, think_ms)
        self.mean_ms[workload.name] = seen["mean_ms"]
        return {"api_rps_at_70": seen["api_rps"], "p50_ms_at_70": seen["p50_ms"],
                "p99_ms_at_70": seen["p99_ms"]}

    def run_other(self, log, client, connections, status):
        """The rate of a yardstick that is a server."""
        load = client.run(connections, self.options.seconds)
        log.check(status, connections)
        return load.rps

    def measure(self, workload, peer_requests=None, parts=("F", "D", "70"), connections=None):
        """All rounds of a workload, their medians."""
        say(workload.name)
        connections = connections or self.options.connections
        folder = self.stack.folder
        client = Client(folder, self.stack.port, workload.requests)
        answer = answer_of(self.stack, workload.sample)
        if "F" in parts and workload.status not in (status_of(answer), 429):
            raise Failure(f"{workload.name} was answered {answer[:200]}")
        if peer_requests:
            self.check_peer(workload, peer_requests)
            self.peer.front.log.take()
        self.log.take()  # what was asked for while it was made
        self.warm_up(workload, client, connections)
        if workload.status == 429:
            answer = answer_of(self.stack, workload.sample)
        rounds = [self.measure_round(workload, client, answer, peer_requests, parts, connections)
                  for _ in range(self.options.rounds)]
        return report.medians(rounds)

    def warm_up(self, workload, client, connections):
        client.run(connections, self.options.warm_up)
        self.log.check(workload.status, connections, workload.rare)

    def measure_round(self, workload, client, answer, peer_requests, parts, connections):
        if workload.name == "unknown_flood":
            return self.measure_good_key(client, connections)
        seconds = self.options.seconds
        found = self.run_api(workload, client, connections)
        if "F" in parts:
            with self.hello.giving(answer):
                other = Client(self.stack.folder, self.hello.front.port, workload.requests)
                found["hello_rps"] = self.run_other(self.hello.front.log, other, connections,
                                                    workload.status)
        if "D" in parts and workload.script:
            found["database_rps"] = self.database.run(workload, seconds)
        if found.get("hello_rps") and found.get("database_rps"):
            found["bound_rps"] = 1 / (1 / found["hello_rps"] + 1 / found["database_rps"])
        if peer_requests:
            other = Client(self.stack.folder, self.peer.front.port, peer_requests)
            found["peer_rps"] = self.run_other(self.peer.front.log, other, connections,
                                               workload.status)
        if "70" in parts:
            found.update(self.run_paced(workload, client, found["api_rps"] * PART))
        if workload.alone:
            seen = self.run_api(workload, client, 1, times=ALONE)
            found["p50_ms_alone"], found["p99_ms_alone"] = seen["p50_ms"], seen["p99_ms"]
        return found

    def run_good_key(self):
        """A good key at about 200 requests a second: what wrk saw, and by how many connections."""
        good = Client(self.stack.folder, self.stack.port, self.workloads.good_key().requests)
        connections, think_ms = 4, 20.0
        return good.run(connections, self.options.seconds, think_ms), connections

    def measure_good_key(self, flood, connections):
        """How a good key fares without the flood and in it."""
        alone, few = self.run_good_key()
        self.log.check(200, few)
        flooding = flood.start(connections, self.options.seconds + 1)
        time.sleep(0.5)
        seen, _ = self.run_good_key()
        flooded = flood.finish(flooding)
        self.log.check(401, connections + few, ((200, seen.requests + few),))
        return {**good_key(alone, seen), "flood_rps": flooded.rps}

    def measure_slow(self, kind):
        """How a good key fares without slow clients and beside them."""
        say(kind)
        rounds = []
        self.run_good_key()
        self.log.take()
        for _ in range(self.options.rounds):
            alone, few = self.run_good_key()
            self.log.check(200, few)
            with slow.clients(self.stack, kind.replace("_", " "), SLOW, self.options.seconds + 30) as slower:
                time.sleep(1)  # so that all have shaken hands
                seen, _ = self.run_good_key()
                there = slow.open_connections(slower.pid)
            # What the slow are told when they are cut off, or go; 405 when slowhttptest looks whether
            # anybody is there.
            self.log.check(200, few, ((400, SLOW), (408, SLOW), (499, SLOW), (0, SLOW), (405, 1)))
            rounds.append({**good_key(alone, seen), "slow_connections": there})
        return report.medians(rounds)

    def measure_bulk(self):
        rounds = []
        rows = bulk.make_rows(0)
        bulk.measure_round(self.stack, self.data, self.peer, rows)
        for number in range(ROUNDS_OF_BULK if self.options.rounds > 1 else 1):
            say(f"bulk, round {number + 1}")
            rounds.append(bulk.measure_round(self.stack, self.data, self.peer,
                                             bulk.make_rows(number + 1)))
        self.log.take()
        return {name: report.medians([one[place] for one in rounds])
                for place, name in enumerate(BULKS)}

    def soak(self):
        """A million requests, and what they leave behind."""
        workload = self.workloads.quote_by_id()
        client = Client(self.stack.folder, self.stack.port, workload.requests)
        self.warm_up(workload, client, self.options.connections)
        self.memory["own_mib_before_soak"] = self.own_mib()
        there = 0
        while there < SOAK:
            say(f"soak: {there:,} of {SOAK:,} requests")
            client.run(self.options.connections, 30)
            there += self.log.check(200, self.options.connections)
        self.answered += there
        self.memory["own_mib_after_soak"] = self.own_mib()

    def finish_memory(self):
        time.sleep(1)
        self.memory["own_mib_at_rest"] = self.own_mib()
        self.memory["requests_before_that"] = self.answered
        return self.memory


def good_key(alone, beside):
    """Its latencies, of two runs."""
    return {"good_p50_ms_alone": alone.p50_ms, "good_p50_ms": beside.p50_ms,
            "good_p99_ms_alone": alone.p99_ms, "good_p99_ms": beside.p99_ms}


# --- Growth ---------------------------------------------------------------------------------------

def measure_growth(small, options):
    """The same on more of everything. Rounds alternate between the two stacks."""
    scale = Scale(quotes=options.quotes, keys=options.keys, products=options.growth_products,
                  more_keys=options.growth_keys)
    with Stack(KABAIDO_CREDENTIAL_CACHE=options.credential_cache) as stack:
        with Bench(stack, scale, argparse.Namespace(**{**vars(options), "peer": False})) as large:
            return interleave(cases_of_growth(small, large), options.rounds)


def cases_of_growth(small, large):
    """Name to (bench, workload, connections)."""
    cases = {}
    for name in ("products_list_100", "search", "quote_by_id"):
        for bench in (small, large):
            workload, _ = bench.make(name)
            workload.alone = True
            cases[f"{name}_{bench.data.scale.products}"] = (bench, workload, None)
    for bench, group in ((small, small.data.few), (large, large.data.more)):
        name = f"quote_by_id_keys_{group.count}"
        cases[name] = (bench, bench.workloads.quote_by_id(group, name), None)
    for each in (1, 16):
        name = f"quote_by_id_connections_{each}_per_core"
        cases[name] = (small, small.workloads.quote_by_id(name=name), each * CORES)
    return cases


def interleave(cases, rounds):
    found = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (bench, workload, connections) in cases.items():
            one = argparse.Namespace(**{**vars(bench.options), "rounds": 1})
            bench.options, kept = one, bench.options
            found[name].append(bench.measure(workload, None, ("F", "D"), connections))
            bench.options = kept
    return {name: report.medians(some) for name, some in found.items()}


# --- All of it ------------------------------------------------------------------------------------

def conditions(options, workers):
    def printed(*command):
        return subprocess.run(command, text=True, capture_output=True, check=False).stdout.strip()

    model = next((line.partition(": ")[2] for line in pathlib.Path("/proc/cpuinfo").read_text()
                  .splitlines() if line.startswith("model name")), platform.machine())
    return {"version": printed("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
            "processor": model, "cores": CORES, "kernel": platform.release(),
            "postgresql": printed("/usr/lib/postgresql/15/bin/postgres", "--version"),
            "node": printed("node", "--version"), "workers": workers,
            "connections": options.connections, "rounds": options.rounds,
            "seconds": options.seconds, "credential_cache": options.credential_cache,
            "settings": dict(options.postgres)}


def measure_all(bench, options):
    figures = {"conditions": conditions(options, bench.workers)}
    wanted = [name for name in LOADS + SLOWS + BULKS if not options.only or name in options.only]
    for name in (name for name in LOADS if name in wanted):
        workload, peer_requests = bench.make(name)
        figures[name] = bench.measure(workload, peer_requests)
    for name in (name for name in SLOWS if name in wanted):
        figures[name] = bench.measure_slow(name)
    if any(name in wanted for name in BULKS):
        figures.update(bench.measure_bulk())
    if options.soak:
        bench.soak()
    figures["memory"] = bench.finish_memory()
    if options.growth:
        keep(figures, options)  # the growth takes long, and should it fail, this stands
        figures["growth"] = measure_growth(bench, options)
    keep(figures, options)
    return figures


def keep(figures, options):
    figures["goals"] = report.judge(figures)
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(json.dumps(rounded(figures), indent=2) + "\n")


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {name: rounded(member) for name, member in value.items()}
    return [rounded(member) for member in value] if isinstance(value, list) else value


def setting(text):
    name, is_assignment, value = text.partition("=")
    if not is_assignment:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    return name, value


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=lambda text: text.split(","), metavar="WORKLOAD,...")
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warm-up", type=int, default=4, metavar="SECONDS")
    parser.add_argument("--connections", type=int, default=8 * CORES)
    parser.add_argument("--credential-cache", type=int, help="KABAIDO_CREDENTIAL_CACHE",
                        default=int(program.default("KABAIDO_CREDENTIAL_CACHE")))
    parser.add_argument("--postgres", type=setting, action="append", default=[],
                        metavar="NAME=VALUE", help="a setting over conf/postgresql.conf")
    parser.add_argument("--quotes", type=int, default=Scale.quotes)
    parser.add_argument("--keys", type=int, default=Scale.keys)
    parser.add_argument("--products", type=int, default=Scale.products)
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    parser.add_argument("--peer-connections", type=int, default=4, help="of each process's pool")
    parser.add_argument("--no-peer-pipeline", dest="peer_pipeline", action="store_false")
    parser.add_argument("--growth", action="store_true", help="also with more products and keys")
    parser.add_argument("--growth-products", type=int, default=1000000)
    parser.add_argument("--growth-keys", type=int, default=100000)
    parser.add_argument("--soak", action="store_true", help="also a million requests for the memory")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE", default=ROOT / ".run/bench.json")
    options = parser.parse_args()
    unknown = set(options.only or ()) - set(LOADS + SLOWS + BULKS)
    if unknown:
        parser.error(f"no such workload: {', '.join(sorted(unknown))}")
    return options


def main():
    options = read_options()
    say("bringing up a stack")
    try:
        with Stack(KABAIDO_CREDENTIAL_CACHE=options.credential_cache) as stack:
            scale = Scale(quotes=options.quotes, keys=options.keys, products=options.products)
            with Bench(stack, scale, options) as bench:
                figures = measure_all(bench, options)
    except Failure as failure:
        sys.exit(f"bench: {failure}")
    report.show(figures)
    print(f"\nAll of it in {options.output}")


if __name__ == "__main__":
    main()
