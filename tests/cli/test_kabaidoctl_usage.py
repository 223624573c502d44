"""kabaidoctl's command line by itself: help, what it refuses before it asks the database, and how."""

import json

import pytest

from harness import commands, keys, program

COMMANDS = commands()
every_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda one: " ".join(one.words))

# A value for each operand and option that its command accepts.
VALUES = {"NAME": "x", "ORG": "x", "PLAN": "team", "CODE": "EUR", "LIST": "quotes:read",
          "PREFIX": "kbd_live_00000000", "TIME": "1d", "N": "1", "EMAIL": "ada@works.example",
          "ROLE": "owner", "WHO": "kabaidoctl", "WHAT": "key", "WHEN": "1d"}


def ctl(*arguments, **options):
    return program.run("kabaidoctl", *arguments, **options)


def whole(command):
    """The words of a command with all that it needs, each operand and option as a list of words."""
    return [[VALUES[operand]] for operand in command.operands] \
        + [[f"--{name}", VALUES[value]] for name, value in command.needs]


def flat(parts):
    return [word for part in parts for word in part]


def misused(done, sentence, usage=None):
    """Checks a refusal for people: one sentence, and the command's usage where there is one."""
    assert (done.returncode, done.stdout) == (2, "")
    first, *rest = done.stderr.splitlines()
    assert first == f"kabaidoctl: {sentence}"
    assert [line[:len(usage or "")] for line in rest] == ([usage] if usage else [])


# --- Help -----------------------------------------------------------------------------------


def test_the_commands_of_the_contract_are_there():
    assert {one.words for one in COMMANDS} >= {
        ("org", "create"), ("org", "list"), ("org", "set-plan"), ("key", "create"), ("key", "list"),
        ("key", "revoke"), ("key", "rotate"), ("key", "check"), ("user", "create"), ("user", "list"),
        ("user", "set-password"), ("user", "disable"), ("user", "enable"), ("audit",)}


@pytest.mark.parametrize("words", [["--help"], ["help"]])
def test_help_lists_every_command_and_explains_every_option(words):
    done = ctl(*words)
    assert (done.returncode, done.stderr) == (0, "")
    for command in COMMANDS:
        assert f"kabaidoctl {' '.join(command.words)} " in done.stdout
        for name, value in command.needs + command.takes:
            assert f"\n  --{name} {value} " in done.stdout
    assert "Exit status: 0 done, 1 refused or not found, 2 wrong usage." in done.stdout


@pytest.mark.parametrize("noun", sorted({one.words[0] for one in COMMANDS}))
def test_help_on_a_noun_lists_its_commands_only(noun):
    done = ctl(noun, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for command in COMMANDS:
        assert (f"kabaidoctl {' '.join(command.words)} " in done.stdout) == (command.words[0] == noun)


@every_command
def test_help_on_a_command_asks_for_nothing_else(command):
    done = ctl(*command.words, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    synopsis = done.stdout.splitlines()[0]
    assert synopsis.startswith(" ".join(["usage: kabaidoctl", *command.words, *command.operands]))
    assert synopsis.endswith(" [--json]")
    for name, value in command.needs:
        assert f" --{name} {value}" in synopsis
    for name, value in command.takes:
        assert f" [--{name} {value}]" in synopsis
    explained = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  --")]
    assert explained == [f"--{name}" for name, _ in command.needs + command.takes] \
        + ["--json", "--help"]


def test_version():
    done = ctl("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("kabaidoctl ")
    assert len(done.stdout.split()) == 2


def test_without_arguments_it_says_what_there_is():
    done = ctl()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ctl("--help").stdout


# --- Refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize("words, named", [
    (["key"], "key"), (["key", "eat"], "key eat"), (["keys", "list"], "keys list"),
    (["key", "list2"], "key list2"), (["", ""], " "), (["KEY", "LIST"], "KEY LIST"),
    (["org", "--json"], "org"), (["version", "--json"], "version"),
])
def test_what_is_no_command(words, named):
    sentence = f"there is no command '{named}': see kabaidoctl --help"
    done = ctl(*words)
    if "--json" in words:
        assert (done.returncode, json.loads(done.stderr)) == (2, {"error": sentence})
    else:
        misused(done, sentence)


@every_command
def test_each_operand_and_option_that_is_needed_is_asked_for(command):
    called = " ".join(command.words)
    names = [*command.operands, *(f"--{name}" for name, _ in command.needs)]
    parts = whole(command)
    for i, name in enumerate(names):
        rest = flat(parts[:i] + parts[i + 1:])
        if name in command.operands:  # those behind it move up
            name = command.operands[-1]
        misused(ctl(*command.words, *rest), f"{called} needs {name}", f"usage: kabaidoctl {called}")


@every_command
@pytest.mark.parametrize("words, sentence", [
    (["--colour"], "{} takes no option --colour"),
    (["--colour=red"], "{} takes no option --colour"),
    (["-x"], "{} takes no option -x"),
    (["--js"], "{} takes no option --js"),
    (["--json", "--json"], "--json is there twice"),
    (["more"], "{} takes no further argument"),
])
def test_arguments_that_no_command_takes(command, words, sentence):
    called = " ".join(command.words)
    done = ctl(*command.words, *flat(whole(command)), *words)
    assert (done.returncode, done.stdout) == (2, "")
    expected = sentence.format(called)
    if "--json" in words:
        assert json.loads(done.stderr) == {"error": expected}
    else:
        misused(done, expected, f"usage: kabaidoctl {called}")


@every_command
def test_an_option_of_another_command_is_none_of_this_one(command):
    own = dict(command.needs + command.takes)
    for other in COMMANDS:
        for name, value in other.needs + other.takes:
            if name not in own:
                done = ctl(*command.words, *flat(whole(command)), f"--{name}", VALUES[value])
                misused(done, f"{' '.join(command.words)} takes no option --{name}",
                        f"usage: kabaidoctl {' '.join(command.words)}")


@every_command
def test_an_option_may_be_there_once_and_needs_its_value(command):
    for name, value in command.needs + command.takes:
        called = f"usage: kabaidoctl {' '.join(command.words)}"
        given = flat(whole(command))
        if (name, value) not in command.needs:
            given += [f"--{name}", VALUES[value]]
        misused(ctl(*command.words, *given, f"--{name}={VALUES[value]}"),
                f"--{name} is there twice", called)
        misused(ctl(*command.words, f"--{name}"), f"--{name} needs a value", called)


@every_command
def test_a_mistake_is_a_document_where_documents_are_expected(command):
    done = ctl(*command.words, "--json", "--colour")
    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr) == {"error": f"{' '.join(command.words)} takes no option --colour"}


def test_an_argument_that_is_not_utf8():
    done = ctl("org", "create", b"caf\xe9", "--plan", "team")
    misused(done, "an argument is not UTF-8", "usage: kabaidoctl org create")


@pytest.mark.parametrize("place", [lambda key: ["key", "revoke", key],
                                   lambda key: ["key", "check", key],
                                   lambda key: [key],
                                   lambda key: ["org", "create", f"x{key}", "--plan", "team"],
                                   lambda key: ["key", "list", f"--org={key}"],
                                   lambda key: ["key", "revoke", f"kbd_live_{key}"],
                                   lambda key: ["key", "revoke", key[:-7]]])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_whole_key_among_the_arguments_is_refused_and_not_repeated(place, form):
    key = keys.make("00000000", "S" * 32)
    done = ctl(*place(key), *form)
    assert (done.returncode, done.stdout) == (2, "")
    assert "an argument holds more of a key than its prefix" in done.stderr
    assert keys.secret(key) not in done.stderr


# --- No database ----------------------------------------------------------------------------


@every_command
@pytest.mark.parametrize("environment", [
    {"PGHOST": "/nonexistent"},
    {"PGHOST": "127.0.0.1", "PGPORT": "1"},
    {"PGHOST": "name.invalid"},
], ids=["socket", "port", "host"])
def test_without_a_database_it_says_so_in_one_sentence(command, environment):
    words = [*command.words, *flat(whole(command))]
    for_people = ctl(*words, environment=environment)
    assert (for_people.returncode, for_people.stdout) == (1, "")
    assert len(for_people.stderr.splitlines()) == 1
    assert for_people.stderr.startswith("kabaidoctl: the database cannot be reached: ")
    assert environment["PGHOST"] in for_people.stderr
    for_programs = ctl(*words, "--json", environment=environment)
    assert (for_programs.returncode, for_programs.stdout) == (1, "")
    assert json.loads(for_programs.stderr)["error"].startswith("the database cannot be reached: ")
