"""Plays Postfix to postern-milter: whole messages, raw packets, and a look at the process.

The wire format comes from tests/security/miltersend.py; here are the outcome of a message as a
value, the daemon as a process with its limits and counters, and the DNS server with faults.
"""

import dataclasses
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import time

import pytest

from strict_reader import LOG_LINE, ResultsError, read_results, read_verdict  # noqa: F401
from support import milter, ports, programs

SECURITY = programs.ROOT / "tests" / "security"
sys.path.insert(0, str(SECURITY))
import miltersend  # noqa: E402

AUTHSERV_ID = "mx.test.example"
ANSWER_SECONDS = 2.0  # what a normal message may take after any other (the common rule)
ALL_ACTIONS = 0x1FF
ALL_STEPS = 0x1FFFFF

# A build with sanitizers keeps freed memory; every rule but those about memory holds for it too.
SANITIZED = bool(os.environ.get("POSTERN_SANITIZED"))
MEMORY_FACTOR = 100 if SANITIZED else 1


def require_program(name):
    """The path of one of our programs; skips when it is not built, unless it was asked for."""
    path = programs.binary_directory() / name
    if not path.exists():
        if os.environ.get("POSTERN_BIN"):
            pytest.fail(f"POSTERN_BIN is set, but there is no {path}")
        pytest.skip(f"not built: {path}")
    return path


# ------------------------------------------------------------------ messages and what became of them


@dataclasses.dataclass
class Mail:
    """One message with its envelope, as the MTA has it."""

    raw: bytes
    mail_from: bytes = b"bounce@attack.example"
    helo: bytes = b"mail.attack.example"
    client: str = "192.0.2.66"
    queue_id: str = "4TESTQ"
    recipient: bytes = b"user@test.example"
    as_postfix: bool = True  # fields as Postfix hands them over, else every byte
    fields: list = None  # [(name, value)] instead of those of `raw`
    macros: dict = dataclasses.field(default_factory=dict)  # for MAIL, such as "{auth_authen}"

    def parts(self):
        fields, body = miltersend.fields(self.raw, self.as_postfix)
        return (self.fields if self.fields is not None else fields), body


@dataclasses.dataclass
class Outcome:
    """What the milter answered to one message."""

    reply: str  # a name of miltersend.FINAL
    text: str = ""  # of the SMTP reply, when it gave one
    inserted: list = dataclasses.field(default_factory=list)  # (index, name, value) in order
    removed: list = dataclasses.field(default_factory=list)  # (name, index) in order
    other: list = dataclasses.field(default_factory=list)  # any other change, by its name
    held: bool = False
    seconds: float = 0.0

    @property
    def action(self):
        """accept, quarantine, defer, or reject: the words of the log."""
        if self.reply == "replycode":
            return {"4": "defer", "5": "reject"}.get(self.text[:1], "unknown reply " + self.text)
        words = {"accept": "accept", "continue": "accept", "tempfail": "defer", "reject": "reject"}
        action = words.get(self.reply, self.reply)
        return "quarantine" if self.held and action == "accept" else action

    def field(self, name):
        """The value of the field the milter put on top under this name, or None."""
        values = [v for _, n, v in self.inserted if n.lower() == name.lower()]
        assert len(values) <= 1, values
        return values[0] if values else None

    def delivered(self, fields):
        """The fields after the changes, carried out one after the other as the MTA does."""
        fields = [(n.decode("latin1"), v.decode("latin1")) for n, v in fields]
        for name, index in self.removed:
            places = [i for i, (n, _) in enumerate(fields) if n.lower() == name.lower()]
            if index <= len(places):
                del fields[places[index - 1]]
        for index, name, value in self.inserted:
            fields.insert(index, (name, value))
        return fields


class Connection(miltersend.Milter):
    """One connection of the MTA to the milter; `address` is "inet:HOST:PORT" or "unix:PATH"."""

    def __init__(self, address, timeout=30.0, negotiate=True):
        super().__init__(address, timeout)
        self.skipbody = False
        if negotiate:
            self.negotiate(ALL_STEPS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.send(b"Q")
        except OSError:
            pass
        self.s.close()

    def drop(self):
        """Closes without a word."""
        self.s.close()

    def negotiate_with(self, actions, steps=ALL_STEPS, version=6):
        """Offers these actions and steps; the reply as (command, data)."""
        self.send(b"O", struct.pack(">III", version, actions, steps))
        command, data = self.recv()
        if command == b"O":
            self.ver, self.actions, self.steps = struct.unpack(">III", data[:12])
        return command, data

    def macros(self, command, pairs):
        text = b"".join(k.encode() + b"\0" + v.encode() + b"\0" for k, v in pairs.items())
        self.send(b"D", command + text)

    def _ended(self, step):
        if step is not None:
            raise MessageEnded(*step)

    def connect(self, mail):
        self.macros(b"C", {"j": AUTHSERV_ID, "{daemon_name}": AUTHSERV_ID, "v": "Postfix 3.7.11"})
        family = b"6" if ":" in mail.client else b"4"
        address = family + struct.pack(">H", 4321) + mail.client.encode() + b"\0"
        data = b"mail.attack.example\0" + address
        self._ended(self.step(b"C", data, miltersend.P_NOCONNECT, miltersend.P_NR_CONN))

    def envelope(self, mail):
        self._ended(self.step(b"H", mail.helo + b"\0", miltersend.P_NOHELO, miltersend.P_NR_HELO))
        self.macros(b"M", {"i": mail.queue_id, **mail.macros})
        path = b"<" + mail.mail_from + b">\0"
        self._ended(self.step(b"M", path, miltersend.P_NOMAIL, miltersend.P_NR_MAIL))
        path = b"<" + mail.recipient + b">\0"
        self._ended(self.step(b"R", path, miltersend.P_NORCPT, miltersend.P_NR_RCPT))
        self._ended(self.step(b"T", b"", miltersend.P_NODATA, miltersend.P_NR_DATA))

    def header(self, fields):
        leading = self.steps & miltersend.P_LEADSPC
        for name, value in fields:
            if not leading and value[:1] == b" ":
                value = value[1:]
            data = name + b"\0" + value + b"\0"
            self._ended(self.step(b"L", data, miltersend.P_NOHDRS, miltersend.P_NR_HDR))
        self._ended(self.step(b"N", b"", miltersend.P_NOEOH, miltersend.P_NR_EOH))

    def body(self, body):
        for at in range(0, len(body), 65535):
            if self.skipbody:
                return
            piece = body[at : at + 65535]
            self._ended(self.step(b"B", piece, miltersend.P_NOBODY, miltersend.P_NR_BODY))

    def begin(self, mail, connect=True):
        """Everything before the end of the message."""
        self.skipbody = False
        fields, body = mail.parts()
        if connect:
            self.connect(mail)
        self.envelope(mail)
        self.header(fields)
        self.body(body)

    def ask_for_end(self, mail):
        """Sends the end of the message and does not wait."""
        self.macros(b"E", {"i": mail.queue_id})
        self.send(b"E")

    def read_end(self, outcome=None):
        outcome = outcome or Outcome("")
        while True:
            command, data = self.recv()
            if command in miltersend.FINAL:
                outcome.reply = miltersend.FINAL[command]
                outcome.text = data.rstrip(b"\0").decode("latin1")
                return outcome
            _note_change(outcome, command, data)

    def deliver(self, mail, connect=True):
        """The whole message; an Outcome in any case."""
        start = time.monotonic()
        try:
            self.begin(mail, connect)
            self.ask_for_end(mail)
            outcome = self.read_end()
        except MessageEnded as end:
            outcome = Outcome(end.reply, end.data.rstrip(b"\0").decode("latin1"))
        outcome.seconds = time.monotonic() - start
        return outcome


class MessageEnded(Exception):
    """The milter gave its final answer before the end of the message."""

    def __init__(self, reply, data):
        super().__init__(reply)
        self.reply, self.data = reply, data


def _note_change(outcome, command, data):
    if command == b"i":
        name, value = data[4:].rstrip(b"\0").split(b"\0", 1)
        index = struct.unpack(">I", data[:4])[0]
        outcome.inserted.append((index, name.decode("latin1"), value.decode("latin1")))
    elif command == b"m" and data.endswith(b"\0\0"):
        index, name = struct.unpack(">I", data[:4])[0], data[4:].split(b"\0", 1)[0]
        outcome.removed.append((name.decode("latin1"), index))
    elif command == b"q":
        outcome.held = True
    elif command != b"p":
        outcome.other.append(miltersend.MODS.get(command, repr(command)))


def deliver(address, mail, timeout=30.0):
    """One message on a connection of its own."""
    with Connection(address, timeout) as connection:
        return connection.deliver(mail)


def message(sender=b"m@attack.example", body=b"Hello\r\n", extra=b""):
    """A small message."""
    return (
        b"From: <" + sender + b">\r\nTo: user@test.example\r\nSubject: test\r\n"
        b"Date: Mon, 01 Jan 2024 10:00:00 +0000\r\nMessage-ID: <1@attack.example>\r\n"
        + extra + b"\r\n" + body
    )


def normal_mail(**changes):
    """A message that passes SPF and DMARC in the zone of gencases.py."""
    return Mail(message(), **changes)


# ------------------------------------------------------------------ processes


class Daemon(milter.Milter):
    """postern-milter on a unix or TCP socket, with a look at what it uses."""

    binary = None  # another copy of the program

    def __init__(self, directory, settings=None, unix=False, prefix=(), limit_files=None):
        super().__init__(directory, settings or {})
        self.path = directory / "m.sock"  # short: sun_path has 108 bytes
        self.socket = f"unix:{self.path}" if unix else f"inet:{self.port}@{ports.LOOPBACK}"
        self.address = f"unix:{self.path}" if unix else f"inet:{ports.LOOPBACK}:{self.port}"
        self._prefix, self._limit_files = list(prefix), limit_files

    def write_config(self, settings=None, text=None):
        if settings is not None:
            self._settings = dict(settings)
        if text is None:
            whole = {"authserv_id": AUTHSERV_ID, **self._settings}
            whole["milter"] = {"socket": self.socket, **whole.get("milter", {})}
            text = milter.toml_text(whole)
        self.config_path.write_text(text)

    def _limit(self):
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (self._limit_files, self._limit_files))

    def start(self, wait=True):
        binary = self.binary or require_program("postern-milter")
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        if not self.config_path.exists():
            self.write_config()
        lines = len(self.events("started"))
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                [*self._prefix, str(binary), "--config", str(self.config_path)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
                preexec_fn=self._limit if self._limit_files else None,
            )  # fmt: skip
        if wait:
            self.wait_for_event("started", lines + 1)
        return self

    def wait_for_event(self, name, count=1, timeout=15.0):
        """Polls the log until it has `count` lines of this event; gives the last one."""

        def there():
            found = self.events(name)
            if len(found) >= count:
                return found
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError(f"the daemon ended: {self.log()[-1500:]}")
            return None

        return ports.wait_until(
            there, lambda: f"{count} x {name} in: {self.log()[-1500:]}", timeout
        )[-1]

    def wait_for_exit(self, timeout=20.0):
        """The exit status of a daemon that was told to stop."""
        return self._process.wait(timeout)

    @property
    def pid(self):
        return self._process.pid

    def status(self, key):
        """A number of /proc/PID/status, such as VmRSS or VmHWM (KiB) or Threads."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1))

    def rss_mib(self):
        return self.status("VmRSS") / 1024

    def peak_mib(self):
        return self.status("VmHWM") / 1024

    def forget_peak(self):
        """Makes the present memory the peak (proc(5), clear_refs)."""
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def check_alive(self, pid):
        """The same process still runs and answers a normal message in time."""
        assert self.running() and self.pid == pid, self.log()[-2000:]
        outcome = deliver(self.address, normal_mail(), timeout=15)
        assert outcome.action == "accept", outcome
        assert outcome.seconds < ANSWER_SECONDS, outcome.seconds
        return outcome


class FaultyDns:
    """tests/security/dnsfault.py on a free port; `address` as in dns.servers."""

    def __init__(self, directory, zone, mode="ok"):
        self.port = ports.free_port()
        self.address = f"{ports.LOOPBACK}@{self.port}"
        directory.mkdir(parents=True, exist_ok=True)
        self._zone = directory / "zone.json"
        self._zone.write_text(json.dumps(zone))
        self._log = directory / "queries.log"
        self._log.touch()
        self._mode = mode
        self._process = None

    def __enter__(self):
        command = [sys.executable, SECURITY / "dnsfault.py", f"{ports.LOOPBACK}:{self.port}"]
        command += [self._zone, "--mode", self._mode, "--log", self._log]
        self._process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, start_new_session=True
        )
        ports.wait_for_port(self.port, "dnsfault.py", self._process)
        return self

    def __exit__(self, *_):
        programs.end_group(self._process)

    def queries(self):
        """(transport, type, name) of every query so far."""
        return [tuple(line.split()[1:4]) for line in self._log.read_text().splitlines()]


def wait_until_serving(address, timeout=15.0):
    """Polls until a milter at this address negotiates."""

    def up():
        try:
            Connection(address, 2).close()
            return True
        except (OSError, EOFError, socket.timeout):
            return False

    ports.wait_until(up, f"no milter at {address}", timeout)
