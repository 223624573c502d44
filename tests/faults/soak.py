"""An hour of mixed load, and what it left behind: usage: soak.py [MINUTES]

Prints answer times, memory and open files of every process at the start and at the end, the database's
size, and errors by kind. Fails if there was an error, for nothing here causes one; if an answer does not
agree with the database; or if a process has died. What memory may grow by is for people to judge."""

import contextlib
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import Recorder, Stack  # noqa: E402

WARM_UP = 20      # seconds, after which the first figures are taken
PAUSE = 0.08      # seconds between two requests of a client: about 100 requests a second
CLIENTS = 8
SERVICES = ("postgres", "api", "nginx")


def kilobytes(pid, *names):
    """Sum of these lines of the kernel's account of a process's memory."""
    account = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(re.search(rf"^{name}: +(\d+) kB", account, re.M)[1]) for name in names)


def title(service, pid, master):
    """What a process is, in a word or two."""
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_text().strip("\0 ")
    if pid == master:
        return "master"
    return words.removeprefix("postgres: ") if service == "postgres" else "worker"


def describe(service, pid, master, backends):
    """(what it is, RSS in MiB, private MiB, open files); None for what PostgreSQL starts for a task or
    for this measurement."""
    name = "backend of a worker" if pid in backends else title(service, pid, master)
    if re.search("kabaido|autovacuum worker|parallel worker", name):
        return None
    return (name, kilobytes(pid, "Rss") / 1024, kilobytes(pid, "Private_Clean", "Private_Dirty") / 1024,
            len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir())))


def processes(stack):
    """(service, process id) -> what describe() says, of those that are there to stay."""
    figures = {}
    backends = stack.worker_backends()
    for service in SERVICES:
        master = stack.pid(service)
        for pid in [master, *stack.children(service)]:
            with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
                figures[service, pid] = describe(service, pid, master, backends)
    return {place: figure for place, figure in figures.items() if figure}


def size(stack):
    return stack.sql("SELECT pg_database_size(current_database())")[0][0] / 2 ** 20


def row_counts(stack):
    return dict(stack.sql("""SELECT relname, n_live_tup FROM pg_stat_user_tables
                              WHERE schemaname = 'public' AND n_live_tup > 1000 ORDER BY 2 DESC"""))


def print_processes(before, after):
    print(f"\n{'process':<38}{'RSS MiB':>18}{'private MiB':>18}{'open files':>16}")
    for place, (name, *first) in before.items():
        last = after.get(place, (name, *[float("nan")] * 3))[1:]
        cells = "".join(f"{one:>{width}.1f} -> {other:>6.1f}" for one, other, width in
                        zip(first[:2], last[:2], (8, 8)))
        print(f"{place[0] + ' ' + name:<38}{cells}{first[2]:>8} -> {last[2]:>4}")


def soak(stack, minutes):
    with Recorder(stack, clients=CLIENTS, pause=PAUSE) as recorder:
        time.sleep(min(WARM_UP, 3 * minutes))
        before, size_before = processes(stack), size(stack)
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            time.sleep(min(30, max(0, end - time.monotonic())))
            print(f"{time.strftime('%H:%M:%S')} {recorder.count()} answered, "
                  f"{len(recorder.failures)} failed", flush=True)
        after = processes(stack)
    verdict = recorder.hold_against_database()
    durations = recorder.durations()
    print(f"\n{minutes} minutes, {verdict.requests} requests, {len(verdict.writes)} of them writes")
    print("answered within: " + ", ".join(
        f"p{share} {1000 * durations[int(len(durations) * share / 100)]:.1f} ms" for share in (50, 99, 99.9)))
    print(f"database: {size_before:.1f} -> {size(stack):.1f} MiB; rows: "
          + ", ".join(f"{table} {count}" for table, count in row_counts(stack).items()))
    print_processes(before, after)
    dead = [f"{place[0]} {name}" for place, (name, *_) in before.items() if place not in after]
    print(f"\nerrors: {dict(verdict.errors) or 'none'}; sent again: {verdict.resent}; "
          f"lost: {len(verdict.lost)}; doubled: {len(verdict.doubled)}; half: {len(verdict.half)}; "
          f"wrong: {len(verdict.wrong)}; ended: {', '.join(dead) or 'none'}")
    for failure in recorder.failures[:10]:
        print(failure.what, failure.status, failure.body)
    verdict.demand()
    return not verdict.errors and not dead


def main():
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    with Stack(KABAIDO_WORKERS=4) as stack:
        return soak(stack, minutes)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
