"""A cluster for tests, by scripts/cluster as `make demo-cluster` has it: two API hosts and three database
hosts under Patroni, each in a network namespace, in a folder and a network of its own."""

import contextlib
import copy
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import time

import requests

from .inspection import inspect
from .stack import Stack
from .wait import wait_until

API_HOSTS = ("api1", "api2")
DATABASE_HOSTS = ("db1", "db2", "db3")
NUMBERS = {"api1": 11, "api2": 12, "db1": 21, "db2": 22, "db3": 23}
CUT = """
table ip cut {
    chain input { type filter hook input priority filter; iif != lo ip saddr { %s } drop; }
    chain output { type filter hook output priority filter; oif != lo ip daddr { %s } drop; }
}"""
LEASE = 20  # seconds: ttl in conf/patroni.yml.example


class Cluster(Stack):
    """
    with Cluster() as cluster: ...

    A Stack whose requests go to the first API host; clients of a Recorder are spread over both. by(1) is
    the same, seen from the second. SQL and kabaidoctl go to the primary by unix sockets, which no cut
    network parts: while the old primary is cut off, they may find that one.
    """

    def __init__(self, **settings):
        super().__init__(**settings)
        self.run_dir = self.folder / "run" / "cluster"
        self.host = "api1"
        self.fault_at = None  # when the latest began (time.monotonic)

    def environment(self):
        return {**self.settings, "KABAIDO_RUN_DIR": str(self.run_dir.parent)}

    def script(self, *arguments, check=True, **options):
        ours = {name: value for name, value in os.environ.items()
                if not name.startswith(("KABAIDO", "PG"))}
        done = subprocess.run([self.checkout / "scripts/cluster", *arguments],
                              **{"env": {**ours, **self.environment()}, "text": True,
                                 "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                 "stderr": subprocess.STDOUT, **options})
        if check and done.returncode != 0:
            raise AssertionError(f"scripts/cluster {' '.join(arguments)}:\n{done.stdout}")
        return done

    def __enter__(self):
        try:
            return super().__enter__()
        except BaseException:
            self.down()  # what is left of it would not be in a folder that is gone
            raise

    def __exit__(self, kind, error, trace):
        self.down()
        try:
            for logs in (self.files / "logs", *(self.files / host / "logs" for host in NUMBERS)):
                seen = copy.copy(self)
                seen.logs_folder = logs
                inspect(seen)
        finally:
            self.remove()

    @property
    def logs(self):
        return getattr(self, "logs_folder", self.files / self.host / "logs")

    def connect(self, *arguments, **options):
        return super().connect(*arguments, **{"target_session_attrs": "read-write", **options})

    # --- Hosts -------------------------------------------------------------------------------

    def by(self, number):
        """The same cluster through its API host of this number, from 0."""
        seen = copy.copy(self)
        seen.host = API_HOSTS[number]
        return seen

    def address(self, host):
        return f"{self.env['KABAIDO_NETWORK']}.{NUMBERS[host]}"

    def namespace(self, host):
        return f"kabaido-{self.env['KABAIDO_CLUSTER_ID']}-{host}"

    @property
    def url(self):
        return f"https://{self.address(self.host)}"

    def connection(self, context=None):
        context = context or ssl.create_default_context(cafile=self.cacert)
        plain = socket.create_connection((self.address(self.host), 443), timeout=60)
        return context.wrap_socket(plain, server_hostname=self.address(self.host))

    def door(self, number):
        """Of eight clients four go to each host, from either of a recorder's organisations."""
        return self.by(number // 4 % 2).connection

    # --- Patroni -----------------------------------------------------------------------------

    def patroni(self, host, path):
        """What this host's Patroni answers, or None."""
        try:
            with requests.Session() as session:
                session.trust_env = False
                return session.get(f"https://{self.address(host)}:8008/{path}", verify=self.cacert,
                                   timeout=1)
        except requests.RequestException:
            return None

    def is_primary(self, host):
        answer = self.patroni(host, "primary")
        return answer is not None and answer.status_code == 200

    def primary(self):
        """The host that is primary now, or None."""
        return next((host for host in DATABASE_HOSTS if self.is_primary(host)), None)

    def members(self):
        """name -> role and state, as Patroni has it in etcd."""
        for host in DATABASE_HOSTS:
            answer = self.patroni(host, "cluster")
            if answer is not None and answer.status_code == 200:
                return {one["name"]: one for one in answer.json()["members"]}
        return {}

    def is_whole(self):
        """One primary, to which both others stream, one of them synchronously, and etcd knows it."""
        members = self.members()
        roles = sorted(one["role"] for one in members.values())
        if roles != ["leader", "replica", "sync_standby"] or \
                {one["state"] for one in members.values()} != {"running"}:
            return False
        leader = next(name for name, one in members.items() if one["role"] == "leader")
        if not self.is_primary(leader):
            return False
        with self.connect("postgres", database="postgres",
                          host=self.files / leader / "sockets/pg") as connection:
            streams = connection.execute(
                "SELECT application_name, sync_state FROM pg_stat_replication "
                "WHERE state = 'streaming' AND replay_lsn > pg_current_wal_lsn() - 1000000::bigint"
            ).fetchall()
        synchronous = [name for name, state in streams if state == "sync"]
        return len(streams) == 2 and [members[name]["role"] for name in synchronous] == ["sync_standby"]

    def wait_until_whole(self, seconds=120):
        def whole():
            try:
                return self.is_whole()
            except Exception:  # whatever: it is on its way
                return False
        wait_until(whole, seconds, f"it is not whole again: {self.members()}", interval=0.2)

    def in_host(self, host, *command, **options):
        """Runs a command in a host's network. Returns what it printed."""
        return subprocess.run(["nsenter", f"--net=/run/netns/{self.namespace(host)}", *command], check=True,
                              text=True, stdout=subprocess.PIPE, **options).stdout

    def workers_at(self, host):
        """How many workers of both API hosts are connected to this database host, as they see it: a server
        process may be there for long after its client has gone."""
        return sum(len(self.in_host(api, "ss", "-Htn", "state", "established", "dst",
                                    self.address(host)).splitlines()) for api in API_HOSTS)

    # --- Faults ------------------------------------------------------------------------------

    def kill(self, host):
        """As if its power were cut."""
        pids = subprocess.run(["ip", "netns", "pids", self.namespace(host)], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.split()
        self.fault_at = time.monotonic()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def start_host(self, host):
        self.script("start", host)

    def cut(self, host, *others):
        """As if the cable between it and these, or everybody, were pulled. As `scripts/cluster cut` does, but
        that takes a while to begin, and the moment matters here."""
        addresses = ", ".join(map(self.address, others)) or f"{self.env['KABAIDO_NETWORK']}.0/24"
        self.fault_at = time.monotonic()
        self.in_host(host, "nft", "-f", "-", input=CUT % (addresses, addresses))

    def heal(self, host):
        self.script("heal", host)

    def switchover(self):
        self.fault_at = time.monotonic()
        return self.script("switchover").stdout

    def postmaster(self, host):
        return int((self.files / host / "pg/data/postmaster.pid").read_text().split()[0])

    def kill_postgres(self, host):
        self.fault_at = time.monotonic()
        os.kill(self.postmaster(host), signal.SIGKILL)

    def patroni_pid(self, host):
        return int((self.files / host / "pids/patroni").read_text().split()[0])

    def log_of(self, host, name):
        path = pathlib.Path(self.files / host / "logs" / name)
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def etcd_leader(self):
        """The host whose member of etcd leads, for the record."""
        for host in DATABASE_HOSTS:
            done = subprocess.run(
                ["curl", "--silent", "--noproxy", "*", "--max-time", "1", "--cacert", self.cacert,
                 "--cert", self.files / "tls/database.pem", "--key", self.files / "tls/database.key",
                 "-d", "{}", f"https://{self.address(host)}:2379/v3/maintenance/status"],
                stdout=subprocess.PIPE, text=True)
            if done.returncode == 0:
                told = json.loads(done.stdout)
                if told.get("leader") == told["header"]["member_id"]:
                    return host
        return None
