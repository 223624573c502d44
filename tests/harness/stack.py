"""A private stack for tests: PostgreSQL, workers and nginx by scripts/stack, as `make demo` has them,
but in a folder of its own, on a port of its own, and with settings of its own."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile

import psycopg
import requests
from psycopg.rows import namedtuple_row

from . import document, keys, metrics
from .inspection import inspect, sanitizer_reports

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICES = ("postgres", "api", "nginx")


def free_ports(count):
    """Different TCP ports of the loopback address that nobody uses at the moment."""
    with contextlib.ExitStack() as probes:
        bound = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in bound:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in bound]


def curl_method(arguments):
    """The method that curl uses with these arguments."""
    if "--request" in arguments:
        return arguments[arguments.index("--request") + 1]
    if "--head" in arguments:
        return "HEAD"
    return "POST" if any(word.startswith("--data") for word in arguments) else "GET"


class Answer:
    """An HTTP answer as it came: protocol, status, headers (names in lower case), body."""

    def __init__(self, protocol, status, headers, body):
        self.protocol = protocol
        self.status_code = status
        self.headers = headers
        self.content = body

    @classmethod
    def parse(cls, received):
        """Interim answers (100 Continue) are skipped; chunks are not taken apart."""
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        protocol, status = first.split(" ")[:2]
        if status == "100":
            return cls.parse(body)
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return cls(protocol, int(status), headers, body)

    def json(self):
        return json.loads(self.content)


class Stack:
    """
    with Stack(KABAIDO_WORKERS=8) as stack: ...

    Settings are environment variables for the workers (docs/configuration.md). After up():
    env (the variables of demo.env as a dict), url, cacert, key, key_quotes, key_other, quote_id;
    files are under `files` (logs/, nginx/, pids/, ...).
    """

    def __init__(self, checkout=ROOT, **settings):
        self.checkout = pathlib.Path(checkout)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kabaido-test-"))
        self.folder.chmod(0o755)  # PostgreSQL runs as a user of its own
        self.run_dir = self.folder / "run"
        self.settings = {name: str(value) for name, value in settings.items()}
        self.port, self.operations_port = free_ports(2)
        self.env = {}
        self.keys = set()  # every whole key that kabaidoctl has shown
        self.passwords = set()  # of who can sign in
        self.tokens = set()  # every session's cookie that a browser of the tests was given

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, kind, error, trace):
        """Looks at the logs when all have ended: what leaks is told at a program's very end."""
        self.down()
        try:
            inspect(self)
        finally:
            self.remove()

    # --- Up and down -------------------------------------------------------------------------

    def environment(self):
        """What scripts/stack is to find in its environment besides what is in ours."""
        return {**self.settings, "KABAIDO_RUN_DIR": str(self.run_dir),
                "KABAIDO_HTTPS_PORT": str(self.port),
                "KABAIDO_OPERATIONS_PORT": str(self.operations_port)}

    def script(self, *arguments, check=True, **options):
        """Runs scripts/stack with these arguments on this stack."""
        ours = {name: value for name, value in os.environ.items()
                if not name.startswith(("KABAIDO", "PG"))}
        done = subprocess.run([self.checkout / "scripts/stack", *arguments],
                              **{"env": {**ours, **self.environment()}, "text": True,
                                 "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                 "stderr": subprocess.STDOUT, **options})
        if check and done.returncode != 0:
            raise AssertionError(f"scripts/stack {' '.join(arguments)}:\n{done.stdout}")
        return done

    def up(self, **options):
        """Brings it up, or what of it is down. Returns what scripts/stack printed."""
        printed = self.script("up", **options).stdout
        self.learn()
        return printed

    def learn(self):
        """Reads demo.env, once it is there."""
        self.env = self.read_env()
        self.keys.update(match[0] for match in keys.WHOLE_KEY.finditer("\n".join(self.env.values())))
        self.passwords.add(self.env["KABAIDO_SETTINGS_PASSWORD"])

    def down(self):
        return self.script("down", check=False).stdout

    def remove(self):
        """Removes the files, unless KABAIDO_TEST_KEEP asks for a look at them."""
        if os.environ.get("KABAIDO_TEST_KEEP"):
            print(f"kept: {self.run_dir}")
            return
        if self.files != self.run_dir:
            shutil.rmtree(self.files, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, service):
        """service: postgres, api or nginx."""
        self.script("start", service)

    def stop(self, service, mode=None):
        """mode, for postgres: fast (the default), smart or immediate."""
        self.script("stop", service, *([mode] if mode else []))

    def stop_postgres(self, mode="fast"):
        self.stop("postgres", mode)

    def start_postgres(self):
        self.start("postgres")

    def restart_workers(self, **settings):
        """Stops the workers and starts them anew, with further settings."""
        self.settings.update({name: str(value) for name, value in settings.items()})
        self.stop("api")
        self.start("api")

    # --- Processes ---------------------------------------------------------------------------

    def pid(self, service):
        """Process id of postgres, of the workers' master (api) or of nginx's master."""
        return int((self.files / "pids" / service).read_text().split()[0])

    @property
    def master_pid(self):
        return self.pid("api")

    def children(self, service):
        """Process ids of a service's direct children."""
        pid = self.pid(service)
        return [int(child) for child in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def worker_pids(self):
        return self.children("api")

    def worker_backends(self):
        """Process ids of PostgreSQL's side of the workers' connections."""
        return [pid for pid, in self.sql(
            "SELECT pid FROM pg_stat_activity WHERE usename = 'kabaido_worker'")]

    def signal(self, service, number):
        os.kill(self.pid(service), number)

    def reload_workers(self):
        self.signal("api", signal.SIGHUP)

    # --- Files -------------------------------------------------------------------------------

    @property
    def files(self):
        """Where the stack's files are: the run folder, or where its link leads."""
        link = self.run_dir / "state"
        return link.resolve() if link.is_symlink() else self.run_dir

    @property
    def logs(self):
        return self.files / "logs"

    def log(self, name):
        """Text of a log: postgres.log, api.log, nginx.log, error.log or access.log."""
        path = self.logs / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def access_log(self):
        """The web server's log, a dict a request."""
        return [json.loads(line) for line in self.log("access.log").splitlines()]

    def read_env(self):
        """demo.env as a dict."""
        values = {}
        for line in (self.run_dir / "demo.env").read_text().splitlines():
            name, is_assignment, value = line.partition("=")
            if is_assignment:
                values[name] = value[1:-1].replace("'\\''", "'")
        return values

    # --- Database ----------------------------------------------------------------------------

    def connect(self, user="kabaido_admin", database=None, **options):
        """A psycopg connection; autocommit unless options say otherwise."""
        return psycopg.connect(**{
            "host": self.env["PGHOST"], "port": self.env["PGPORT"], "user": user,
            "dbname": database or self.env["PGDATABASE"], "autocommit": True, **options})

    def sql(self, statement, parameters=None, user="kabaido_admin"):
        """Runs one statement and returns its rows, or nothing if it has none."""
        with self.connect(user) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else None

    def rows(self, statement, parameters=None, user="kabaido_admin"):
        """As sql(), with each row's columns by their names."""
        with self.connect(user, row_factory=namedtuple_row) as connection:
            return connection.execute(statement, parameters).fetchall()

    def log_statements(self):
        """From now on PostgreSQL logs every statement with its parameters, so that what reaches the
        database can be searched for what must not."""
        with self.connect("postgres") as connection:
            for setting, value in (("log_min_duration_statement", 0),
                                   ("log_parameter_max_length", -1),
                                   ("log_parameter_max_length_on_error", -1)):
                connection.execute(f"ALTER SYSTEM SET {setting} = {value}")
            connection.execute("SELECT pg_reload_conf()")

    # --- Tool --------------------------------------------------------------------------------

    def ctl(self, *arguments, stdin=None, check=True):
        """Runs kabaidoctl ... --json and returns what it printed as Python values."""
        done = self.ctl_run(*arguments, "--json", stdin=stdin)
        if check and done.returncode != 0:
            raise AssertionError(f"kabaidoctl {' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout)

    def ctl_run(self, *arguments, stdin=None, **options):
        """Runs kabaidoctl as it is; the result has returncode, stdout and stderr."""
        done = subprocess.run([self.env["KABAIDOCTL"], *arguments], text=True, input=stdin or "",
                              timeout=60, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                                             **options})
        self.keys.update(match[0] for match in keys.WHOLE_KEY.finditer(done.stdout or ""))
        assert not sanitizer_reports(done.stderr), done.stderr
        return done

    def new_key(self, scopes="quotes:read", org="Northfield Tooling", name="test", **options):
        """A new whole key; options as kabaidoctl's: expires="90d", limit=10."""
        further = [word for option, value in options.items()
                   for word in (f"--{option}", str(value))]
        return self.ctl("key", "create", "--org", org, "--name", name, "--scopes", scopes,
                        *further)["key"]

    # --- Operators ---------------------------------------------------------------------------

    def operate(self, path, method="GET", **options):
        """One request to the operators' server, which is none of the API's."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.env["KABAIDO_OPERATIONS_URL"] + path,
                                   **{"timeout": 60, **options})

    def metrics(self):
        """The figures of all workers."""
        answer = self.operate("/metrics")
        assert answer.status_code == 200, answer.content
        return metrics.parse(answer.text)

    # --- Requests ----------------------------------------------------------------------------

    @property
    def url(self):
        return self.env["KABAIDO_URL"]

    @property
    def cacert(self):
        return self.env["KABAIDO_CACERT"]

    @property
    def key(self):
        return self.env["KABAIDO_KEY"]

    @property
    def key_quotes(self):
        return self.env["KABAIDO_KEY_QUOTES"]

    @property
    def key_other(self):
        return self.env["KABAIDO_KEY_OTHER"]

    @property
    def quote_id(self):
        return self.env["KABAIDO_QUOTE_ID"]

    def session(self, key=None):
        """A requests.Session that trusts the stack, sends the key, and knows no proxy. What it is
        answered is held against the OpenAPI document."""
        session = requests.Session()
        session.trust_env = False
        session.hooks["response"].append(document.check_response)
        session.verify = self.cacert
        if key:
            session.headers["Authorization"] = f"Bearer {key}"
        return session

    def request(self, method, path, key=None, **options):
        """One HTTP/1.1 request on a connection of its own."""
        with self.session(key) as session:
            return session.request(method, self.url + path, timeout=60, **options)

    def get(self, path, key=None, **options):
        return self.request("GET", path, key, **options)

    def curl(self, path, *arguments, key=None, stdin=None):
        """One request by curl, which knows HTTP/2. The answer is parsed as raw() does."""
        if key:
            arguments = (*arguments, "--header", f"Authorization: Bearer {key}")
        done = subprocess.run(["curl", "--silent", "--show-error", "--include", "--path-as-is",
                               "--globoff", "--noproxy", "*", "--cacert", self.cacert, *arguments,
                               self.url + path], input=stdin, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        answer = Answer.parse(done.stdout)
        document.check(curl_method(arguments), path, answer.status_code, answer.headers,
                       answer.content)
        return answer

    def connection(self, context=None):
        """A TLS connection, for those who write their own HTTP/1.1."""
        context = context or ssl.create_default_context(cafile=self.cacert)
        plain = socket.create_connection(("localhost", self.port), timeout=60)
        return context.wrap_socket(plain, server_hostname="localhost")

    def door(self, number):
        """How the client of this number connects: of several API hosts, each has its share."""
        return self.connection

    def raw(self, request):
        """Sends these very bytes on a TLS connection of their own and reads one answer."""
        with self.connection() as connection:
            connection.sendall(request)
            answer = http.client.HTTPResponse(connection, method=request.split(b" ")[0].decode())
            answer.begin()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            body = answer.read()
        method, path = (request.decode("latin-1") + "  ").split(" ")[:2]
        document.check(method, path, answer.status, headers, body)
        return Answer("HTTP/1.1", answer.status, headers, body)
