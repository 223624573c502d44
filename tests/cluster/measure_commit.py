"""What an admission costs that waits for a standby: quotes by id from one API host of a cluster, by each way
to commit the count, in rounds of turns. A figure, not a promise.

usage: measure_commit.py [ROUNDS [SECONDS]]     as root, with wrk (scripts/packages bench)
"""

import pathlib
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import Cluster

WAYS = ("off", "remote_write", "on")
KEYS = 8  # as many as clients: one key's requests are one after the other

SCRIPT = """
local keys, turn = { %s }, 0
request = function()
    turn = turn %% #keys + 1
    wrk.headers['Authorization'] = 'Bearer ' .. keys[turn]
    return wrk.format('GET')
end
"""


def commit_by(cluster, way):
    """From the workers' next connections on, which they make at once."""
    cluster.sql(f"ALTER DATABASE kabaido SET kabaido.admission_commit = '{way}'", user="postgres")
    cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kabaido_worker'",
                user="postgres")
    time.sleep(1.5)


def measure(cluster, script, seconds):
    """Requests a second, and the median and the 99th percentile as wrk prints them."""
    told = subprocess.run(["wrk", "-t1", "-c8", f"-d{seconds}s", "--latency", "-s", script,
                           f"{cluster.url}/api/v1/quotes/{cluster.quote_id}"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    assert "Non-2xx" not in told, told
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1]),
            *(re.search(rf"{share}%\s+(\S+)", told)[1] for share in (50, 99)))


def main(rounds=3, seconds=5):
    with Cluster(KABAIDO_WORKERS=4) as cluster:
        cluster.wait_until_whole()
        keys = ", ".join(f"'{cluster.new_key(limit=1000000)}'" for _ in range(KEYS))
        script = cluster.folder / "wrk.lua"
        script.write_text(SCRIPT % keys)
        rates = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                commit_by(cluster, way)
                rate, median, slow = measure(cluster, script, seconds)
                rates[way].append(rate)
                print(f"{way:<14}{rate:>9.0f} requests/s   p50 {median}   p99 {slow}", flush=True)
        for way in WAYS:
            print(f"{way:<14}{statistics.median(rates[way]):>9.0f} requests/s, "
                  f"{statistics.median(rates[way]) / statistics.median(rates['off']):.2f} of off")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
