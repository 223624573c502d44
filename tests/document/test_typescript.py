"""The document as others read it: a linter, a client that is generated from it and used, a renderer."""

import re
import subprocess

import pytest

from harness import ROOT, document, node


def test_the_linter_finds_nothing():
    document.document()
    done = node.tool("redocly", "lint", document.FILE, "--config", "redocly.yaml")
    assert done.returncode == 0, done.stdout
    assert "Your API description is valid" in done.stdout
    assert "warning" not in done.stdout


def test_the_linter_finds_a_fault(tmp_path):
    """Or the test above would be worth nothing."""
    document.document()
    text = document.FILE.read_text(encoding="utf-8").replace("getKey", "getQuote")
    (tmp_path / "openapi.json").write_text(text, encoding="utf-8")
    done = node.tool("redocly", "lint", tmp_path / "openapi.json", "--config", "redocly.yaml")
    assert done.returncode == 1
    assert "operation-operationId-unique" in done.stdout


def test_a_generated_client_walks_the_whole_api(stack):
    node.compile_programs({"walk": (node.FOLDER / "walk.ts").read_text(encoding="utf-8")})
    done = node.run_program("walk", stack, KABAIDO_KEY=stack.new_key(
        ",".join(document.document()["components"]["schemas"]["Scope"]["enum"])))
    assert done.returncode == 0, done.stdout
    assert set(done.stdout.splitlines()) \
        == {f"{method} {path}" for method, path, _ in document.operations()}


WRONG = [
    'await kabaido.GET("/quote");',
    'await kabaido.GET("/quotes", { params: { query: { status: ["opened"] } } });',
    'await kabaido.GET("/quotes", { params: { query: { colour: "red" } } });',
    'await kabaido.POST("/requests", { body: { title: "no text" } });',
    'const { data } = await kabaido.GET("/key"); data.name;',
]


def test_the_client_does_not_compile_where_it_is_wrong():
    start = ('import createClient from "openapi-fetch";\nimport type { paths } from "./kabaido";\n'
             'const kabaido = createClient<paths>({ baseUrl: "" });\n')
    with pytest.raises(AssertionError) as failure:
        node.compile_programs({f"wrong{place}": f"{start}{wrong}\nexport {{}};\n"
                               for place, wrong in enumerate(WRONG)})
    found = re.findall(r"build/wrong(\d+)\.ts\(4,\d+\): error TS\d+", str(failure.value))
    assert [int(place) for place in dict.fromkeys(found)] == list(range(len(WRONG)))


def test_the_lock_file_names_no_registry():
    lock = (node.FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_the_renderer_is_the_one_that_npm_has():
    """What is committed in app/reference is what scripts/fetch-redoc makes of the package."""
    done = subprocess.run([ROOT / "scripts/fetch-redoc", "--check"], text=True, timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
