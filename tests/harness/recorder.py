"""Mixed load by clients that write down what they send and what they are answered, so that it can be
held against the database when something was broken meanwhile (verdict.py)."""

import array
import collections
import http.client
import random
import threading
import time
import uuid

from . import document, writes
from .tenant import Tenant
from .verdict import Verdict
from .wait import wait_until
from .wire import Wire

API = "/api/v1"
SAMPLES = 5      # of each kind of answer are held against the OpenAPI document
PAUSE = 0.1      # seconds after a failure: clients that are told to come later do not hammer
PATIENCE = 120   # seconds for an answer to come at all

Failure = collections.namedtuple("Failure", "start end what status headers body")


def is_certain(status):
    """Whether this is the answer to the request. None: there was none; 409: it is still being worked on;
    429: the limit, which no client here reaches by itself; 5xx: it may be done or not."""
    return status is not None and status < 500 and status not in (409, 429)


class Sender:
    """Sends requests on a connection of its own and keeps account of them, by key.

    What a good client does when a kept connection turns out to be closed before any of the answer came,
    it does: it sends the request again on a new one (RFC 9112, 9.3.1), once, and only what may be
    repeated. Each sending counts as an attempt."""

    def __init__(self, stack, number=0):
        self.wire = Wire(stack.door(number))
        self.attempts = collections.Counter()
        self.answered = collections.defaultdict(lambda: array.array("d"))  # when, by key
        self.starts, self.durations = array.array("d"), array.array("d")
        self.written = array.array("d")  # when a write was answered with success
        self.failures = []
        self.resent = 0
        self.wrong = []
        self.samples = collections.Counter()

    def send(self, what, method, path, key, body=None, idempotency_key=None):
        """Returns (status, headers, body); the status is None where no whole answer came."""
        headers = {"Authorization": f"Bearer {key}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        start = time.monotonic()
        status, received, content = self._exchange(method, API + path, headers, body, key)
        self._note(what, start, key, status, received, content)
        self._sample(what, method, API + path, status, received, content)
        return status, received, content

    def _exchange(self, method, path, headers, body, key):
        may_repeat = method == "GET" or "Idempotency-Key" in headers
        while True:
            self.attempts[key] += 1
            try:
                return self.wire.exchange(method, path, headers, body)
            except (OSError, http.client.HTTPException) as error:
                if self.wire.is_answering or not self.wire.is_kept or not may_repeat:
                    return None, {}, repr(error).encode()
                self.resent += 1

    def _note(self, what, start, key, status, headers, body):
        end = time.monotonic()
        if not is_certain(status):
            self.failures.append(Failure(start, end, what, status, headers, body))
            return
        self.answered[key].append(end)
        if what.startswith("POST") and status < 300:
            self.written.append(end)
        self.starts.append(start)
        self.durations.append(end - start)

    def _sample(self, what, method, path, status, headers, body):
        self.samples[what, status] += 1
        if status is not None and self.samples[what, status] <= SAMPLES:
            try:
                document.check(method, path, status, headers, body)
            except AssertionError as error:
                self.wrong.append(str(error))

    def write(self, write):
        """Sends a write, for the first time or again. An answer that leaves open what became of it
        leaves it open here."""
        answer = self.send(f"POST {write.path}", "POST", write.path, write.key, write.body,
                           write.idempotency_key)
        status, headers, body = answer
        if is_certain(status):
            write.learn(status, body)
            if status == 201:
                write.record = headers["location"].removeprefix(API)
        return answer


class Client(threading.Thread):
    """One client of one organisation: reads what never changes, writes, and reads what it wrote."""

    def __init__(self, recorder, number):
        super().__init__(daemon=True)
        self.recorder = recorder
        self.tenant = recorder.tenants[number % len(recorder.tenants)]
        self.key = recorder.keys[self.tenant][number // len(recorder.tenants) % 2]
        self.random = random.Random(number)
        self.sender = Sender(recorder.stack, number)
        self.writes = []
        self.open = []  # writes whose outcome is not known and that may be repeated
        self.leave = threading.Event()
        self.actions = {self.read_known: 5, self.read_product: 2, self.read_request: 2,
                        self.read_nothing: 1, self.write: 6, self.write_what_is_refused: 1,
                        self.write_again: 1}

    def run(self):
        while not self.leave.is_set():
            failures = len(self.sender.failures)
            action, = self.random.choices(list(self.actions), self.actions.values())
            action()
            failed = len(self.sender.failures) > failures
            self.leave.wait(PAUSE if failed else self.recorder.pause)
        self.sender.wire.hang_up()

    def expect(self, is_right, what, answer):
        if not is_right:
            self.sender.wrong.append(f"{what}: {answer[0]} {answer[2][:300]!r}")

    def read(self, what, path, key):
        """The body of a 200; None when the service was away."""
        answer = self.sender.send(what, "GET", path, key)
        if not is_certain(answer[0]):
            return None
        self.expect(answer[0] == 200, path, answer)
        return answer[2]

    def read_known(self):
        path, body = self.random.choice(list(self.recorder.known.items()))
        read = self.read(f"GET {path}", path, self.recorder.reading_key)
        if read not in (None, body):
            self.sender.wrong.append(f"{path} is another: {read[:300]!r}")

    def last(self, path):
        return next((one for one in reversed(self.writes[-50:]) if one.is_done and one.path == path), None)

    def read_product(self):
        """What was answered with success is there for whoever asks next."""
        write = self.last("/products/bulk")
        if write is None:
            return
        (_, sku), (title, _) = self.random.choice(list(write.rows.items()))
        body = self.read("GET /products?sku=", f"/products?sku={sku}", self.key)
        if body is not None and title.encode() not in body:
            self.sender.wrong.append(f"the product {sku} is not there: {body!r}")

    def read_request(self):
        write = self.last("/requests")
        if write is None:
            return
        body = self.read("GET /requests/{id}", write.record, self.key)
        if body is not None and next(iter(write.rows))[1].encode() not in body:
            self.sender.wrong.append(f"{write.record} is another: {body!r}")

    def read_nothing(self):
        answer = self.sender.send("GET /quotes/{random}", "GET", f"/quotes/{uuid.uuid4()}", self.key)
        self.expect(answer[0] == 404 or not is_certain(answer[0]), "a quote that is not", answer)

    def write(self):
        self.write_new(self.random.choice([writes.products, writes.customers, writes.request])(), (200, 201))

    def write_what_is_refused(self):
        self.write_new(writes.refused_products(), (422,))

    def write_new(self, write, expected):
        write.key = self.key
        if self.random.random() < 0.8:
            write.idempotency_key = str(uuid.uuid4())
        self.writes.append(write)
        answer = self.sender.write(write)
        self.settle(write)
        self.expect(write.status in (None, *expected), write.path, answer)
        if write.path == "/products/bulk" and write.is_done:
            self.expect(write.answer == b'{"upserted":3,"errors":[]}', write.path, answer)

    def write_again(self):
        """What a client does that was told nothing: it asks again with the same Idempotency-Key. Half of
        those are left for the end."""
        if len(self.open) > 1:
            write = self.open.pop(self.random.randrange(len(self.open) // 2))
            self.sender.write(write)
            self.settle(write)

    def settle(self, write):
        if write.status is None:
            write.was_open = True
            if write.idempotency_key:
                self.open.append(write)


class Recorder:
    """
    with Recorder(stack) as recorder: ... what is to be survived ...
    verdict = recorder.hold_against_database()

    clients send one request after the other, in two organisations of their own with two keys each. A
    pause between two requests, in seconds, makes it a lighter load."""

    def __init__(self, stack, clients=6, pause=0):
        self.stack = stack
        self.pause = pause
        self.tenants = [Tenant(stack), Tenant(stack)]
        self.keys = {tenant: [tenant.key, tenant.new_key()] for tenant in self.tenants}
        self.reading_key = stack.new_key("quotes:read,products:read", limit=1000000)
        self.replayer = Sender(stack)
        self.known = {path: self._read(path) for path in (
            f"/quotes/{stack.quote_id}", "/quotes?limit=20", "/products?limit=20")}
        self.crashes = []
        self.verdict = None
        self.clients = [Client(self, number) for number in range(clients)]

    def _read(self, path):
        status, _, body = self.replayer.send(f"GET {path}", "GET", path, self.reading_key)
        assert status == 200, body
        return body

    def __enter__(self):
        for client in self.clients:
            client.start()
        self.wait_for(10 * len(self.clients))
        return self

    def __exit__(self, kind, error, trace):
        for client in self.clients:
            client.leave.set()
        for client in self.clients:
            client.join()

    def crashed(self):
        """To be called just before PostgreSQL goes without a checkpoint: counts of requests (no data)
        may go with it."""
        self.crashes.append(time.monotonic())

    # --- What was answered so far --------------------------------------------------------------

    @property
    def senders(self):
        return [client.sender for client in self.clients] + [self.replayer]

    @property
    def failures(self):
        """Answers that are none of the API's own, and requests without an answer; by time."""
        return sorted((one for sender in self.senders for one in list(sender.failures)),
                      key=lambda failure: failure.start)

    @property
    def resent(self):
        return sum(sender.resent for sender in self.senders)

    def count(self, begin=0.0, end=float("inf"), tenant=None):
        """How many requests were begun, and answered, between two moments (time.monotonic)."""
        return sum(begin <= start and start + duration <= end
                   for client in self.clients if tenant in (None, client.tenant)
                   for start, duration in zip(client.sender.starts, client.sender.durations))

    def wait_for(self, count, tenant=None):
        """Until so many more requests have been sent and answered as they should be."""
        begin = time.monotonic()
        wait_until(lambda: self.count(begin, tenant=tenant) >= count, PATIENCE,
                   f"no {count} answers came", interval=0.05)

    def durations(self):
        """Of all answered requests, in seconds, the shortest first."""
        return sorted(one for sender in self.senders for one in sender.durations)

    def hold_against_database(self):
        """To be called when the load has ended and all is well again."""
        return Verdict(self)
