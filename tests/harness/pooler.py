"""PgBouncer between a stack's workers and its PostgreSQL, by conf/pgbouncer.ini.example with the stack's
own paths."""

import os
import pathlib
import re
import signal
import subprocess
import time

import psycopg

from .wait import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "conf/pgbouncer.ini.example"
PORT = 6432  # of a socket in the stack's own folder: no other program's


class Pooler:
    """
    with Pooler(stack, default_pool_size=2) as pooler: pooler.take_workers()

    Runs as the user whose workers come to it, whom PostgreSQL takes for a worker. changes: settings of the
    example that are to be different. name: of its files, where there are several.
    """

    def __init__(self, stack, name="pgbouncer", **changes):
        self.stack = stack
        self.folder = stack.files / "sockets" / name
        self.configuration = stack.files / f"{name}.ini"
        self.users = stack.files / f"{name}.users"
        self.log_file = stack.logs / f"{name}.log"
        owner = (stack.files / "sockets/api").stat()
        self.user, self.group = owner.st_uid, owner.st_gid
        self.process = None
        self.prepare(changes)

    def prepare(self, changes):
        self.folder.mkdir(mode=0o700)
        self.users.write_text('"kabaido_worker" ""\n')
        self.configure(**changes)
        for path in (self.folder, self.users):
            os.chown(path, self.user, self.group)

    def configure(self, **changes):
        """Writes the file anew; a pooler that runs reads it at reload()."""
        text = EXAMPLE.read_text()
        for old, new in (("host=/run/postgresql port=5432", f"host={self.stack.env['PGHOST']} port=5432"),
                         ("/run/kabaido-pgbouncer\nunix", f"{self.folder}\nunix"),
                         ("/etc/kabaido/pgbouncer.users", str(self.users))):
            assert text.count(old) == 1, f"{EXAMPLE} has no {old!r} any more"
            text = text.replace(old, new)
        for name, value in changes.items():
            text, count = re.subn(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.M)
            assert count == 1, f"{EXAMPLE} has no {name}"
        self.configuration.write_text(text)
        self.configuration.chmod(0o644)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, error, trace):
        self.stop()

    def start(self):
        """PgBouncer refuses to run as root."""
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [*self.become(), "pgbouncer", self.configuration],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        wait_until((self.folder / f".s.PGSQL.{PORT}").exists, 10, f"no PgBouncer: {self.log()}")

    def become(self):
        """The words that make a command run as the workers' user."""
        return [] if os.geteuid() else ["setpriv", f"--reuid={self.user}", f"--regid={self.group}",
                                        "--clear-groups", "--"]

    def stop(self, number=signal.SIGTERM):
        """At once: clients and their connections are cut."""
        if self.process:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None
        (self.folder / f".s.PGSQL.{PORT}").unlink(missing_ok=True)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def environment(self):
        """How libpq comes here."""
        return {"PGHOST": str(self.folder), "PGPORT": str(PORT), "PGUSER": "kabaido_worker",
                "PGDATABASE": "kabaido"}

    def take_workers(self, **settings):
        """Has the workers come here, by a reload with another environment file; settings besides."""
        turn_workers(self.stack, PGHOST=self.folder, PGPORT=PORT, **settings)

    def connect(self, **options):
        """A psycopg connection through it, as a worker, that leaves no statement behind."""
        return psycopg.connect(host=str(self.folder), port=PORT, user="kabaido_worker",
                               dbname="kabaido", prepare_threshold=None,
                               **{"autocommit": True, **options})

    def command(self, text):
        """On PgBouncer's own console, which is open to its own user."""
        done = subprocess.run(
            [*self.become(), "psql", "-X", "-A", "-q", "-h", self.folder, "-p", str(PORT), "-U", "pgbouncer",
             "-d", "pgbouncer", "-c", text], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False, timeout=60)
        assert done.returncode == 0, done.stdout
        return done.stdout


def turn_workers(stack, **settings):
    """Changes lines of the workers' environment file and reloads them; None takes a line away. Returns when
    the former workers are gone."""
    path = stack.files / "api.env"
    lines = dict(line.split("=", 1) for line in path.read_text().splitlines())
    for name, value in settings.items():
        lines.pop(name, None)
        if value is not None:
            lines[name] = f"'{value}'"
    path.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    former = stack.worker_pids()
    stack.reload_workers()
    wait_until(lambda: not set(former) & set(stack.worker_pids()) and len(stack.worker_pids()) >=
               int(stack.settings["KABAIDO_WORKERS"]), 60, "the workers were not reloaded")
    time.sleep(0.1)  # each connects as it begins
