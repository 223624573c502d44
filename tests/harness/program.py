"""The programs that were built, for what needs no stack."""

import os
import pathlib
import subprocess
from collections import namedtuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / ("sanitize" if os.environ.get("SANITIZE") else "")

Endpoint = namedtuple("Endpoint", "method path scope counted body_limit")


def build():
    """Builds what is not up to date: a test must not try yesterday's program."""
    subprocess.run(["make", "--silent", "--no-print-directory", "-C", ROOT, "build"], check=True,
                   stdout=subprocess.DEVNULL)


def endpoints():
    """The table of endpoints as kabaido-api prints it."""
    build()
    printed = subprocess.run([BUILD / "kabaido-api", "--endpoints"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    rows = [line.split("\t") for line in printed.splitlines()]
    return [Endpoint(method, path, None if scope == "-" else scope, counted == "counted", int(limit))
            for method, path, scope, counted, limit in rows]
