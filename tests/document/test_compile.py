"""The program that makes JSON of the document's source."""

import json
import subprocess

import pytest

from harness import document
from harness.program import BUILD


def compile_text(folder, text):
    document.document()
    (folder / "source.yaml").write_text(text, encoding="utf-8")
    return subprocess.run([BUILD / "compile-openapi", folder / "source.yaml"], text=True,
                          capture_output=True, timeout=60)


@pytest.mark.parametrize("text, value", [
    ("[0, -2, 10, 2.50, true, false, null]", [0, -2, 10, 2.5, True, False, None]),
    ("[01, .5, 1., +1, 1e3, 0x10, 1_000, yes, no, ~, True]",
     ["01", ".5", "1.", "+1", "1e3", "0x10", "1_000", "yes", "no", "~", "True"]),
    ("['1', \"null\", 'true']", ["1", "null", "true"]),
    ("{a: &x {b: [1]}, c: *x}", {"a": {"b": [1]}, "c": {"b": [1]}}),
    ("a: >-\n  one\n  two\nb: |\n  one\n  two\n", {"a": "one two", "b": "one\ntwo\n"}),
    ("'200': {}\n", {"200": {}}),
    ('["\\t\\u0001\\"\\\\ é ✓"]', ['\t\x01"\\ é ✓']),
])
def test_what_it_takes(tmp_path, text, value):
    done = compile_text(tmp_path, text)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == value


def test_texts_of_files(tmp_path):
    (tmp_path / "one.md").write_text("# One\n")
    (tmp_path / "two.md").write_text('"Two"\n')
    done = compile_text(tmp_path, "a: !text one.md\nb: !text [one.md, two.md]\n")
    assert json.loads(done.stdout) == {"a": "# One\n", "b": '# One\n\n"Two"\n'}


@pytest.mark.parametrize("text, fault", [
    ("a: [1", "did not find expected"), ("a: 1\n\na: 2\n", "3: a key that was there before: a"),
    ("", "1: an empty document"), ("a: !text nothing\n", "1: a file that cannot be read: "),
    ("a: !text source.yaml\nb: &x [*x]\n", "2: too deep"), ("a: *x\n", "1: found undefined alias"),
    ("[a, b]: 1\n", "1: a key that is no text"),
])
def test_what_it_refuses(tmp_path, text, fault):
    done = compile_text(tmp_path, text)
    assert done.returncode == 1
    assert fault in done.stderr
