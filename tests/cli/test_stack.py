"""What scripts/stack promises to whoever types `make demo`: it starts again after anything, stops
what it started and nothing else, and says in a sentence what is wrong."""

import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

from harness import Stack, inspect, is_running, program, wait_until
from harness.stack import ROOT, SERVICES

# With the signals as a terminal leaves them. Who runs the tests by nohup or in the background has
# had some ignored, and what is ignored from the start a shell can never trap.
AS_A_TERMINAL = ["env", "--default-signal=INT,TERM,HUP"]

VARIABLES = ["KABAIDO_URL", "KABAIDO_CACERT", "KABAIDO_KEY", "KABAIDO_KEY_QUOTES",
             "KABAIDO_KEY_OTHER", "KABAIDO_QUOTE_ID", "KABAIDO_SETTINGS_EMAIL",
             "KABAIDO_SETTINGS_EMAIL_MEMBER", "KABAIDO_SETTINGS_EMAIL_FREE",
             "KABAIDO_SETTINGS_PASSWORD", "KABAIDOCTL", "KABAIDO_OPERATIONS_URL", "PGHOST", "PGPORT",
             "PGUSER", "PGDATABASE"]


@pytest.fixture(scope="module")
def own():
    """A stack of this file's own: its tests stop and kill."""
    with Stack(KABAIDO_WORKERS=2) as one:
        yield one


@pytest.fixture(autouse=True)
def running(request):
    """Each test on `own` begins with all of it up."""
    if "own" in request.fixturenames:
        request.getfixturevalue("own").up()


@pytest.fixture
def fresh():
    """A stack that is not up yet."""
    one = Stack()
    yield one
    one.down()
    one.remove()


def pids(one):
    return {service: one.pid(service) for service in SERVICES}


def serves(one):
    return one.get(f"/api/v1/quotes/{one.quote_id}", one.key).json()["number"] == "Q-1024"


# --- Starting -------------------------------------------------------------------------------


def test_a_second_up_says_so_and_changes_nothing(own):
    before = pids(own)
    assert "already" in own.up()
    assert pids(own) == before


def test_a_second_start_keeps_keys_and_data(own):
    before = own.read_env()
    organisations = own.sql("SELECT array_agg(org_id::text ORDER BY name) FROM organisations")
    own.down()
    own.up()
    assert own.env == before
    assert own.sql("SELECT array_agg(org_id::text ORDER BY name) FROM organisations") \
        == organisations
    assert serves(own)


def test_the_printed_curl_can_be_pasted(own):
    printed = own.script("up").stdout
    curl = printed[printed.index("\ncurl ") + 1:].strip()
    pasted = subprocess.run(["sh"], input=curl, text=True, capture_output=True, timeout=60)
    assert '"number":"Q-1024"' in pasted.stdout, pasted.stderr


def test_demo_env_is_for_its_owner_and_reads_the_same_in_a_shell(own):
    path = own.run_dir / "demo.env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(own.env) == VARIABLES
    shell = subprocess.run(["env", "-i", "sh", "-c", f". '{path}' && /usr/bin/env"], text=True,
                           capture_output=True, check=True).stdout
    values = dict(line.split("=", 1) for line in shell.splitlines())
    assert {name: values[name] for name in VARIABLES} == own.env


def test_demo_env_gives_an_operator_psql_and_the_tool(own):
    environment = {**os.environ, **own.env}
    count = subprocess.run(["psql", "-Atc", "SELECT count(DISTINCT org_id) > 1 FROM quotes"],
                           env=environment, text=True, capture_output=True, check=True).stdout
    assert count == "t\n"
    assert own.ctl("org", "list")


PEOPLE = {"KABAIDO_SETTINGS_EMAIL": ("owner", "Northfield Tooling"),
          "KABAIDO_SETTINGS_EMAIL_MEMBER": ("member", "Northfield Tooling"),
          "KABAIDO_SETTINGS_EMAIL_FREE": ("owner", "Pärnu Laagrikeskus OÜ")}


def sign_in(one, variable="KABAIDO_SETTINGS_EMAIL"):
    return one.request("POST", "/settings/api/session", headers={"Origin": one.url}, json={
        "email": one.env[variable], "password": one.env["KABAIDO_SETTINGS_PASSWORD"]})


@pytest.mark.parametrize("variable", PEOPLE)
def test_demo_env_signs_people_in(own, variable):
    answer = sign_in(own, variable)
    assert answer.status_code == 201
    signed_in = answer.json()
    assert (signed_in["user"]["role"], signed_in["organisation"]["name"]) == PEOPLE[variable]


def test_the_printed_sign_in_is_that_of_demo_env(own):
    printed = own.script("up").stdout
    for text in (f"  {own.url}/settings/integrations\n",
                 f"  e-mail    {own.env['KABAIDO_SETTINGS_EMAIL']}\n",
                 f"  password  {own.env['KABAIDO_SETTINGS_PASSWORD']}\n"):
        assert text in printed


def test_a_lost_password_is_made_anew(own):
    first = own.env["KABAIDO_SETTINGS_PASSWORD"]
    users = own.sql("SELECT array_agg(user_id::text ORDER BY email) FROM users")
    own.down()
    (own.run_dir / "demo.env").unlink()
    own.up()
    assert own.env["KABAIDO_SETTINGS_PASSWORD"] != first
    assert {sign_in(own, variable).status_code for variable in PEOPLE} == {201}
    assert own.sql("SELECT array_agg(user_id::text ORDER BY email) FROM users") == users


def test_lost_or_revoked_keys_are_made_anew(own):
    first = own.key
    own.down()
    (own.run_dir / "demo.env").unlink()
    own.up()
    second = own.key
    assert second != first and serves(own)
    own.ctl("key", "revoke", second[:len("kbd_live_") + 8])
    own.down()
    own.up()
    assert own.key not in (first, second) and serves(own)


def test_a_lost_demo_env_comes_back_while_it_runs(own):
    before = pids(own)
    (own.run_dir / "demo.env").unlink()
    own.up()
    assert pids(own) == before and serves(own)


def test_two_at_once_wait_for_each_other(own):
    own.down()
    printed = []
    threads = [threading.Thread(target=lambda: printed.append(own.script("up").stdout))
               for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("already" in text for text in printed) == [False, True, True]
    assert serves(own)


def test_the_callers_habits_do_not_matter(fresh):
    habits = {"LC_ALL": "C", "PGHOST": "/nowhere", "PGUSER": "nobody", "PGOPTIONS": "-c nonsense",
              "PGSERVICE": "none", "MAKEFLAGS": "n", "https_proxy": "http://localhost:1",
              "SQITCH_TARGET": "db:pg:other", "CDPATH": "/"}
    environment = {**{name: value for name, value in os.environ.items() if name != "HOME"},
                   **habits, "KABAIDO_RUN_DIR": "run", "KABAIDO_HTTPS_PORT": str(fresh.port)}
    subprocess.run(["sh", "-c", f"umask 077; exec {ROOT}/scripts/stack up"], env=environment,
                   cwd=fresh.folder, check=True, stdout=subprocess.DEVNULL, timeout=300)
    fresh.env = fresh.read_env()
    assert serves(fresh)


# --- What is wrong, in a sentence -----------------------------------------------------------


def refused(one, **settings):
    """What `up` says when it does not start; it is one line."""
    one.settings.update(settings)
    done = one.script("up", check=False)
    assert done.returncode != 0
    said = [line for line in done.stdout.splitlines() if line.startswith("kabaido: ")]
    assert len(said) == 1, done.stdout
    return said[0]


def test_a_port_in_use(fresh):
    with socket.socket() as other:
        other.bind(("127.0.0.1", fresh.port))
        other.listen()
        said = refused(fresh)
    assert f"port {fresh.port} is in use" in said and "KABAIDO_HTTPS_PORT" in said
    assert not list((fresh.files / "pids").iterdir())


def test_the_operators_port_in_use(fresh):
    with socket.socket() as other:
        other.bind(("127.0.0.1", fresh.operations_port))
        other.listen()
        said = refused(fresh)
    assert f"port {fresh.operations_port} is in use" in said and "KABAIDO_OPERATIONS_PORT" in said
    assert not list((fresh.files / "pids").iterdir())


def test_one_port_for_both(fresh):
    fresh.operations_port = fresh.port
    assert f"KABAIDO_OPERATIONS_PORT and KABAIDO_HTTPS_PORT are both {fresh.port}" in refused(fresh)


def test_another_port_while_it_runs(own):
    port, own.port = own.port, own.port + 1
    try:
        assert f"is running already, at https://localhost:{port}" in refused(own)
    finally:
        own.port = port


@pytest.mark.parametrize("port", ["0", "65536", "http", "8443x", "-1", "08443"])
def test_a_port_that_is_none(fresh, port):
    fresh.port = port
    assert f"KABAIDO_HTTPS_PORT is '{port}'" in refused(fresh)
    fresh.port, fresh.operations_port = fresh.operations_port, port
    assert f"KABAIDO_OPERATIONS_PORT is '{port}'" in refused(fresh)


def test_an_option_that_is_wrong(fresh):
    fresh.settings["KABAIDO_WORKERS"] = "many"
    done = fresh.script("up", check=False)
    assert done.returncode != 0
    assert "KABAIDO_WORKERS is 'many': it must be a whole number" in done.stdout
    assert not list((fresh.files / "pids").iterdir())


def test_no_package_manager(tmp_path):
    for program in ["sh", "id", "sed", "grep", "head"]:
        (tmp_path / program).symlink_to(shutil.which(program))
    done = subprocess.run(["sh", ROOT / "scripts/packages", "run"], env={"PATH": str(tmp_path)},
                          text=True, capture_output=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "there is no apt-get here" in done.stderr


# --- After accidents ------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_service_comes_back(own, service):
    before = pids(own)
    own.signal(service, signal.SIGKILL)
    wait_until(lambda: not is_running(before[service]))
    own.up()
    after = pids(own)
    assert {name for name in SERVICES if after[name] != before[name]} == {service}
    wait_until(lambda: serves(own))


def test_down_finds_what_a_killed_nginx_left_behind(own):
    workers = own.children("nginx")
    own.signal("nginx", signal.SIGKILL)
    own.down()
    wait_until(lambda: not any(is_running(pid) for pid in workers))


def test_a_recycled_process_id_is_not_ours(own):
    """A note that is stale: its process id belongs to somebody else by now."""
    own.down()
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
        try:
            for service in SERVICES:
                (own.files / "pids" / service).write_text(f"{other.pid} 12345 {own.files}\n")
            assert "was not running" in own.down()
            for service in SERVICES:
                (own.files / "pids" / service).write_text(f"{other.pid} 12345 {own.files}\n")
            own.up()
            assert serves(own)
            own.down()
            assert other.poll() is None
        finally:
            other.kill()


def test_a_copied_folder_does_not_stop_the_original(own):
    copy = own.folder / "copy"
    shutil.copytree(own.files / "pids", copy / "pids")
    environment = {**os.environ, "KABAIDO_RUN_DIR": str(copy)}
    done = subprocess.run([ROOT / "scripts/stack", "down"], env=environment, text=True,
                          capture_output=True)
    assert "was not running" in done.stdout
    assert serves(own)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("stage, seconds", [("packages", 0.2), ("build", 1), ("database", 0.3),
                                            ("demo data", 0.05)])
def test_broken_off_half_way_it_starts_the_next_time(fresh, stage, seconds, number):
    """Broken off so long after a stage, that is somewhere in the next one."""
    environment = {**os.environ, "KABAIDO_RUN_DIR": str(fresh.run_dir),
                   "KABAIDO_HTTPS_PORT": str(fresh.port)}
    with subprocess.Popen([*AS_A_TERMINAL, ROOT / "scripts/stack", "up"], env=environment, text=True,
                          stdout=subprocess.PIPE, start_new_session=True) as broken:
        for line in broken.stdout:
            if line.startswith(stage):
                break
        time.sleep(seconds)
        os.killpg(broken.pid, number)
        broken.stdout.read()
    if broken.wait() not in (0, -signal.SIGKILL):
        pids = fresh.files / "pids"  # on a slow machine it had not even come to that
        assert not pids.exists() or not list(pids.iterdir())
    fresh.up()
    assert serves(fresh)


# --- In the foreground ----------------------------------------------------------------------


def foreground(one):
    """scripts/stack run as a terminal has it, once it is ready."""
    environment = {**os.environ, "KABAIDO_RUN_DIR": str(one.run_dir),
                   "KABAIDO_HTTPS_PORT": str(one.port)}
    process = subprocess.Popen([*AS_A_TERMINAL, ROOT / "scripts/stack", "run"], env=environment,
                               text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    for line in process.stdout:
        if line.startswith("Ctrl-C stops it"):
            one.env = one.read_env()
            return process
    raise AssertionError("it ended before it was ready")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_what_the_foreground_started(own, number):
    own.down()
    process = foreground(own)
    started = pids(own)
    assert serves(own)
    os.killpg(process.pid, number)
    assert process.wait(timeout=60) == 0
    assert not any(is_running(pid) for pid in started.values())


def test_the_foreground_leaves_alone_what_ran_before(own):
    before = pids(own)
    assert "was running before" in own.script("run").stdout
    assert pids(own) == before


def test_the_foreground_ends_when_a_service_does(own):
    own.down()
    process = foreground(own)
    started = pids(own)
    own.signal("nginx", signal.SIGKILL)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 1 and "nginx ended by itself" in said
    assert not any(is_running(pid) for pid in started.values())


def test_the_foreground_ends_when_it_is_stopped_from_elsewhere(own):
    own.down()
    process = foreground(own)
    own.down()
    assert "from elsewhere" in process.communicate(timeout=60)[0]
    assert process.returncode == 0


# --- Places that cannot hold a socket, or that others own -----------------------------------


@pytest.fixture
def deep(fresh):
    fresh.run_dir = fresh.folder / ("deep" * 20) / "with space & 'quotes'"
    yield fresh
    fresh.down()
    if fresh.files != fresh.run_dir:
        shutil.rmtree(fresh.files)


def test_a_path_too_long_for_a_socket_has_its_files_elsewhere(deep):
    printed = deep.up()
    elsewhere = deep.files
    assert re.search(f"files +are in {elsewhere}: .* path is too long for a socket", printed)
    assert elsewhere.parent == pathlib.Path("/var/tmp")
    assert (deep.run_dir / "demo.env").is_file() and (deep.run_dir / "logs/access.log").is_file()
    assert serves(deep) and deep.ctl("org", "list")
    deep.down()
    deep.up()
    assert deep.files == elsewhere and serves(deep)


@pytest.mark.skipif(os.geteuid() != 0, reason="makes files of another user")
@pytest.mark.parametrize("how", ["of another user", "open to others", "a link"])
def test_a_folder_that_another_prepared_is_not_trusted(deep, how):
    deep.up()
    deep.down()
    place = deep.files
    shutil.rmtree(place)
    if how == "a link":
        (deep.folder / "target").mkdir()
        place.symlink_to(deep.folder / "target")
    else:
        place.mkdir()
        place.chmod(0o777 if how == "open to others" else 0o755)
        if how == "of another user":
            os.chown(place, 65534, 65534)
    try:
        assert f"{place} was not made by this program" in refused(deep)
        assert not list(place.iterdir())
    finally:
        place.unlink() if place.is_symlink() else place.rmdir()
        (deep.run_dir / "state").unlink()


def give_to_nobody(folder):
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_it_needs_no_root():
    """nobody needs no more than a checkout and a folder, once the packages are there. The checkout
    is a copy of ours, which nobody may be unable to read, or to build what is out of date in."""
    one = Stack()
    one.checkout = one.folder / "checkout"
    program.build()
    shutil.copytree(ROOT, one.checkout, symlinks=True, ignore=shutil.ignore_patterns(
        ".git", ".run", ".cache", "node_modules", "__pycache__", "tests"))
    give_to_nobody(one.folder)
    kept = {name: value for name, value in os.environ.items()
            if name == "SANITIZE" or name.endswith("SAN_OPTIONS")}
    nobody = {"env": {"PATH": "/usr/bin:/bin", **kept, **one.environment()}, "cwd": "/",
              "user": 65534, "group": 65534, "extra_groups": [], "umask": 0o077, "timeout": 300}
    try:
        one.up(**nobody)
        assert serves(one)
        owners = {pathlib.Path(f"/proc/{pid}").stat().st_uid for pid in pids(one).values()}
        assert owners == {65534}
    finally:
        one.script("down", check=False, **nobody)
        inspect(one)
        one.remove()


def test_a_folder_of_another_user_is_left_alone(fresh):
    if os.geteuid() != 0:
        pytest.skip("makes files of another user")
    fresh.run_dir.mkdir()
    os.chown(fresh.run_dir, 65534, 65534)
    assert "belongs to nobody" in refused(fresh)
    assert not list(fresh.run_dir.iterdir())
