"""Many clients at once, each with a connection of its own, and what each of them was answered."""

import bisect
import http.client
import threading
import time
from collections import namedtuple

from .wait import wait_until
from .wire import Wire

Seen = namedtuple("Seen", "start end status headers body")


def most_in_a_minute(answers):
    """The most admitted requests that certainly fell into one window of 60 seconds: they were sent
    and answered within it."""
    admitted = [one for one in answers if one.status == 200]
    starts = sorted(one.start for one in admitted)
    most = 0
    for begin in starts:
        ends = sorted(one.end for one in admitted if one.start >= begin)
        most = max(most, bisect.bisect_left(ends, begin + 60))
    return most


class Client(threading.Thread):
    """Sends one request after the other until told to stop, or so many. seen holds the answers, with
    the moments (time.monotonic) just before it was sent and just after it had come. An answer that
    did not come, or not whole, has the status None."""

    def __init__(self, stack, path, key, count=None):
        super().__init__(daemon=True)
        self.wire = Wire(stack.connection)
        self.path = path
        self.headers = {"Authorization": f"Bearer {key}"}
        self.count = count
        self.seen = []
        self.leave = threading.Event()

    def run(self):
        while not self.leave.is_set() and (self.count is None or len(self.seen) < self.count):
            start = time.monotonic()
            try:
                status, headers, body = self.wire.exchange("GET", self.path, self.headers)
            except (OSError, http.client.HTTPException):
                status, headers, body = None, {}, b""
            self.seen.append(Seen(start, time.monotonic(), status, headers, body))
        self.wire.hang_up()


class Crowd:
    """with Crowd(stack, 4, path, key) as crowd: ... afterwards: crowd.seen"""

    def __init__(self, stack, clients, path, key, count=None):
        self.clients = [Client(stack, path, key, count) for _ in range(clients)]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, kind, error, trace):
        for client in self.clients:
            client.leave.set()
        self.join()

    def join(self):
        for client in self.clients:
            client.join()

    @property
    def seen(self):
        """All answers so far, in the order in which they were asked for."""
        return sorted((one for client in self.clients for one in list(client.seen)),
                      key=lambda one: one.start)

    def each_has(self, count, condition=lambda one: True):
        """Every client has this many answers for which the condition holds."""
        return all(sum(map(condition, list(client.seen))) >= count for client in self.clients)

    def wait_for(self, count):
        """Until so many more answers have come."""
        def answers():
            return sum(len(client.seen) for client in self.clients)

        enough = answers() + count
        wait_until(lambda: answers() >= enough, 120, f"no {count} answers came")
