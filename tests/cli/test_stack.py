"""scripts/stack, which `make demo`, `make up` and `make down` are: what it promises to people."""

import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile

import pytest

from harness import ROOT, Stack, refused, wait_until

SERVICES = ("postgres", "api", "nginx")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
IS_ROOT = os.getuid() == 0


def failed(done, sentence):
    """Checks that scripts/stack gave up with this as its last word."""
    assert done.returncode == 1
    assert done.stdout.endswith(f"\nkabaido: {sentence}\n") or done.stdout == f"kabaido: {sentence}\n"


def pids(stack):
    return {service: stack.pid(service) for service in SERVICES}


def is_alive(pid):
    """Also a zombie counts as gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def user_of(pid):
    return int(re.search(r"^Uid:\t(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def whole_stack(stack):
    """Every process of a stack: the services and their children."""
    return [pid for service in SERVICES for pid in (stack.pid(service), *stack.children(service))]


@pytest.fixture
def unused():
    """A stack that nobody has brought up."""
    stack = Stack()
    yield stack
    stack.down()
    stack.remove()


# --- demo.env and the curl ------------------------------------------------------------------

VARIABLES = {"KABAIDO_URL", "KABAIDO_CACERT", "KABAIDO_KEY", "KABAIDO_KEY_QUOTES",
             "KABAIDO_KEY_OTHER", "KABAIDO_QUOTE_ID", "KABAIDOCTL", "PGHOST", "PGPORT", "PGUSER",
             "PGDATABASE"}


def test_demo_env_has_every_variable_and_can_be_sourced(stack):
    done = subprocess.run(["/bin/sh", "-euc", '. "$0"; exec env', stack.run_dir / "demo.env"],
                          env={}, check=True, text=True, stdout=subprocess.PIPE)
    sourced = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert VARIABLES <= set(sourced)
    assert {name: sourced[name] for name in stack.env} == stack.env
    assert all(sourced[name] for name in VARIABLES)


def test_demo_env_is_for_its_owner_only(stack):
    assert stat.S_IMODE((stack.run_dir / "demo.env").stat().st_mode) == 0o600


def test_demo_env_says_what_is_so(stack):
    assert stack.get("/api/v1/key", stack.key).json()["scopes"] == [
        "products:read", "products:write", "quotes:read", "quotes:write", "orders:read",
        "customers:read", "customers:write", "requests:read", "requests:write"]
    assert stack.get("/api/v1/key", stack.key_quotes).json()["scopes"] == ["quotes:read"]
    other = stack.get("/api/v1/key", stack.key_other).json()
    own = stack.get("/api/v1/key", stack.key).json()
    assert other["scopes"] == own["scopes"]
    assert other["organisation"]["id"] != own["organisation"]["id"]
    assert stack.quote_id == "7f0c0000-0000-0000-0000-000000000000"
    psql = subprocess.run(["psql", "-XAtc", "UPDATE quotes SET number = number "
                                            "WHERE quote_id = '7f0c0000-0000-0000-0000-000000000000' "
                                            "RETURNING number"],
                          env={"PATH": PATH, **stack.env}, text=True, stdout=subprocess.PIPE)
    assert psql.stdout.splitlines()[0] == "Q-1024"


def paste(printed):
    """Runs the curl that was printed, as a person would paste it. Returns what it prints."""
    curl, = re.findall(r"^curl .*?(?=\n\n)", printed, re.M | re.S)
    return subprocess.run(["/bin/sh", "-c", curl], env={"PATH": PATH}, text=True,
                          capture_output=True).stdout


def test_up_again_says_so_and_changes_nothing(stack):
    before = pids(stack), stack.read_env()
    printed = stack.up()
    assert printed.splitlines()[0] == "running    already"
    assert (pids(stack), stack.read_env()) == before
    assert '"number":"Q-1024"' in paste(printed)


def test_up_on_another_port_is_refused_while_it_runs(stack):
    before = pids(stack)
    done = stack.script("up", check=False,
                        env={**os.environ, **stack.environment(), "KABAIDO_HTTPS_PORT": "8999"})
    failed(done, f"it is running already, at {stack.url}: stop that first to have it on port 8999")
    assert pids(stack) == before


# --- What cannot be -------------------------------------------------------------------------


@pytest.mark.parametrize("family, address", [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, ""),
                                             (socket.AF_INET6, "::1")])
def test_a_port_in_use_is_left_to_who_has_it(unused, family, address):
    with socket.socket(family) as other:
        try:
            other.bind((address, unused.port))
        except OSError:
            pytest.skip("there is no such address on this machine")
        other.listen()
        done = unused.script("up", check=False)
        failed(done, f"port {unused.port} is in use by another program: stop that, or choose another "
                     f"port, for example KABAIDO_HTTPS_PORT={unused.port % 60000 + 1000}")
        assert "not running" in unused.script("status", check=False).stdout
        assert not (unused.run_dir / "demo.env").exists()
        socket.create_connection((address or "127.0.0.1", unused.port)).close()


@pytest.mark.parametrize("port", ["0", "65536", "99999999999999999999", "https", "-1", "8443 ", "0x20"])
def test_a_port_that_is_none_is_refused(unused, port):
    unused.port = port
    failed(unused.script("up", check=False),
           f"KABAIDO_HTTPS_PORT is '{port}': it must be a number from 1 to 65535")


@pytest.mark.parametrize("words", [[], ["upp"], ["--help"]])
def test_wrong_usage(unused, words):
    done = unused.script(*words, check=False)
    assert done.returncode == 2
    assert done.stdout.startswith("usage: stack up | down | run | status | ")


def test_a_service_that_is_none(stack):
    failed(stack.script("stop", "apache", check=False),
           "'apache' is no service: choose from postgres api nginx")


def test_a_service_of_a_stack_that_is_none(unused):
    failed(unused.script("start", "api", check=False),
           f"there is no stack in {unused.run_dir}: 'scripts/stack up' makes one")


def test_down_when_nothing_runs(unused):
    for _ in range(2):
        done = unused.script("down")
        assert done.stdout == "stopped    nothing: it was not running\n"


def test_a_build_that_fails_is_told_with_its_log(unused):
    make = unused.folder / "make"
    make.write_text("#!/bin/sh\necho 'the disk is full'\nexit 2\n")
    make.chmod(0o755)
    done = unused.script("up", check=False, env={**os.environ, **unused.environment(),
                                                 "PATH": f"{unused.folder}:{os.environ['PATH']}"})
    failed(done, f"the build failed; the end of {unused.run_dir}/logs/build.log:\nthe disk is full")


def test_status(stack, unused):
    done = stack.script("status")
    for service in SERVICES:
        assert re.search(rf"^{service} +process {stack.pid(service)}$", done.stdout, re.M)
    done = unused.script("status", check=False)
    assert done.returncode == 1
    assert done.stdout.count("not running") == 3


# --- In the foreground ----------------------------------------------------------------------


class Foreground:
    """scripts/stack run, in a process group of its own, as a terminal has it."""

    def __init__(self, stack):
        self.stack = stack
        self.log = stack.folder / "run.log"

    def start(self, until="Ctrl-C stops it."):
        out = open(self.log, "wb")
        self.process = subprocess.Popen(
            [self.stack.checkout / "scripts/stack", "run"], start_new_session=True,
            env={**os.environ, **self.stack.environment()}, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT)
        out.close()
        wait_until(lambda: until in self.printed() or self.process.poll() is not None, 120,
                   interval=0.05)
        assert self.process.poll() is None, self.printed()

    def printed(self):
        return self.log.read_text()

    def interrupt(self):
        """Ctrl-C: to the whole group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self):
        """Waits for its end and returns its exit status."""
        return self.process.wait(60)


@pytest.fixture(scope="module")
def foreground():
    """One stack for the tests of the foreground; none of them leaves it running."""
    stack = Stack(KABAIDO_WORKERS=2)
    yield Foreground(stack)
    stack.__exit__(None, None, None)


def test_run_until_ctrl_c_stops_what_it_started_and_nothing_else(stack, foreground):
    others = pids(stack), stack.worker_pids(), stack.children("nginx")
    foreground.start()
    own = foreground.stack
    own.learn()
    for stage in ("packages", "build", "database", "demo data", "ready"):
        assert re.search(rf"^{stage} +\S", foreground.printed(), re.M)
    assert '"number":"Q-1024"' in paste(foreground.printed())
    # Two side by side have nothing to do with each other.
    refused(own.get("/api/v1/key", stack.key), 401, "invalid_key")
    refused(stack.get("/api/v1/key", own.key), 401, "invalid_key")
    started = whole_stack(own)
    assert all(map(is_alive, started))
    foreground.interrupt()
    assert foreground.end() == 0
    assert foreground.printed().splitlines()[-1] == "stopped    postgres api nginx"
    assert not [pid for pid in started if is_alive(pid)]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", own.port))
    assert (pids(stack), stack.worker_pids(), stack.children("nginx")) == others
    assert stack.get("/api/v1/key", stack.key).status_code == 200


def test_a_second_start_has_the_same_data_and_keys(foreground):
    own = foreground.stack
    before = own.read_env()
    certificate = (own.run_dir / "tls/ca.pem").read_bytes()
    foreground.start()
    own.learn()
    assert own.env == before
    assert (own.run_dir / "tls/ca.pem").read_bytes() == certificate
    assert own.get("/api/v1/key", own.key).status_code == 200
    started = whole_stack(own)
    foreground.process.terminate()
    assert foreground.end() == 0
    assert not [pid for pid in started if is_alive(pid)]


@pytest.mark.parametrize("service", SERVICES)
def test_when_one_ends_by_itself_the_others_are_stopped(foreground, service):
    own = foreground.stack
    foreground.start()
    started = whole_stack(own)
    own.signal(service, signal.SIGKILL)
    assert foreground.end() == 1
    assert f"kabaido: {service} ended by itself: see {own.files}/logs" in foreground.printed()
    wait_until(lambda: not [pid for pid in started if is_alive(pid)], 10)


def test_stopped_from_elsewhere(foreground):
    foreground.start()
    printed = foreground.stack.script("down").stdout
    assert printed == "stopped    nginx api postgres\n"
    assert foreground.end() == 0
    assert foreground.printed().splitlines()[-1] == "stopped    from elsewhere"


def test_run_leaves_what_ran_before(foreground):
    """And a key of demo.env that has ended is made anew by the next start."""
    own = foreground.stack
    own.up()
    former = own.key
    own.ctl("key", "revoke", former[:17])
    before = pids(own)
    printed = own.script("run").stdout
    assert printed.splitlines()[-1] == "It was running before: 'make down' stops it."
    assert pids(own) == before
    own.down()
    own.up()
    assert own.key != former
    assert own.get("/api/v1/key", own.key).status_code == 200
    own.down()


@pytest.mark.parametrize("stage", ["packages", "build", "database", "demo data"])
def test_ctrl_c_before_it_is_ready_leaves_nothing(foreground, stage):
    own = foreground.stack
    foreground.start(until=f"{stage} ")
    foreground.interrupt()
    assert foreground.end() == 130
    assert own.script("status", check=False).stdout.count("not running") == 3


def test_after_all_that_it_starts_again(foreground):
    own = foreground.stack
    own.up()
    assert own.get("/api/v1/key", own.key).status_code == 200
    own.down()


# --- Anywhere, as anyone --------------------------------------------------------------------


def test_a_deep_folder_with_blanks_and_hardly_an_environment(own_stack, monkeypatch):
    """Its files go where sockets can be, and demo.env stays where it is promised."""
    deep = "x" * 60 + "/a b'c\"$d ü/" + "y" * 40
    monkeypatch.setattr(Stack, "up", lambda stack: None)
    stack = own_stack()
    monkeypatch.undo()
    stack.run_dir = stack.folder / deep
    (stack.folder / "cwd").mkdir()
    sanitize = {name: value for name, value in os.environ.items() if name == "SANITIZE"}
    printed = stack.up(env={"PATH": PATH, "LC_ALL": "C", **stack.environment(), **sanitize},
                       umask=0o077, cwd=stack.folder / "cwd")
    assert re.search(r"^files +are in /var/tmp/kabaido-[0-9a-f]{16}: .* path is too long for a socket$",
                     printed, re.M)
    assert '"number":"Q-1024"' in paste(printed)
    assert stack.get("/api/v1/key", stack.key).status_code == 200
    assert stack.ctl("org", "list")["organisations"]
    assert (stack.run_dir / "logs/access.log").exists()
    assert (stack.run_dir / "demo.env").stat().st_mode & 0o077 == 0
    assert stack.files.stat().st_mode & 0o022 == 0
    assert list((stack.folder / "cwd").iterdir()) == []


@pytest.fixture
def nobodys():
    """A checkout that belongs to the user nobody."""
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="kabaido-test-") as folder:
        copy = pathlib.Path(folder) / "checkout"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".run", ".cache",
                                                                  "node_modules", "__pycache__"))
        for path in (folder, copy, *copy.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        yield copy


@pytest.mark.skipif(not IS_ROOT, reason="for those who are not root every other stack is this test")
def test_without_root(nobodys):
    user = pwd.getpwnam("nobody")
    stack = Stack(checkout=nobodys, KABAIDO_WORKERS=2)
    stack.run_dir = nobodys / ".run"
    as_nobody = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/",
                 "env": {"PATH": PATH, **stack.environment(),
                         **{name: value for name, value in os.environ.items() if name == "SANITIZE"}}}
    refused_port = {**as_nobody, "env": {**as_nobody["env"], "KABAIDO_HTTPS_PORT": "443"}}
    try:
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as least:
            if int(least.read()) > 443:
                failed(stack.script("up", check=False, **refused_port),
                       "port 443 is for root alone: choose another port with KABAIDO_HTTPS_PORT")
        stack.up(**as_nobody)
        assert stack.get(f"/api/v1/quotes/{stack.quote_id}", stack.key).json()["number"] == "Q-1024"
        assert {user_of(pid) for pid in whole_stack(stack)} == {user.pw_uid}
        started = whole_stack(stack)
        assert stack.script("down", **as_nobody).stdout == "stopped    nginx api postgres\n"
        assert not [pid for pid in started if is_alive(pid)]
    finally:
        stack.script("down", check=False, **as_nobody)
        stack.remove()
