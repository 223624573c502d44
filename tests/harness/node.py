"""What the tests need of npm, of the versions in tests/client-ts/package-lock.json, and a folder in which
TypeScript programs are checked and run with the client that is generated from the document."""

import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import document
from .program import ROOT

FOLDER = ROOT / "tests/client-ts"
BUILD = FOLDER / "build"

# The linter would tell its makers about its use, and look for a later version of itself.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


@functools.cache
def install():
    subprocess.run(["make", "--silent", "--no-print-directory", "-C", ROOT, "node-modules"], check=True)


def tool(name, *arguments):
    """Runs a program of a package. Returns the finished process, with what it printed as text."""
    install()
    return subprocess.run([FOLDER / "node_modules/.bin" / name, *arguments], cwd=FOLDER, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
                          env={**os.environ, **QUIET})


@functools.cache
def types():
    """The document's types, as openapi-typescript makes them."""
    document.document()  # builds it
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "kabaido.d.ts"
        done = tool("openapi-typescript", document.FILE, "--output", file)
        assert done.returncode == 0, done.stdout
        return file.read_text(encoding="utf-8")


def compile_programs(programs):
    """Checks programs, names to TypeScript, as strictly as tsc can, with the types of the document
    beside them. Fails with what tsc says."""
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir()
    (BUILD / "kabaido.d.ts").write_text(types(), encoding="utf-8")
    for name, text in programs.items():
        (BUILD / f"{name}.ts").write_text(text, encoding="utf-8")
    done = tool("tsc", "--project", FOLDER)
    assert done.returncode == 0, done.stdout


def run_program(name, stack, **environment):
    """Runs a program that was compiled. Returns the finished process, with what it printed as text."""
    return subprocess.run(["node", BUILD / "out" / f"{name}.js"], text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": stack.cacert,
                               **stack.env, **environment})
