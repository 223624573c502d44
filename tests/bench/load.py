"""Sends load through wrk, and sees what it costs: processor time and memory, by process."""

import json
import os
import pathlib
import re
import resource
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass

SCRIPT = pathlib.Path(__file__).with_name("load.lua")
CORES = os.cpu_count()
SEPARATOR = "\x1e"
STATUS = re.compile(rb'"status":(\d+|null)')


class Failure(Exception):
    """A figure that would not mean what it says."""


@dataclass(frozen=True)
class Load:
    """What wrk saw. Milliseconds and requests a second."""

    requests: int
    rps: float
    p50_ms: float
    p99_ms: float
    mean_ms: float
    client_s: float  # of the processor, in the client


def get(path, key, *headers):
    return request("GET", path, key, *headers)


def request(method, path, key, *headers, body=""):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}", *headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body.encode())}"]
    return "\r\n".join(lines) + "\r\n\r\n" + body


class Client:
    """Sends requests, at random out of the given ones, to a port of this machine."""

    def __init__(self, folder, port, requests):
        self.url = f"https://127.0.0.1:{port}/"
        self.file = pathlib.Path(folder) / f"requests-{port}-{id(self)}"
        self.file.touch(mode=0o600)  # there are keys in it
        self.file.write_text(SEPARATOR.join(requests))

    def start(self, connections, seconds, think_ms=None):
        environment = {"PATH": os.environ["PATH"], "BENCH_REQUESTS": str(self.file)}
        if think_ms is not None:
            environment["BENCH_THINK_MS"] = f"{think_ms:.3f}"
        threads = min(max(1, CORES // 2), connections)
        return subprocess.Popen(
            ["wrk", "--threads", str(threads), "--connections", str(connections), "--duration",
             f"{seconds}s", "--timeout", "10s", "--latency", "--script", SCRIPT, self.url],
            env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def finish(self, process):
        before = children_s()
        printed, _ = process.communicate(timeout=600)
        client_s = children_s() - before
        if process.returncode != 0:
            raise Failure(f"wrk failed:\n{printed}")
        seen = json.loads(printed.strip().splitlines()[-1])
        if seen["lost"] or not seen["requests"]:
            raise Failure(f"connections were lost, or nothing was answered:\n{printed}")
        return Load(seen["requests"], seen["requests"] * 1e6 / seen["duration_us"],
                    seen["p50_us"] / 1000, seen["p99_us"] / 1000, seen["mean_us"] / 1000, client_s)

    def run(self, connections, seconds, think_ms=None):
        return self.finish(self.start(connections, seconds, think_ms))


def children_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class AccessLog:
    """A web server's log, looked at for what it answered since the last time."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def take(self):
        """Counts the statuses and empties the file, which grows by megabytes a second."""
        statuses = Counter(int(status) if status != b"null" else 0
                           for status in STATUS.findall(self.path.read_bytes()))
        os.truncate(self.path, 0)
        return statuses

    def check(self, expected, connections, rare=()):
        """Fails unless all answers had the expected status. rare: others of which there may be a few.
        When its time is over, wrk leaves each connection in the middle of a request (499), which a
        busy web server notices a moment later."""
        time.sleep(0.2)
        seen = self.take()
        wrong = Counter(seen)
        del wrong[expected]
        for status, most in {499: connections, 0: connections, **dict(rare)}.items():
            if wrong[status] <= most:
                del wrong[status]
        if wrong or not seen[expected]:
            raise Failure(f"answers were to be {expected}, and were {dict(seen)}")
        return seen[expected]


# --- Processes ------------------------------------------------------------------------------------

def processor_s(pid):
    """Of one process, in seconds; 0 if it has ended."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


class Processes:
    """The stack's processes by kind. PostgreSQL's are all of its children: the workers' sessions, and
    those that write the log and the pages."""

    KINDS = {"nginx": "nginx", "workers": "api", "postgres": "postgres"}

    def __init__(self, stack):
        self.stack = stack

    def snapshot(self):
        return {kind: {pid: processor_s(pid) for pid in self.stack.children(service)}
                for kind, service in self.KINDS.items()}

    def used_s(self, before):
        """Seconds of the processor since a snapshot, by kind."""
        after = self.snapshot()
        return {kind: sum(max(0.0, seconds - before[kind].get(pid, 0.0))
                          for pid, seconds in after[kind].items()) for kind in after}


def memory_of(pid):
    """A process's memory in MiB: what is its own, and all that is resident. None where the kernel does
    not say: the workers let only root look."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return None
    kib = {name: int(size) for name, size in re.findall(r"^(\w+): +(\d+) kB", text, re.M)}
    return ((kib["Private_Clean"] + kib["Private_Dirty"]) / 1024, kib["Rss"] / 1024)


def memory_of_worst(pids):
    """The most that any of the processes has: (own, resident)."""
    seen = [memory for memory in map(memory_of, pids) if memory]
    return tuple(max(column) for column in zip(*seen)) if seen else None


class MemoryWatch(threading.Thread):
    """with MemoryWatch(pids) as watch: ...; watch.peak is (own, resident) of the worst, in MiB."""

    def __init__(self, pids, interval=0.2):
        super().__init__(daemon=True)
        self.pids = pids
        self.interval = interval
        self.peak = None
        self.leave = threading.Event()

    def run(self):
        while not self.leave.wait(self.interval):
            self.look()

    def look(self):
        now = memory_of_worst(self.pids)
        if now is not None:
            self.peak = tuple(map(max, now, self.peak or now))

    def __enter__(self):
        self.look()
        self.start()
        return self

    def __exit__(self, kind, error, trace):
        self.leave.set()
        self.join()
        self.look()
