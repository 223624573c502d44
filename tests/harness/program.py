"""The programs that were built, for what needs no stack."""

import functools
import os
import pathlib
import re
import subprocess
from collections import namedtuple

from .inspection import sanitizer_reports

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / ("sanitize" if os.environ.get("SANITIZE") else "")

Endpoint = namedtuple("Endpoint", "method path scope public counted body_limit parameters")
Command = namedtuple("Command", "words operands needs takes")


@functools.cache
def build():
    """Builds what is not up to date: a test must not try yesterday's program."""
    subprocess.run(["make", "--silent", "--no-print-directory", "-C", ROOT, "build"], check=True,
                   stdout=subprocess.DEVNULL)


def run(program, *arguments, environment=None, stdin="", **options):
    """Runs kabaido-api or kabaidoctl, or another build of it by its path, in a bare environment."""
    build()
    kept = {name: value for name, value in os.environ.items()
            if name == "PATH" or name.endswith("SAN_OPTIONS")}
    done = subprocess.run([BUILD / program, *arguments], env={**kept, **(environment or {})},
                          input=stdin, text=True, timeout=60,
                          **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})
    assert not sanitizer_reports(done.stderr or ""), done.stderr
    return done


def default(option):
    """The default of an option of the workers, as text."""
    printed = run("kabaido-api", "--options").stdout
    return re.search(rf"^{option}\t([^\t]*)\t", printed, re.M)[1]


def schema():
    """The newest change of the schema, which the programs need."""
    plan = (ROOT / "sql/sqitch.plan").read_text(encoding="utf-8")
    return re.findall(r"^([a-z]\w*) ", plan, re.M)[-1]


def endpoints():
    """The API's rows of the table of endpoints; public ones included."""
    return [one for one in _endpoints() if one.path.startswith("/api/")]


def settings_endpoints():
    """The rows of Settings, in whose place of the scope is who may call: sign-in, session or
    session:manages-keys."""
    return [one for one in _endpoints() if one.path.startswith("/settings/")]


def _endpoints():
    """The table of endpoints as kabaido-api prints it (app/endpoints.h); parameters as a dict, of
    whether each may be repeated."""
    printed = run("kabaido-api", "--endpoints")
    assert printed.returncode == 0, printed.stderr
    rows = [line.split("\t") for line in printed.stdout.splitlines()]
    return [Endpoint(method, path, None if access in ("any-key", "public") else access,
                     access == "public", counted == "counted", int(limit),
                     {name.rstrip("*"): name.endswith("*")
                      for name in parameters.split(",") if name != "-"})
            for method, path, access, counted, limit, parameters in rows]


def commands():
    """The table of commands as kabaidoctl's help has it; options as pairs of name and value."""
    printed = run("kabaidoctl", "--help").stdout
    rows = []
    for words, line in re.findall(r"kabaidoctl ([a-z]+(?: [a-z-]+)?)\b(.*) \[--json\]$", printed, re.M):
        operands = re.sub(r"\[?--.*", "", line).split()
        taken = re.findall(r"\[--([a-z-]+) ([A-Z]+)\]", line)
        needed = re.findall(r"(?<!\[)--([a-z-]+) ([A-Z]+)", line)
        rows.append(Command(tuple(words.split()), tuple(operands), tuple(needed), tuple(taken)))
    return rows
