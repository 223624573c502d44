"""`make bench` runs to its end and writes what its README says. Not how fast anything is: on a machine
that has other things to do, the figures mean nothing."""

import json
import os
import re
import subprocess
import sys

import pytest

from harness import ROOT, slow

BENCH = ROOT / "tests/bench"
README = (BENCH / "README.md").read_text(encoding="utf-8")
SMALL = ("--rounds", "1", "--seconds", "1", "--warm-up", "1", "--quotes", "2000", "--keys", "200",
         "--products", "1000")

RATES = {"api_rps", "hello_rps", "database_rps", "bound_rps", "peer_rps", "api_rps_at_70"}
TIMES = {"p50_ms", "p99_ms", "mean_ms", "p50_ms_at_70", "p99_ms_at_70"}
COSTS = {"cpu_us", "database_cores"}
MEMORY = {"peak_own_mib", "peak_resident_mib"}
GOOD_KEY = {"good_p50_ms_alone", "good_p50_ms", "good_p99_ms_alone", "good_p99_ms"}
FLOOD = GOOD_KEY | {"flood_rps"}
SLOW = GOOD_KEY | {"slow_connections"}


def run(*arguments):
    return subprocess.run([sys.executable, BENCH / "bench.py", *arguments], text=True, timeout=300,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """Of some workloads, with the peer: a read of one record, a list, a flood, and slow clients."""
    subprocess.run(["make", "--silent", "--no-print-directory", "-C", ROOT, "bench-parts"], check=True)
    file = tmp_path_factory.mktemp("bench") / "bench.json"
    done = run("--only", "quote_by_id,products_list_100,unknown_flood,slow_readers", *SMALL,
               "--output", file)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith(f"All of it in {file}\n")
    return json.loads(file.read_text(encoding="utf-8"))


def assert_positive(values, of=""):
    for name, value in values.items():
        if isinstance(value, dict):
            assert_positive(value, f"{of}{name}.")
        else:
            assert value > 0, f"{of}{name} is {value}"


def test_a_run_has_its_parts(figures):
    assert set(figures) == {"conditions", "quote_by_id", "products_list_100", "unknown_flood",
                            "slow_readers", "memory", "goals"}
    assert {"version", "processor", "cores", "kernel", "postgresql", "node", "workers", "connections",
            "rounds", "seconds"} <= set(figures["conditions"])
    assert figures["conditions"]["postgresql"].startswith("postgres (PostgreSQL) ")
    assert re.match(r"v\d+", figures["conditions"]["node"])


@pytest.mark.parametrize("workload", ["quote_by_id", "products_list_100"])
def test_a_workload_has_all_its_figures(figures, workload):
    found = figures[workload]
    memory = MEMORY if os.getuid() == 0 else set()  # only root is told
    assert set(found) == RATES | TIMES | COSTS | memory
    assert set(found["cpu_us"]) == {"nginx", "workers", "postgres", "client"}
    assert_positive(found)
    assert found["p50_ms"] <= found["p99_ms"]
    # The bound of the parts is below each of them.
    assert found["bound_rps"] < min(found["hello_rps"], found["database_rps"])


def test_a_flood_has_what_it_does_to_a_good_key(figures):
    assert set(figures["unknown_flood"]) == FLOOD
    assert_positive(figures["unknown_flood"])


def test_slow_clients_have_what_they_do_to_a_good_key(figures):
    assert set(figures["slow_readers"]) == SLOW
    assert_positive(figures["slow_readers"])


def test_each_goal_says_what_was_measured_and_whether_it_was_met(figures):
    for goal in figures["goals"]:
        assert set(goal) == {"goal", "asked", "measured", "met"}
        assert (goal["measured"] is None) == (goal["met"] is None)
        assert goal["met"] in (True, False, None)
    measured = {goal["goal"] for goal in figures["goals"] if goal["measured"] is not None}
    assert {"quote by id: A/L", "quote by id: A / the peer",
            "flood of unknown keys: a good key's p99 in it / without it"} <= measured


def test_the_readme_names_every_figure_and_every_workload():
    named = set(re.findall(r"`([a-z0-9_]+)`", README))
    code = (BENCH / "bench.py").read_text(encoding="utf-8")
    lists = re.search(r"^LOADS = .*?\)$", code, re.M | re.S)[0] + re.search(r"^BULKS = .*\)$", code, re.M)[0]
    figures = {name.removesuffix("_at_70") for name in RATES | TIMES | COSTS | MEMORY | FLOOD | SLOW}
    slowness = {kind.replace(" ", "_") for kind in slow.KINDS}
    assert figures | slowness | set(re.findall(r'"(\w+)"', lists)) <= named


def test_a_workload_that_there_is_not_is_refused():
    done = run("--only", "quote_by_id,nothing")
    assert done.returncode == 2
    assert done.stdout.endswith("error: no such workload: nothing\n")
