"""Clients that keep a stack busy while a test breaks something, and remember how they fared."""

import http.client
import json
import ssl
import threading
import time
from collections import namedtuple

from .wait import wait_until

# One request: when it was sent and answered (monotonic), the status (None: no answer at all), the
# headers in lower case, and the body; or what went wrong instead of an answer.
Exchange = namedtuple("Exchange", "sent received status headers body fault")


class Load:
    """
    with Load(stack, key, path) as load: ...

    Each client sends its next request when it has read the last answer, on a connection that it
    keeps. exchanges holds them all, in no order.
    """

    def __init__(self, stack, key, path, clients=6):
        self.stack, self.key, self.path = stack, key, path
        self.exchanges = []
        self._stop = threading.Event()
        self._context = ssl.create_default_context(cafile=stack.cacert)
        self._clients = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for client in self._clients:
            client.start()
        self.wait_for(5 * len(self._clients))
        return self

    def __exit__(self, kind, error, trace):
        self._stop.set()
        for client in self._clients:
            client.join(120)
            assert not client.is_alive(), "a client never got its answer"

    def wait_for(self, count):
        """Until so many more requests have been answered."""
        most = len(self.exchanges) + count
        wait_until(lambda: len(self.exchanges) >= most, 120, f"no {count} answers")

    def _run(self):
        connection = None
        while not self._stop.is_set():
            if connection is None:
                connection = http.client.HTTPSConnection("localhost", self.stack.port, timeout=60,
                                                         context=self._context)
            exchange = self._exchange(connection)
            self.exchanges.append(exchange)
            if exchange.fault or exchange.headers.get("connection") == "close":
                connection.close()
                connection = None

    def _exchange(self, connection):
        sent = time.monotonic()
        try:
            connection.request("GET", self.path, headers={"Authorization": f"Bearer {self.key}"})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as fault:
            return Exchange(sent, time.monotonic(), None, {}, b"", repr(fault))
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Exchange(sent, time.monotonic(), answer.status, headers, body, None)


def is_away(exchange):
    """What every client must be told while the service is away: 503 in JSON, and when to come back."""
    if exchange.status != 503:
        return False
    body = json.loads(exchange.body)
    assert set(body) == {"error", "code", "request_id"} and body["code"] == "unavailable"
    assert body["request_id"] == exchange.headers["x-request-id"]
    assert exchange.headers["content-type"] == "application/json"
    assert 1 <= int(exchange.headers["retry-after"]) <= 60
    return True
