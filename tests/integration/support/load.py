"""Sending many messages while something goes wrong, and accounting for every one of them.

A 4xx reply or a lost connection is retried, as a sending host would, until the time is over.
"""

import collections
import dataclasses
import queue
import re
import threading
import time

from . import message, ports, smtp

RETRY_AFTER_SECONDS = 0.2
_MARK = re.compile(rb"^Message-ID: <load-(\d+)@load\.example>", re.MULTILINE)


@dataclasses.dataclass
class Account:
    """Where the messages of one run are. Every number counts messages."""

    sent: int
    accepted: set
    rejected: set
    deferred: set  # the sender still has them
    arrived: collections.Counter  # number -> how many copies
    codes: collections.Counter  # reply codes, retries counted too
    seconds: float

    @property
    def lost(self):
        return self.accepted - set(self.arrived)

    @property
    def duplicates(self):
        """Copies too many of messages that were accepted once."""
        return sum(copies - 1 for copies in self.arrived.values())

    @property
    def unexpected(self):
        return set(self.arrived) - self.accepted

    def check(self):
        """AssertionError unless nothing was lost, doubled, or forgotten."""
        total = len(self.accepted) + len(self.rejected) + len(self.deferred)
        assert total == self.sent, f"{total} of {self.sent} accounted for: {self}"
        assert not self.lost, f"lost: {sorted(self.lost)}; {self}"
        assert not self.duplicates, f"duplicates: {self}"
        assert not self.unexpected, f"arrived but never accepted: {sorted(self.unexpected)}"

    def __str__(self):
        return (f"sent {self.sent} accepted {len(self.accepted)} rejected {len(self.rejected)} "
                f"deferred {len(self.deferred)} arrived {len(self.arrived)} lost {len(self.lost)} "
                f"duplicates {self.duplicates} in {self.seconds:.1f} s, codes {dict(self.codes)}")


class Load:
    """`Load(host, 600, 12, letter)`: start() begins, finish() waits and returns the Account.

    `letter(number, raw)` turns a plain message into what is sent: (raw, mail_from, client). The
    host must have been made with sink=True.
    """

    def __init__(self, host, count, connections, letter, pause_seconds=0.0, limit_seconds=90.0):
        self._host, self._count, self._letter = host, count, letter
        self._pause_seconds = pause_seconds  # of each connection after each message
        self._end = time.monotonic() + limit_seconds
        self._waiting = queue.Queue()
        for number in range(count):
            self._waiting.put(number)
        self._state, self._codes = {}, collections.Counter()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work) for _ in range(connections)]
        self._begin = time.monotonic()

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def running(self):
        return any(thread.is_alive() for thread in self._threads)

    def _work(self):
        while True:
            try:
                number = self._waiting.get_nowait()
            except queue.Empty:
                return
            raw = message.build("Ann <ann@author.example>", subject=str(number),
                                message_id=f"<load-{number}@load.example>",
                                body=b"payload line\r\n" * 50)
            raw, mail_from, client = self._letter(number, raw)
            reply = smtp.send(self._host.postfix.smtp_port, raw, mail_from, ["alice@example.org"],
                              source=client, timeout_seconds=60)
            with self._lock:
                self._codes[reply.code] += 1
            time.sleep(self._pause_seconds)
            if reply.accepted or reply.rejected:
                self._state[number] = "accepted" if reply.accepted else "rejected"
            elif time.monotonic() < self._end:
                time.sleep(RETRY_AFTER_SECONDS)
                self._waiting.put(number)
            else:
                self._state[number] = "deferred"

    def finish(self):
        """Waits for the senders and for the queue to drain, then counts what arrived."""
        for thread in self._threads:
            thread.join()
        seconds = time.monotonic() - self._begin

        def of(state):
            return {number for number, value in self._state.items() if value == state}

        try:
            self._host.postfix.wait_empty(60)
        except TimeoutError:
            pass  # what has not arrived shows as lost
        return Account(self._count, of("accepted"), of("rejected"), of("deferred"),
                       arrived(self._host), self._codes, seconds)


def arrived(host):
    """Number of each load message in the file sink -> copies."""
    found = (_MARK.search(raw) for raw in host.postfix.sink_messages())
    return collections.Counter(int(mark[1]) for mark in found if mark)


def repeat_until_done(load, action, pause_seconds):
    """Runs `action()` again and again while the load lasts; `pause_seconds()` is called between.

    Returns how often it ran.
    """
    times = 0
    while load.running():
        action()
        times += 1
        end = time.monotonic() + pause_seconds()
        while load.running() and time.monotonic() < end:
            time.sleep(0.02)
    return times


def wait_for_arrivals(host, count):
    """Waits until so many load messages are in the sink."""
    ports.wait_until(lambda: len(arrived(host)) >= count, f"fewer than {count} arrived", 60, 0.05)
