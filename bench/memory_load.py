"""Sends mail to the machine of bench/memory-run, and reads what memory its processes take.

  memory_load.py PID SECONDS RATE ACCOUNTS OUTPUT.json

PID is the machine's first process, as the host numbers it; the caller is in its network.
"""

import collections
import json
import os
import pathlib
import re
import smtplib
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import make_messages  # noqa: E402

OUTSIDE = "203.0.113.25"
CONNECTIONS = 16
PREPARED = 200  # messages, which are sent again and again under other names
KINDS = ["1m"] + ["20k"] * 30 + ["2k"] * 69  # of a hundred


def processes(init):
    """Pids of all in the machine."""
    space = os.stat(f"/proc/{init}/ns/pid").st_ino
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{name}/ns/pid").st_ino == space:
                yield int(name)
        except OSError:
            continue


def program(pid):
    """What it is called in the table; Dovecot's name their service themselves."""
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    name = os.path.basename(words[0].split(" ")[0])
    return f"dovecot/{name}" if words[0].startswith("dovecot/") else name


def memory_of(init):
    """{program: {"processes", "pss", "rss"}} in KiB"""
    table = collections.defaultdict(lambda: {"processes": 0, "pss": 0, "rss": 0})
    for pid in processes(init):
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
            row = table[program(pid)]
        except OSError:
            continue
        row["processes"] += 1
        for key in ("Pss", "Rss"):
            found = re.search(rf"^{key}:\s+(\d+)", text, re.MULTILINE)
            row[key.lower()] += int(found[1]) if found else 0
    return dict(table)


def total(table):
    return sum(row["pss"] for row in table.values())


class Load:
    """Messages at even distances in time; one connection for each, as from strangers."""

    def __init__(self, rate, seconds, accounts):
        self._count, self._rate, self._accounts = rate * seconds, rate, accounts
        self._texts = [make_messages.unsigned(KINDS[number % len(KINDS)], number, "good.net")
                       for number in range(PREPARED)]  # fmt: skip
        self._next, self._lock = 0, threading.Lock()
        self.begin, self.failures, self.octets, self.latest = 0.0, [], 0, 0.0

    def run(self):
        self.begin = time.monotonic()
        threads = [threading.Thread(target=self._work) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        return threads

    def _take(self):
        with self._lock:
            number, self._next = self._next, self._next + 1
        return number if number < self._count else None

    def _work(self):
        while (number := self._take()) is not None:
            due = self.begin + number / self._rate
            time.sleep(max(0.0, due - time.monotonic()))
            text = self._texts[number % PREPARED]
            text = re.sub(rb"(?im)^Message-ID:.*$", f"Message-ID: <{number}@good.net>".encode(), text, count=1)
            try:
                with smtplib.SMTP(OUTSIDE, 25, "mail.example.org", timeout=60) as client:
                    client.sendmail("sender@good.net", [self._accounts[number % len(self._accounts)]], text)
            except (OSError, smtplib.SMTPException) as problem:
                self.failures.append(repr(problem))
            with self._lock:
                self.octets += len(text)
                self.latest = max(self.latest, time.monotonic() - due)


def main(init, seconds, rate, accounts, output):
    load = Load(int(rate), int(seconds), accounts.split(","))
    rest = memory_of(init)
    peak, sums = rest, []
    threads = load.run()
    while any(thread.is_alive() for thread in threads):
        now = memory_of(init)
        sums.append(total(now))
        peak = max(peak, now, key=total)
        time.sleep(1)
    took = time.monotonic() - load.begin
    pathlib.Path(output).write_text(json.dumps({
        "rest": rest, "peak": peak, "average": sum(sums) / len(sums), "seconds": took, "messages": int(rate) * int(seconds),
        "failures": load.failures, "octets": load.octets, "latest": load.latest,
    }), encoding="utf-8")  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
