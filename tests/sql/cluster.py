"""A throw-away PostgreSQL cluster of our own, and databases in it that hold the migrated schema."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import psycopg

ROOT = pathlib.Path(__file__).resolve().parents[2]
SQL = ROOT / "sql"

# Without autovacuum: its ANALYZE holds a snapshot, and while one is open no page can be rid of the
# versions of a row that were left behind since (test_an_update_of_the_window_touches_no_index).
SETTINGS = """
autovacuum = off
listen_addresses = ''
fsync = off
full_page_writes = off
max_connections = 100
timezone = 'UTC'
log_min_messages = error
"""


def newest_bin_directory():
    """Debian keeps each major version's programs apart."""
    versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"),
                      key=lambda path: float(path.parts[-3]))
    return versions[-1].parent


class Cluster:
    """Reached by its socket only, whose directory nobody else may enter. Superuser: postgres."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="kabaido-sql-"))
        self.bin = newest_bin_directory()
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")

    def _run(self, *arguments):
        """As the system's user postgres when we are root, which PostgreSQL refuses to run as."""
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*prefix, *map(str, arguments)], check=True, cwd=self.directory,
                       stdout=subprocess.DEVNULL)

    def start(self):
        data = self.directory / "data"
        self._run(self.bin / "initdb", "-D", data, "-U", "postgres", "-A", "trust",
                  "-E", "UTF8", "--locale", "C", "--no-sync")
        with open(data / "postgresql.conf", "a", encoding="ascii") as settings:
            settings.write(SETTINGS + f"unix_socket_directories = '{self.directory}'\n")
        self._run(self.bin / "pg_ctl", "-D", data, "-l", self.directory / "log", "-w", "start")
        self.psql("postgres", SQL / "roles.sql")

    def stop(self):
        self._run(self.bin / "pg_ctl", "-D", self.directory / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.directory)

    def environment(self, database, role):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return kept | {"PGHOST": str(self.directory), "PGDATABASE": database, "PGUSER": role,
                       "SQITCH_USER_CONFIG": "/dev/null", "SQITCH_SYSTEM_CONFIG": "/dev/null",
                       "SQITCH_FULLNAME": "Kabaido", "SQITCH_EMAIL": "api@kabaido.ai",
                       "SQITCH_PAGER": "cat"}

    def psql(self, database, file, role="postgres"):
        """Runs a file as psql does."""
        subprocess.run(["psql", "-X", "-q", "-f", str(file)], check=True,
                       env=self.environment(database, role), stdout=subprocess.DEVNULL)

    def sqitch(self, database, *arguments):
        """Runs sqitch as the owner of the schema and returns what it says; fails when it does."""
        done = subprocess.run(["sqitch", *arguments], cwd=SQL, check=False,
                              env=self.environment(database, "kabaido_owner"),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def connect(self, database, role="postgres"):
        """A connection on which each statement commits by itself."""
        return psycopg.connect(host=str(self.directory), dbname=database, user=role,
                               autocommit=True, application_name="kabaido-tests")

    def create_database(self, name, template="template0"):
        with self.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}" OWNER kabaido_owner TEMPLATE {template}')
        return name
