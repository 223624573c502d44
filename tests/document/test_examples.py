"""Every program that the reference shows is run, as it stands there, against a stack.

The blocks of one language in one guide are one program, in their order; so is each sample of an
operation. `console`, `json` and `http` blocks are there to be read."""

import os
import re
import subprocess

import pytest

from harness import document, node

RUN = {"bash": "bash", "python": "python", "typescript": "typescript"}
READ = {"console", "json", "http"}
LANGUAGES = {"curl": "bash", "Python": "python", "TypeScript": "typescript"}


def blocks():
    """The fenced blocks of the description: (guide, language, text)."""
    guide = "Introduction"
    for heading, language, text in re.findall(
            r"^# ([^\n]+)$|^```(\w*)\n(.*?)^```$", document.document()["info"]["description"], re.M | re.S):
        if heading and not language:
            guide = heading
        else:
            yield guide, language, text


def programs():
    """Name to (language, text)."""
    found = {}
    for guide, language, text in blocks():
        if language in RUN:
            name = f"{guide.replace(' ', '-')}-{language}"
            found[name] = language, found.get(name, (language, ""))[1] + text
    for _, _, operation in document.operations():
        for sample in operation["x-codeSamples"]:
            language = LANGUAGES[sample["label"]]
            found[f"{operation['operationId']}-{language}"] = language, sample["source"]
    return found


PROGRAMS = programs()


def of_language(language):
    return pytest.mark.parametrize("name", [name for name, (one, _) in PROGRAMS.items()
                                            if one == language])


@pytest.fixture(scope="module")
def surroundings(stack):
    """The variables that the programs read."""
    def newest(column, table):
        return str(stack.sql(
            f"SELECT {column} FROM {table} JOIN organisations o USING (org_id) "
            f"WHERE o.name = 'Northfield Tooling' ORDER BY {table}.created_at DESC LIMIT 1")[0][0])

    return {
        "KABAIDO_URL": stack.url, "KABAIDO_KEY": stack.new_key(
            ",".join(document.document()["components"]["schemas"]["Scope"]["enum"]), limit=100000),
        "QUOTE_ID": stack.quote_id, "ORDER_ID": newest("order_id", "orders"),
        "CUSTOMER_ID": newest("customer_id", "customers"), "REQUEST_ID": newest("request_id", "requests"),
    }


def run(command, stack, surroundings, folder, **options):
    """Runs a program of a client's, who has the stack's authority among those it trusts."""
    return subprocess.run(command, cwd=folder, text=True, timeout=60, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          env={"PATH": os.environ["PATH"], "NO_PROXY": "localhost",
                               "CURL_CA_BUNDLE": stack.cacert, "REQUESTS_CA_BUNDLE": stack.cacert,
                               "NODE_EXTRA_CA_CERTS": stack.cacert, **surroundings}, **options)


def test_every_block_says_what_it_is():
    assert {language for _, language, _ in blocks()} == set(RUN) | READ


@of_language("bash")
def test_curl(stack, surroundings, tmp_path, name):
    """curl exits 0 whatever the status is: --fail-with-body makes it tell."""
    (tmp_path / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
    (tmp_path / "program").write_text("set -eu -o pipefail\n" + PROGRAMS[name][1])
    done = run(["bash", "program"], stack, {**surroundings, "HOME": str(tmp_path)}, tmp_path)
    assert done.returncode == 0, done.stdout
    assert '"code"' not in done.stdout


@of_language("python")
def test_python(stack, surroundings, tmp_path, name):
    (tmp_path / "program.py").write_text(PROGRAMS[name][1], encoding="utf-8")
    done = run(["/usr/bin/python3", "-W", "error", "program.py"], stack, surroundings, tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def compiled():
    node.compile_programs({name: text + "\nexport {};\n"
                           for name, (language, text) in PROGRAMS.items() if language == "typescript"})
    return node.BUILD / "out"


@of_language("typescript")
def test_typescript(stack, surroundings, compiled, tmp_path, name):
    done = run(["node", compiled / f"{name}.js"], stack, surroundings, tmp_path)
    assert done.returncode == 0, done.stdout
