"""The programs that were built, for what needs no stack."""

import os
import pathlib
import subprocess
from collections import namedtuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / ("sanitize" if os.environ.get("SANITIZE") else "")

Endpoint = namedtuple("Endpoint", "method path scope public counted body_limit parameters")


def build():
    """Builds what is not up to date: a test must not try yesterday's program."""
    subprocess.run(["make", "--silent", "--no-print-directory", "-C", ROOT, "build"], check=True,
                   stdout=subprocess.DEVNULL)


def endpoints():
    """The table of endpoints as kabaido-api prints it (app/endpoints.h); parameters as a dict, of
    whether each may be repeated."""
    build()
    printed = subprocess.run([BUILD / "kabaido-api", "--endpoints"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    rows = [line.split("\t") for line in printed.splitlines()]
    return [Endpoint(method, path, None if access in ("any-key", "public") else access,
                     access == "public", counted == "counted", int(limit),
                     {name.rstrip("*"): name.endswith("*")
                      for name in parameters.split(",") if name != "-"})
            for method, path, access, counted, limit, parameters in rows]
