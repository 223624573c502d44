"""What the API is measured against: the same answer without a database (F), the database alone (D), a
peer, and COPY."""

import json
import os
import pathlib
import re
import secrets
import shutil
import struct
import subprocess
import time

from data import uuid_of
from harness import ROOT, fastcgi, program, wait_until
from harness.stack import free_ports
from load import CORES, AccessLog, Failure

PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"
PEER = pathlib.Path(__file__).with_name("peer")
BATCH = ("chrt", "--batch", "0")  # as the stack's own processes run: conf/systemd/batch.conf


class Child:
    """A program of ours in the background that says "ready" when it is."""

    def __init__(self, *command, log, **options):
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors,
                                            stdout=subprocess.PIPE, text=True, **options)
        self.log = log

    def wait_ready(self):
        if self.process.stdout.readline() != "ready\n":
            self.stop()
            raise Failure(f"{self.process.args[0]} did not start: {pathlib.Path(self.log).read_text()}")
        return self

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Front:
    """A web server of its own with the stack's very configuration, before another socket. change: what
    else is different, a function of the text."""

    def __init__(self, stack, name, change=lambda text: text):
        self.port, operations_port = free_ports(2)
        self.folder = stack.files / f"nginx-{name}"
        self.socket = stack.files / f"sockets/api/{name}.sock"
        self.log = AccessLog(stack.logs / f"access-{name}.log")
        shutil.copytree(stack.files / "nginx", self.folder)
        for place in self.folder.iterdir():
            if place.is_dir():
                owner = (stack.files / "nginx" / place.name).stat()
                os.chown(place, owner.st_uid, owner.st_gid)
        text = (self.folder / "nginx.conf").read_text()
        for old, new in ((f"{stack.files}/nginx/", f"{self.folder}/"),
                         (f"{stack.logs}/access.log", str(self.log.path)),
                         (f"{stack.logs}/error.log", f"{stack.logs}/error-{name}.log"),
                         (f"{stack.files}/sockets/api/api.sock", str(self.socket)),
                         (f":{stack.port} ", f":{self.port} "),
                         (f":{stack.operations_port};", f":{operations_port};")):
            text = replace(text, old, new)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(change(text))
        self.process = subprocess.Popen(
            [*BATCH, "nginx", "-p", self.folder, "-e", stack.logs / f"error-{name}.log", "-c", configuration,
             "-g", "daemon off;"], stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"] + ":/usr/sbin"})
        try:
            wait_until(self.log.path.exists, 10, f"nginx before {name} did not start")
        except AssertionError:
            self.stop()
            raise

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def replace(text, old, new):
    if old not in text:
        raise Failure(f"nginx.conf.example has no {old!r} any more")
    return text.replace(old, new)


# --- F: the same answer without a database ---------------------------------------------------------

class Hello:
    """nginx and workers that give one answer. with hello.giving(answer): ..."""

    def __init__(self, stack, workers):
        self.stack = stack
        self.workers = workers
        self.front = Front(stack, "hello")
        self.child = None

    def giving(self, answer):
        file = self.stack.folder / "hello-answer"
        file.write_bytes(answer)
        self.child = Child(*BATCH, program.BUILD / "tests/bench/hello", self.front.socket, str(self.workers),
                           file, log=self.stack.logs / "hello.log")
        return self

    def __enter__(self):
        self.child.wait_ready()
        return self

    def __exit__(self, kind, error, trace):
        self.child.stop()

    def stop(self):
        self.front.stop()


def answer_of(stack, raw):
    """Head and body as a worker of the API sends them for this request, past nginx."""
    head, _, body = raw.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    pairs = {"REQUEST_METHOD": method, "REQUEST_URI": path, "KABAIDO_REQUEST_ID": "0" * 32,
             "CONTENT_TYPE": headers.get("Content-Type", ""),
             "CONTENT_LENGTH": headers.get("Content-Length", ""),
             "HTTP_AUTHORIZATION": headers["Authorization"]}
    if "If-None-Match" in headers:
        pairs["HTTP_IF_NONE_MATCH"] = headers["If-None-Match"]
    content = fastcgi.begin() + fastcgi.record(
        fastcgi.PARAMETERS, b"".join(fastcgi.pair(*pair) for pair in pairs.items()))
    content += fastcgi.record(fastcgi.PARAMETERS)
    if body:
        content += fastcgi.record(fastcgi.INPUT, body.encode())
    received = fastcgi.send(stack, content + fastcgi.record(fastcgi.INPUT))
    answer = b""
    while received:
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", received[:8])
        if kind == fastcgi.OUTPUT:
            answer += received[8:8 + length]
        received = received[8 + length + padding:]
    return answer


def status_of(answer):
    return int(re.match(rb"Status: (\d+)", answer)[1])


# --- D: the database alone -------------------------------------------------------------------------

class Database:
    """pgbench with a workload's statements, as the workers' role, with as many sessions."""

    def __init__(self, stack, sessions):
        self.stack = stack
        self.sessions = sessions

    def counted(self):
        return int(self.stack.sql("SELECT (SELECT sum(hour_requests) FROM key_window)"
                                  " + (SELECT coalesce(sum(requests), 0) FROM usage_hourly)")[0][0])

    def run(self, workload, seconds):
        """Transactions a second."""
        file = self.stack.folder / "pgbench.sql"
        file.write_text(workload.script)
        before = self.counted()
        variables = [f"--define={name}={value}" for name, value in workload.variables.items()]
        done = subprocess.run(
            [PGBENCH, "--no-vacuum", "--protocol=prepared", f"--client={self.sessions}",
             f"--jobs={min(CORES, self.sessions)}", f"--time={seconds}", f"--file={file}", *variables],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environment())
        rate = re.search(r"^tps = ([0-9.]+) ", done.stdout, re.M)
        count = re.search(r"^number of transactions actually processed: (\d+)", done.stdout, re.M)
        if done.returncode != 0 or not rate:
            raise Failure(f"pgbench failed:\n{done.stdout}")
        # One that is refused reads nothing, and would make the database look fast.
        admitted = self.counted() - before
        if admitted != int(count[1]):
            raise Failure(f"of {count[1]} transactions of pgbench, {admitted} were admitted")
        return float(rate[1])

    def environment(self):
        return {"PATH": os.environ["PATH"], "PGHOST": self.stack.env["PGHOST"],
                "PGPORT": self.stack.env["PGPORT"], "PGDATABASE": self.stack.env["PGDATABASE"],
                "PGUSER": "kabaido_worker",
                "PGOPTIONS": "-c timezone=UTC -c datestyle=ISO,YMD -c bytea_output=hex"}


# --- The peer --------------------------------------------------------------------------------------

def proxied(text):
    """The web server's configuration, as it is for somebody who speaks HTTP behind it."""
    text = replace(text, "max_fails=0;", "max_fails=0;\n        keepalive 64;")
    text = replace(text, "fastcgi_pass kabaido;", "proxy_pass http://kabaido;")
    return replace(text, "        location /api/v1/ {", """
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Request-Id $kabaido_request_id;
        proxy_next_upstream off;
        proxy_buffer_size 16k;
        proxy_buffers 32 16k;
        proxy_busy_buffers_size 64k;

        location /api/v1/ {""")


class Peer:
    """Fastify and node-postgres behind the same web server. Two processes on two cores."""

    def __init__(self, stack, processes, connections, pipeline, credentials):
        self.front = Front(stack, "peer", proxied)
        self.child = None
        try:
            self.start(stack, processes, connections, pipeline, credentials)
        except BaseException:
            self.stop()
            raise

    def start(self, stack, processes, connections, pipeline, credentials):
        self.child = Child(
            *BATCH, "node", PEER / "server.js", self.front.socket, str(processes), log=stack.logs / "peer.log",
            env={"PATH": os.environ["PATH"], "PGHOST": stack.env["PGHOST"],
                 "PGPORT": stack.env["PGPORT"], "PGDATABASE": stack.env["PGDATABASE"],
                 "PGUSER": "kabaido_worker", "NODE_ENV": "production",
                 "PEER_CONNECTIONS": str(connections), "PEER_PIPELINE": "1" if pipeline else "0",
                 "PEER_SECRET": secrets.token_hex(32), "KABAIDO_CREDENTIAL_CACHE": str(credentials)})
        self.child.wait_ready()

    def stop(self):
        if self.child:
            self.child.stop()
        self.front.stop()


def same_answers(one, other):
    """Whether two JSON texts say the same. Cursors are signed by each with a secret of its own."""
    def parsed(text):
        value = json.loads(text)
        if isinstance(value, dict) and value.get("next_cursor"):
            value["next_cursor"] = "a cursor"
        return value

    return parsed(one) == parsed(other)


# --- COPY ------------------------------------------------------------------------------------------

COLUMNS = ("org_id", "sku", "title", "category", "uom", "price_minor", "currency", "stock_qty",
           "lead_time_days", "attrs")


def copy_text(organisation, rows):
    """The rows in COPY's own text format, ready to be sent."""
    lines = []
    for row in rows:
        values = [uuid_of("organisation", organisation), *(row[name] for name in COLUMNS[1:-1]),
                  json.dumps(row["attrs"])]
        lines.append("\t".join(str(value).replace("\\", "\\\\") for value in values) + "\n")
    return "".join(lines).encode()


def copy_s(stack, organisation, rows):
    """Seconds to COPY rows into the products, with every index and trigger at work, until they are
    committed."""
    text = copy_text(organisation, rows)
    with stack.connect(autocommit=False) as database:
        database.execute("SELECT set_config('kabaido.org_id', %s, false)",
                         [uuid_of("organisation", organisation)])
        database.commit()
        began = time.perf_counter()
        with database.cursor() as cursor, cursor.copy(
                f"COPY products ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            copy.write(text)
        database.commit()
        return time.perf_counter() - began
