"""What `make install` puts where, that `make uninstall` takes all of it, and the manual pages."""

import os
import re
import subprocess

import pytest

from harness import ROOT, program

PAGES = sorted((ROOT / "docs/man").glob("*.8"))


def make(target, folder, **variables):
    """With a umask that lets nobody else in: what is installed must be readable all the same."""
    words = [f"{name}={value}" for name, value in variables.items()]
    done = subprocess.run(["make", "--no-print-directory", "-C", ROOT, target, f"DESTDIR={folder}",
                           *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          preexec_fn=lambda: os.umask(0o077), timeout=300)
    assert done.returncode == 0, done.stdout


def files(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir()}


@pytest.fixture(params=["/usr", "/opt/kabaido"])
def installed(request, tmp_path):
    program.build()
    make("install", tmp_path, PREFIX=request.param)
    yield tmp_path, request.param
    make("uninstall", tmp_path, PREFIX=request.param)
    assert files(tmp_path) == set()


def test_it_is_whole_and_readable_and_names_the_places_where_it_is(installed):
    folder, prefix = installed
    root = folder / prefix[1:]
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o7777 == (0o755 if path.is_dir() or "sbin" in path.parts
                                                else 0o644), path
    for name in ("kabaido-api", "kabaidoctl"):
        done = subprocess.run([root / "sbin" / name, "--version"], stdout=subprocess.PIPE, check=True)
        assert done.stdout.startswith(name.encode())
    sql = root / "share/kabaido/sql"
    for change in re.findall(r"^([a-z]\w*) ", (sql / "sqitch.plan").read_text(), re.M):
        for kind in ("deploy", "revert", "verify"):
            assert (sql / kind / f"{change}.sql").is_file()
    unit = (root / "lib/systemd/system/kabaido-api.service").read_text()
    assert f"\nExecStart={prefix}/sbin/kabaido-api " in unit
    nginx = (root / "share/doc/kabaido-api/examples/nginx.conf").read_text()
    for alias in re.findall(r"^\s+alias (.*);", nginx, re.M):
        assert alias.startswith(f"{prefix}/share/kabaido/")
        assert (folder / alias[1:]).exists()


def test_installing_twice_is_installing_once(installed):
    folder, prefix = installed
    before = files(folder)
    make("install", folder, PREFIX=prefix)
    assert files(folder) == before


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_manual_pages_are_well_formed(page):
    said = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(page)], text=True,
                          stdout=subprocess.PIPE).stdout
    assert said == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_manual_pages_have_all_that_help_has(page):
    source = re.sub(r"\\?-", "-", page.read_text()).replace("Fl -", "--")
    for option in set(re.findall(r"--[a-z-]+", program.run(page.stem, "--help").stdout)):
        assert re.search(rf"{option}\b(?!-)", source), option


def test_the_workers_page_has_all_options():
    source = (ROOT / "docs/man/kabaido-api.8").read_text()
    for line in program.run("kabaido-api", "--options").stdout.splitlines():
        assert line.split("\t")[0] in source


def test_the_tools_page_has_all_commands():
    source = (ROOT / "docs/man/kabaidoctl.8").read_text()
    for command in re.findall(r"^(?:usage:)? +kabaidoctl ([a-z]+ [a-z-]+)", program.run(
            "kabaidoctl", "--help").stdout, re.M):
        noun, verb = command.split()
        assert re.search(rf"^\.(Cm|It Cm).* {noun}( | .* ){verb}\b|^\.Cm {noun} .*\b{verb}\b", source,
                         re.M), command
