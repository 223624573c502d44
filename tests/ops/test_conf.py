"""The files of conf/ as the programs take them that they are for."""

import os
import re
import subprocess
import time

import pytest

from harness import ROOT, Crowd, program, wait_until

CONF = ROOT / "conf"
SERVICE = CONF / "systemd/kabaido-api.service"
SOCKET = CONF / "systemd/kabaido-api.socket"


def run(*words, **options):
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                          **options)
    assert done.returncode == 0, done.stdout
    return done.stdout


def setting(path, name):
    """All values of a setting of a unit."""
    return re.findall(rf"^{name}=(.*)$", path.read_text(), re.M)


# --- systemd --------------------------------------------------------------------------------


def test_units_are_understood(tmp_path):
    for path in (SERVICE, SOCKET):
        text = path.read_text().replace("/usr/sbin/kabaido-api", "/bin/true")
        (tmp_path / path.name).write_text(text)
    said = run("systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir()))
    assert said == ""


def test_the_sandbox_is_tight():
    """0 would be a service that can do nothing, not even talk to PostgreSQL's socket."""
    said = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(SERVICE))
    assert float(re.search(r"Overall exposure level for .*: ([0-9.]+)", said)[1]) <= 0.3, said


def test_who_serves_a_request_lets_the_others_finish(stack):
    """conf/systemd/batch.conf: the unit has it, and the processes of a stack."""
    assert setting(SERVICE, "CPUSchedulingPolicy") == ["batch"]
    assert setting(CONF / "systemd/batch.conf", "CPUSchedulingPolicy") == ["batch"]
    for service in ("postgres", "api", "nginx"):
        for pid in (stack.pid(service), *stack.children(service)):
            assert os.sched_getscheduler(pid) == os.SCHED_BATCH, service


def test_units_and_options_say_the_same():
    assert setting(SOCKET, "ListenStream") == [program.default("KABAIDO_SOCKET")]
    assert setting(SOCKET, "SocketMode") == [program.default("KABAIDO_SOCKET_MODE")]
    assert setting(SOCKET, "Backlog") == [program.default("KABAIDO_BACKLOG")]
    patience, = setting(SERVICE, "TimeoutStopSec")
    assert int(patience.removesuffix("s")) > int(program.default("KABAIDO_DRAIN_SECONDS"))


def test_a_reload_may_execute_what_an_upgrade_brings():
    """A mount on the program itself would go on showing the file that was there at the start."""
    assert setting(SERVICE, "ExecPaths") == ["/usr"]
    reload, = setting(SERVICE, "ExecReload")
    start, = setting(SERVICE, "ExecStart")
    for command in (reload, start):
        assert os.path.realpath(command.split()[0]).startswith("/usr/")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_user_and_folder_can_be_made(tmp_path):
    for name in ("etc", "run"):
        (tmp_path / name).mkdir()
    run("systemd-sysusers", f"--root={tmp_path}", str(CONF / "sysusers.conf"))
    user, = re.findall("^kabaido:.*$", (tmp_path / "etc/passwd").read_text(), re.M)
    assert user.endswith(":/nonexistent:/usr/sbin/nologin")
    with open(tmp_path / "etc/passwd", "a", encoding="utf-8") as users, \
            open(tmp_path / "etc/group", "a", encoding="utf-8") as groups:
        users.write("root:x:0:0::/:/bin/sh\n")
        groups.write("root:x:0:\nwww-data:x:33:\n")
    run("systemd-tmpfiles", f"--root={tmp_path}", "--create", str(CONF / "tmpfiles.conf"))
    made = (tmp_path / "run/kabaido").stat()
    assert (made.st_mode & 0o7777, made.st_uid, made.st_gid) == (0o2750, int(user.split(":")[2]), 33)


# --- Logs -----------------------------------------------------------------------------------


def test_no_line_is_lost_when_logs_are_turned(stack, tmp_path):
    rule = (CONF / "logrotate.conf").read_text() \
        .replace("/var/log/nginx/*.log", f"{stack.logs}/access.log {stack.logs}/error.log") \
        .replace("/run/nginx.pid", str(stack.files / "nginx/nginx.pid")) \
        .replace("www-data adm", f"{os.getuid()} {os.getgid()}") \
        .replace("notifempty", "ifempty") + "\n"
    rule = re.sub(r"^( *create 0640) .*$", r"\1", rule, flags=re.M)
    rules = tmp_path / "logrotate.conf"
    rules.write_text(rule)
    rules.chmod(0o644)
    folders = [stack.logs, stack.files]
    modes = [folder.stat().st_mode for folder in folders]
    before = len(stack.access_log())
    with Crowd(stack, 2, "/api/v1/key", stack.new_key(limit=1000000)) as crowd:
        for _ in range(3):
            crowd.wait_for(50)
            time.sleep(1.1)  # their names have seconds
            run("logrotate", "--force", f"--state={tmp_path / 'state'}", str(rules))
        crowd.wait_for(50)
    assert [folder.stat().st_mode for folder in folders] == modes
    assert {seen.status for seen in crowd.seen} == {200}

    def lines():
        told = subprocess.run(f"zcat -f {stack.logs}/access.log*", shell=True, check=True,
                              stdout=subprocess.PIPE).stdout
        return told.count(b"\n") - before

    wait_until(lambda: lines() == len(crowd.seen), 20, f"{lines()} lines for {len(crowd.seen)} answers")


# --- PostgreSQL -----------------------------------------------------------------------------


def test_the_roles_of_the_map_exist_and_the_workers_user_is_a_worker_alone(stack):
    rows = [line.split() for line in (CONF / "pg_ident.conf").read_text().splitlines()
            if line and not line.startswith("#")]
    roles = {role for role, in stack.sql("SELECT rolname FROM pg_roles WHERE rolcanlogin")}
    assert {role for _, _, role in rows} <= roles
    assert [role for _, user, role in rows if user == "kabaido"] == ["kabaido_worker"]
