"""kabaido-api's command line: what it lists, what it checks, and which configurations it refuses."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import uuid

import pytest

from harness import ROOT, program, wait_until

PROGRAM = "kabaido-api"

# What has no default.
SOUND = {"KABAIDO_CURSOR_SECRET": "0123456789abcdef0123456789abcdef"}


@pytest.fixture
def folder():
    """A folder that other users can enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="kabaido-test-") as path:
        os.chmod(path, 0o755)
        yield pathlib.Path(path)


# --- What it lists --------------------------------------------------------------------------


def test_help():
    done = program.run(PROGRAM, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for option in ("--env-file FILE", "--check ", "--check-configuration", "--options", "--endpoints",
                   "--version", "--help"):
        assert f"\n  {option}" in done.stdout


def test_version():
    done = program.run(PROGRAM, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"kabaido-api \S+\n", done.stdout)


@pytest.mark.parametrize("words", [["--colour"], ["-x"], ["serve"], ["--check", "now"], ["--env-file"],
                                   ["--version=2"]])
def test_wrong_usage(words):
    done = program.run(PROGRAM, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: kabaido-api [--env-file FILE]" in done.stderr


def test_options_are_documented_one_by_one():
    done = program.run(PROGRAM, "--options")
    assert (done.returncode, done.stderr) == (0, "")
    document = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert {"KABAIDO_SOCKET", "KABAIDO_WORKERS"} <= {name for name, _, _ in rows}
    for name, initial, purpose in rows:
        assert purpose
        assert f"| `{name}` | {f'`{initial}`' if initial else 'empty'} |" in document


def test_endpoints_have_their_policy_in_the_row():
    done = program.run(PROGRAM, "--endpoints")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {(method, path): policy for method, path, *policy in
            (line.split("\t") for line in done.stdout.splitlines())}
    assert rows["GET", "/api/v1/quotes/{id}"] == ["quotes:read", "counted", "0", "-"]
    assert rows["GET", "/api/v1/key"] == ["any-key", "uncounted", "0", "-"]


# --- Configuration --------------------------------------------------------------------------

REFUSED = [
    ("KABAIDO_WORKERS", "0", "KABAIDO_WORKERS is 0: it must be from 1 to 1024"),
    ("KABAIDO_WORKERS", "1025", "KABAIDO_WORKERS is 1025: it must be from 1 to 1024"),
    ("KABAIDO_WORKERS", "four", "KABAIDO_WORKERS is 'four': it must be a whole number"),
    ("KABAIDO_WORKERS", "", "KABAIDO_WORKERS is '': it must be a whole number"),
    ("KABAIDO_WORKERS", "-4", "KABAIDO_WORKERS is '-4': it must be a whole number"),
    ("KABAIDO_WORKERS", "4.0", "KABAIDO_WORKERS is '4.0': it must be a whole number"),
    ("KABAIDO_WORKERS", "99999999999999999999",
     "KABAIDO_WORKERS is 99999999999999999999: it must be from 1 to 1024"),
    ("KABAIDO_SOCKET", "", "KABAIDO_SOCKET is 0 bytes long: it must be from 1 to 107"),
    ("KABAIDO_SOCKET", "/" + "x" * 107, "KABAIDO_SOCKET is 108 bytes long: it must be from 1 to 107"),
    ("KABAIDO_SOCKET_MODE", "0888", "KABAIDO_SOCKET_MODE is '0888': it must be an octal number"),
    ("KABAIDO_SOCKET_MODE", "1777", "KABAIDO_SOCKET_MODE is 1777: it must be from 0 to 777"),
    ("KABAIDO_BACKLOG", "65536", "KABAIDO_BACKLOG is 65536: it must be from 1 to 65535"),
    ("KABAIDO_DRAIN_SECONDS", "0", "KABAIDO_DRAIN_SECONDS is 0: it must be from 1 to 3600"),
    ("KABAIDO_DATABASE_TIMEOUT_MS", "99",
     "KABAIDO_DATABASE_TIMEOUT_MS is 99: it must be from 100 to 600000"),
    ("KABAIDO_PREPARED_STATEMENTS", "yes",
     "KABAIDO_PREPARED_STATEMENTS is 'yes': it must be on or off"),
    ("KABAIDO_PREPARED_STATEMENTS", "", "KABAIDO_PREPARED_STATEMENTS is '': it must be on or off"),
    ("KABAIDO_CREDENTIAL_CACHE", "3",
     "KABAIDO_CREDENTIAL_CACHE is 3: it must be from 4 to 1048576"),
    ("KABAIDO_UNKNOWN_KEYS_PER_SECOND", "10001",
     "KABAIDO_UNKNOWN_KEYS_PER_SECOND is 10001: it must be from 0 to 10000"),
    ("KABAIDO_CURSOR_SECRET", "short",
     "KABAIDO_CURSOR_SECRET is 5 characters long: it must be from 32 to 1024"),
    ("KABAIDO_LOG_LEVEL", "loud",
     "KABAIDO_LOG_LEVEL is 'loud': it must be debug, info, warning or error"),
]


@pytest.mark.parametrize("name, value, sentence", REFUSED)
def test_a_bad_value_is_refused_by_name(name, value, sentence):
    for words in ([], ["--check-configuration"]):
        done = program.run(PROGRAM, *words, environment={**SOUND, name: value})
        assert (done.returncode, done.stdout) == (1, "")
        line, = done.stderr.splitlines()
        event = json.loads(line)
        assert (event["level"], event["message"]) == ("error", sentence)
        assert set(event) == {"time", "level", "pid", "message"}
    checked = program.run(PROGRAM, "--check", environment={**SOUND, name: value})
    assert (checked.returncode, checked.stdout, checked.stderr) \
        == (1, f"FAIL  configuration: {sentence}\n", "")


def test_every_option_has_a_value_that_is_refused():
    names = {line.split("\t")[0] for line in program.run(PROGRAM, "--options").stdout.splitlines()}
    unconfined = {"KABAIDO_SOCKET_GROUP"}  # whether it exists is for --check
    assert {name for name, _, _ in REFUSED} >= names - unconfined


def test_a_sound_configuration_says_nothing():
    done = program.run(PROGRAM, "--check-configuration",
                       environment={**SOUND, "KABAIDO_WORKERS": "1024"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_environment_file_is_read_over_the_environment(folder):
    file = folder / "env"
    file.write_text("# a comment\n; another\n\n  KABAIDO_WORKERS='0'\nOTHER=\"x y\"\r\n")
    done = program.run(PROGRAM, "--env-file", file, "--check-configuration",
                       environment={**SOUND, "KABAIDO_WORKERS": "4"})
    assert "KABAIDO_WORKERS is 0" in done.stderr
    file.write_text("KABAIDO_WORKERS=4\n")
    done = program.run(PROGRAM, f"--env-file={file}", "--check-configuration",
                       environment={**SOUND, "KABAIDO_WORKERS": "0"})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("content, fault", [
    (b"KABAIDO_WORKERS=4\nKABAIDO_WORKERS\n", "{}, line 2: a line must be NAME=VALUE"),
    (b"\n\n=4\n", "{}, line 3: a line must be NAME=VALUE"),
    (b"4KABAIDO=4", "{}, line 1: a line must be NAME=VALUE"),
    (b"export KABAIDO_WORKERS=4\n", "{}, line 1: a line must be NAME=VALUE"),
    (None, "cannot read {}: No such file or directory"),
])
def test_an_environment_file_that_cannot_be_read_is_refused_by_line(folder, content, fault):
    file = folder / "env"
    if content is not None:
        file.write_bytes(content)
    done = program.run(PROGRAM, "--env-file", file, "--check-configuration")
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads(done.stderr)["message"] == fault.format(file)


def test_the_example_file_is_sound_and_names_every_option():
    example = ROOT / "conf/kabaido.env.example"
    assert program.run(PROGRAM, "--env-file", example, "--check-configuration",
                       environment=SOUND).returncode == 0
    text = example.read_text(encoding="utf-8")
    for line in program.run(PROGRAM, "--options").stdout.splitlines():
        name, initial, _ = line.split("\t")
        assert f"\n#{name}={initial}\n" in text


# --- --check --------------------------------------------------------------------------------


@pytest.fixture
def check(stack, folder):
    """Runs --check with these settings; the result is the exit status and what failed, by item."""
    def run(user=None, **settings):
        done = program.run(stack.files / "bin" / PROGRAM, "--check", environment={
            "PGHOST": stack.env["PGHOST"], "PGPORT": stack.env["PGPORT"], "PGDATABASE": "kabaido",
            "PGUSER": "kabaido_worker", "KABAIDO_SOCKET": str(folder / "api.sock"), **SOUND, **settings},
            **({"user": user, "group": user, "extra_groups": []} if user else {}))
        assert done.stderr == ""
        found = [re.fullmatch("(ok  |FAIL)  ([a-z ]+): (.*)", line).groups()
                 for line in done.stdout.splitlines()]
        faults = [(item, text) for verdict, item, text in found if verdict == "FAIL"]
        assert (done.returncode, len(faults) > 0) in [(0, False), (1, True)]
        return faults
    return run


def test_what_the_stack_runs_on_is_well(check):
    assert check() == []


@pytest.mark.parametrize("settings, fault", [
    ({"PGDATABASE": "elsewhere"}, 'database "elsewhere" does not exist'),
    ({"PGUSER": "nobody_at_all"}, 'Peer authentication failed for user "nobody_at_all"'),
    ({"PGHOST": "/nonexistent"}, "/nonexistent/.s.PGSQL.5432"),
    ({"PGHOST": "127.0.0.1", "PGPORT": "1"}, "port 1 failed: Connection refused"),
    ({"PGTARGETSESSIONATTRS": "standby"}, "server is not in hot standby mode"),
])
def test_a_database_that_cannot_be_reached(check, settings, fault):
    (item, text), = check(**settings)
    assert item == "database"
    assert fault in text
    assert text.endswith("; see PGHOST, PGPORT, PGDATABASE and PGUSER")


@pytest.mark.parametrize("role, fault", [
    ("postgres", "is, or may become, a role that bypasses row security"),
    ("kabaido_admin", "is, or may become, a role that bypasses row security"),
    ("kabaido_owner", "is, or may become, a role that bypasses row security (kabaido_definer)"),
    ("kabaido_tool", "sees every organisation's rows of some tables (api_keys, audit, "),
])
def test_a_role_that_row_security_does_not_bind(check, role, fault):
    faults = dict(check(PGUSER=role))
    assert faults["role"].startswith(f"{role} {fault}")
    assert faults["role"].endswith("; set PGUSER to the workers' role, kabaido_worker")


def test_a_role_that_owns_a_table(stack, check):
    stack.sql("CREATE TABLE public.stray (); ALTER TABLE public.stray OWNER TO kabaido_worker",
              user="postgres")
    try:
        faults = check()
    finally:
        stack.sql("DROP TABLE public.stray", user="postgres")
    assert faults == [("role", "kabaido_worker owns tables (stray); set PGUSER to the workers' role, "
                               "kabaido_worker")]


def test_a_role_that_may_admit_nobody(stack, check):
    signature, = stack.sql("SELECT oid::regprocedure::text FROM pg_proc WHERE proname = 'admit'")[0]
    stack.sql(f"REVOKE EXECUTE ON FUNCTION {signature} FROM kabaido_worker")
    try:
        faults = check()
    finally:
        stack.sql(f"GRANT EXECUTE ON FUNCTION {signature} TO kabaido_worker")
    assert faults == [("role", "kabaido_worker may not admit a request; set PGUSER to the workers' "
                               "role, kabaido_worker")]


@pytest.mark.parametrize("name", ["statement_timeout", "lock_timeout",
                                  "idle_in_transaction_session_timeout"])
def test_a_timeout_that_is_not_set(check, name):
    assert check(PGOPTIONS=f"-c {name}=0") == [
        ("timeout", f"{name} is not set; ALTER ROLE kabaido_worker SET {name} = '10s'")]


def test_a_database_without_a_schema(check):
    faults = check(PGDATABASE="postgres")
    assert faults[0] == ("row security", "there are no tables; deploy the schema with sqitch, or set "
                                         "PGDATABASE to the database that has it")
    assert {item for item, _ in faults[1:]} == {"schema"}
    assert len(faults) > 3


@pytest.mark.parametrize("forget, remember", [("NO FORCE", "FORCE"), ("DISABLE", "ENABLE")])
@pytest.mark.parametrize("table", ["quotes", "credentials"])
def test_row_security_that_can_be_got_around(stack, check, table, forget, remember):
    stack.sql(f"ALTER TABLE {table} {forget} ROW LEVEL SECURITY")
    try:
        faults = check()
    finally:
        stack.sql(f"ALTER TABLE {table} {remember} ROW LEVEL SECURITY")
    assert faults == [("row security", f"it is not enabled and forced on {table}; ALTER TABLE ... "
                                       "ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")]


def test_a_schema_of_another_version(stack, check):
    stack.sql("ALTER TABLE quotes RENAME COLUMN number TO numero")
    try:
        faults = check()
    finally:
        stack.sql("ALTER TABLE quotes RENAME COLUMN numero TO number")
    broken = sorted(path.stem for path in (ROOT / "sql/queries").glob("quote*.sql")
                    if re.search(r"\bnumber\b", path.read_text(encoding="utf-8")))
    assert len(broken) >= 3
    assert faults == [("schema", f'statement {name}: column "number" does not exist; deploy the schema '
                                 "of this version with sqitch") for name in broken]


def test_a_socket_in_a_folder_that_is_not_there(check, folder):
    (item, text), = check(KABAIDO_SOCKET=str(folder / "none/api.sock"))
    assert item == "socket"
    assert text == (f"{folder}/none: No such file or directory; create it, or set KABAIDO_SOCKET to "
                    "a path in another directory")


def test_a_socket_in_what_is_no_folder(check, folder):
    (folder / "file").touch()
    (item, text), = check(KABAIDO_SOCKET=str(folder / "file/api.sock"))
    assert (item, text.split(";")[0]) == ("socket", f"{folder}/file is no directory")


def test_a_socket_in_a_folder_of_others(check, folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o555)
    faults = check(user="www-data" if os.getuid() == 0 else None, KABAIDO_SOCKET=str(closed / "api.sock"))
    assert faults == [("socket", f"{closed}: Permission denied; give it to the service's user, or set "
                                 "KABAIDO_SOCKET to another path")]


def test_a_path_that_is_taken_by_something_else(check, folder):
    (folder / "api.sock").touch()
    (item, text), = check()
    assert item == "socket"
    assert text.startswith(f"{folder}/api.sock is there and is no socket; move it away")


@pytest.mark.parametrize("mode", ["0666", "0777", "0002"])
def test_a_socket_that_everybody_may_open(check, mode):
    assert check(KABAIDO_SOCKET_MODE=mode) == [
        ("socket access", f"KABAIDO_SOCKET_MODE {mode} lets every user of this machine speak for any "
                          "client; use 0660 and KABAIDO_SOCKET_GROUP")]


def test_a_socket_for_a_group_that_is_not_there(check):
    assert check(KABAIDO_SOCKET_GROUP="nobody_at_all") == [
        ("socket access", "there is no group 'nobody_at_all'; set KABAIDO_SOCKET_GROUP to the web "
                          "server's")]


def test_a_schema_that_is_older(check, stack):
    newest = program.schema()
    stack.sql("UPDATE sqitch.changes SET change = 'another' WHERE change = %s", [newest],
              user="postgres")
    try:
        assert check() == [("schema", f"the change '{newest}' is not deployed; deploy the schema of "
                                      "this version with sqitch")]
    finally:
        stack.sql("UPDATE sqitch.changes SET change = %s WHERE change = 'another'", [newest],
                  user="postgres")


def test_everything_that_is_wrong_is_said_at_once(check, folder):
    faults = check(KABAIDO_SOCKET=str(folder / "none/api.sock"), KABAIDO_SOCKET_MODE="0666",
                   PGUSER="kabaido_tool", PGOPTIONS="-c lock_timeout=0")
    assert list(dict.fromkeys(item for item, _ in faults)) \
        == ["socket", "socket access", "role", "timeout", "schema"]


# --- The socket -----------------------------------------------------------------------------


@pytest.fixture
def start(stack, folder):
    """Starts a pool of one worker on a socket in the folder, as whoever runs the tests. The result is
    the process and the file of its log. descriptor: a socket to pass on as systemd does."""
    pools = []

    def run(descriptor=None, words=None, **settings):
        environment = {"PGHOST": stack.env["PGHOST"], "PGPORT": stack.env["PGPORT"],
                       "PGDATABASE": "kabaido", "PGUSER": "kabaido_worker", "KABAIDO_WORKERS": "1",
                       "KABAIDO_SOCKET": str(folder / "api.sock"), **SOUND, **settings}
        words = words or [stack.files / "bin" / PROGRAM]
        if descriptor is not None:
            script = f'exec 3<&{descriptor}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0"'
            words = ["/bin/bash", "-c", script, *words]  # sh knows descriptors of one digit
        log = stack.logs / f"{PROGRAM}-{uuid.uuid4()}.log"  # where it is inspected with the others
        with open(log, "w", encoding="utf-8") as out:
            pools.append(subprocess.Popen(words, env=environment, stderr=out,
                                          pass_fds=[] if descriptor is None else [descriptor]))
        return pools[-1], log

    yield run
    for pool in pools:
        pool.terminate()
        pool.wait()


def wait_until_serving(log):
    wait_until(lambda: "serving on" in log.read_text(), 30, "it does not serve")


def stop(pool):
    pool.terminate()
    assert pool.wait() == 0


def test_a_socket_is_made_for_those_it_is_meant_for(start, folder):
    for mode in (0o660, 0o600):
        pool, log = start(KABAIDO_SOCKET_MODE=f"{mode:04o}")
        wait_until_serving(log)
        assert (folder / "api.sock").stat().st_mode & 0o777 == mode
        stop(pool)
        assert not (folder / "api.sock").exists()


def test_a_socket_in_use_is_not_taken(start, folder):
    first, log = start()
    wait_until_serving(log)
    second, log = start()
    assert second.wait() == 1
    assert f"another program is serving on {folder}/api.sock" in log.read_text()
    assert first.poll() is None
    assert (folder / "api.sock").is_socket()


def test_a_socket_that_was_left_behind_is_taken(start, folder):
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(folder / "api.sock"))
    pool, log = start()
    wait_until_serving(log)
    stop(pool)


def test_what_is_no_socket_is_left_alone(start, folder):
    (folder / "api.sock").write_text("mine")
    pool, log = start()
    assert pool.wait() == 1
    assert f"{folder}/api.sock is there and is no socket" in log.read_text()
    assert (folder / "api.sock").read_text() == "mine"


def test_a_socket_of_systemd_is_used_and_left(start, folder):
    """Its path stays when the service stops: it is systemd's."""
    with socket.socket(socket.AF_UNIX) as passed:
        passed.bind(str(folder / "systemd.sock"))
        passed.listen()
        pool, log = start(passed.fileno(), KABAIDO_SOCKET=str(folder / "own.sock"))
        wait_until_serving(log)
        assert not (folder / "own.sock").exists()
        stop(pool)
    assert (folder / "systemd.sock").is_socket()


def test_what_systemd_passes_must_be_a_listening_unix_socket(start):
    with socket.socket(socket.AF_INET) as passed:
        passed.bind(("127.0.0.1", 0))
        passed.listen()
        pool, log = start(passed.fileno())
        assert pool.wait() == 1
    assert "descriptor 3 that was passed on is no listening unix socket" in log.read_text()


def test_a_program_that_was_found_in_path_reloads(stack, start):
    """The search path was the shell's, and may be another by now."""
    pool, log = start(words=["/bin/sh", "-c", f"PATH={stack.files}/bin exec {PROGRAM}"])
    wait_until_serving(log)
    pool.send_signal(signal.SIGHUP)
    wait_until(lambda: log.read_text().count("serving on") == 2, 30, "it does not reload")
    stop(pool)
