"""What a recorder's clients were answered, held against what the database has."""

import collections

from . import document, keys
from .writes import ABSENT, DOUBLED, WHOLE, read_rows

REPLAYS = 100  # of the answers that were given are asked for again

# What a crash may take of the counts of requests, and of nothing else: transactions of reads do not
# wait for the disk. PostgreSQL's walwriter is three wal_writer_delay (200 ms) behind at most.
UNCOUNTED = 1.0


class Verdict:
    """lost: what was answered with success and is not there, or not whole; doubled: what is there more
    than once, or that nobody sent; half: what failed or was refused and is there in part; wrong: answers
    and counts that are not as they should be. All empty, or something is broken.

    Writes without a certain answer may be there or not; there and absent say how many. Then each is sent
    again with its Idempotency-Key, after which it must be there once."""

    def __init__(self, recorder):
        self.recorder = recorder
        self.stack = recorder.stack
        self.writes = [write for client in recorder.clients for write in client.writes]
        self.lost, self.doubled, self.half = [], [], []
        self.wrong = [text for sender in recorder.senders for text in sender.wrong]
        self.errors = collections.Counter(failure.status or "none" for failure in recorder.failures)
        self.resent = recorder.resent
        self.there = self.absent = 0
        self._judge_failures()
        self._judge_open_writes()
        self._replay_answers()
        self._judge_rows()
        self._judge_answers_kept()
        self._judge_counts()
        self.requests = sum(sum(sender.attempts.values()) for sender in recorder.senders)

    @property
    def faults(self):
        return {name: getattr(self, name) for name in ("lost", "doubled", "half", "wrong")
                if getattr(self, name)}

    def demand(self):
        """Fails if anything is broken, with the first few of each kind."""
        assert not self.faults, "\n".join(
            f"{name}: {len(what)}, such as {what[:3]}" for name, what in self.faults.items())

    def _rows(self):
        return read_rows(self.stack, [tenant.org_id for tenant in self.recorder.tenants])

    def _judge_failures(self):
        """Errors are worded as promised, whatever has caused them."""
        for failure in self.recorder.failures[:200]:
            if failure.status is not None:
                try:
                    method, _, path = failure.what.partition(" ")
                    document.check(method, document.PREFIX + path, failure.status, failure.headers,
                                   failure.body)
                except AssertionError as error:
                    self.wrong.append(str(error))

    def _judge_open_writes(self):
        before = self._rows()
        for write in self.writes:
            if write.status is not None:
                continue
            presence = write.presence(before)
            self.there += presence == WHOLE
            self.absent += presence == ABSENT
            if presence == DOUBLED:
                self.doubled.append(write.body)
            elif presence not in (WHOLE, ABSENT):
                self.half.append(write.body)
            if write.idempotency_key:
                self._complete(write, presence)
            elif presence == WHOLE:
                write.learn(200, None)

    def _complete(self, write, presence):
        """An answer that is kept says that the work was done, and was done says that it is kept."""
        status, headers, body = self.recorder.replayer.write(write)
        is_replay = "idempotency-replayed" in headers
        if not (write.is_done or write.is_refused):
            self.wrong.append(f"sent again: {status} {body!r}")
        elif write.is_done and is_replay != (presence == WHOLE):
            self.wrong.append(f"replayed: {is_replay}, but it was {presence}: {write.body!r}")

    def _replay_answers(self):
        kept = [write for write in self.writes if write.idempotency_key and write.status is not None]
        for write in kept[-REPLAYS:]:
            first = write.status, write.answer
            again, headers, body = self.recorder.replayer.write(write)
            if (again, body) != first or "idempotency-replayed" not in headers:
                self.wrong.append(f"replayed as {again} {body!r} {headers}, not as {first}")

    def _judge_rows(self):
        """All that was answered, wholly and once; and nothing else."""
        after = self._rows()
        for write in self.writes:
            presence = write.presence(after)
            if presence == DOUBLED:
                self.doubled.append(write.body)
            elif write.is_done and presence != WHOLE:
                self.lost.append(write.body)
            elif not write.is_done and presence != ABSENT:
                self.half.append(write.body)
        sent = {name for write in self.writes for name in write.rows}
        self.doubled += [name for name in after if name not in sent]

    def _judge_answers_kept(self):
        """One for each Idempotency-Key that was answered, and the very one that the client has."""
        kept = {}
        for tenant in self.recorder.tenants:
            kept.update((key, (status, body.encode())) for key, status, body in self.stack.sql(
                "SELECT idempotency_key, status, body FROM idempotency WHERE org_id = %s",
                [tenant.org_id]))
        answered = {write.idempotency_key: (write.status, write.answer) for write in self.writes
                    if write.idempotency_key and write.status is not None}
        self.wrong += [f"kept is {kept.get(key)}, answered was {answered.get(key)}"
                       for key in kept.keys() | answered.keys() if kept.get(key) != answered.get(key)]

    def _judge_counts(self):
        """No more requests counted than were sent, and no fewer than were answered."""
        for key in [self.recorder.reading_key, *sum(self.recorder.keys.values(), [])]:
            counted, = self.stack.sql(
                """SELECT w.hour_requests + coalesce((SELECT sum(u.requests) FROM usage_hourly u
                                                       WHERE u.org_id = w.org_id AND u.key_id = w.key_id), 0)
                     FROM key_window w JOIN credentials c USING (org_id, key_id)
                    WHERE c.public_id = %s""", [keys.public_id(key)])[0]
            sent = sum(sender.attempts[key] for sender in self.recorder.senders)
            answered = [moment for sender in self.recorder.senders for moment in sender.answered[key]]
            spared = sum(any(crash - UNCOUNTED <= moment <= crash + UNCOUNTED
                             for crash in self.recorder.crashes) for moment in answered)
            if not len(answered) - spared <= counted <= sent:
                self.wrong.append(f"{counted} requests counted, {sent} sent, {len(answered)} answered, "
                                  f"{spared} of them about a crash")
