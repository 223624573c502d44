"""Clients that take their time, by slowhttptest: each sends or reads a few bytes every three seconds."""

import contextlib
import os
import pathlib
import subprocess

from .wait import wait_until

# Their options, and what they ask for.
KINDS = {
    "slow headers": (["-H", "-i", "3", "-t", "GET"], "/api/v1/openapi.json"),
    "slow bodies": (["-B", "-i", "3", "-s", "100000", "-f", "application/json"], "/api/v1/products/bulk"),
    "slow readers": (["-X", "-w", "8", "-y", "16", "-n", "3", "-z", "8", "-k", "3"],
                     "/api/v1/openapi.json"),
}


@contextlib.contextmanager
def clients(stack, kind, count, seconds=15, to_their_end=False):
    """So many of a kind, more than half of which are connected; for so many seconds at most. They are
    ended with the block, or waited for."""
    options, path = KINDS[kind]
    with subprocess.Popen(["slowhttptest", *options, "-c", str(count), "-r", str(count),
                           "-l", str(seconds), "-p", "60", "-u", stack.url + path],
                          stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT) as process:
        try:
            wait_until(lambda: open_connections(process.pid) > count / 2, 60, "nobody is slow")
            yield process
        except BaseException:
            process.terminate()
            raise
        if not to_their_end:
            process.terminate()


def open_connections(pid):
    """Of this process, by the kernel's account."""
    try:
        links = [os.readlink(one) for one in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    except FileNotFoundError:
        return 0
    return sum(link.startswith("socket:") for link in links)
