"""postern-avscan as a process, a client of its socket, and a mail host that scans with it."""

import array
import hashlib
import os
import pathlib
import signal
import socket
import subprocess
import time

from . import authres, av_engine, av_signatures, ports, programs
from .mailhost import MailHost, merged
from .milter import toml_text

# The scanner's own user in tests: one that every Debian has and that owns nothing.
BASE = {"user": "nobody", "clients": ["nobody"], "check_interval": "200ms"}
OFF = {name: {"enabled": False} for name in ("spf", "dkim", "arc", "dmarc")}
SIZES = {"message_size_limit": "52428800", "virtual_mailbox_limit": "0", "mailbox_size_limit": "0"}
NO_DNS = {"dns": {"servers": ["127.0.0.1@9"], "timeout": "100ms", "budget": "100ms"}}


class Avscan:
    """One postern-avscan with a database of its own at `database`; `address` is for the milter."""

    def __init__(self, directory, scanner=None, files=(), binary=None):
        """`scanner`: changes to the section [scanner]. `files`: known by their hash."""
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)
        self.directory = directory
        self.binary = binary or programs.for_everybody(directory, "postern-avscan", "postern-avscan-engine") / "postern-avscan"
        self.database = av_signatures.make(directory / "db", *files)
        self.socket = directory / "s"
        self.address = f"avscan:{self.socket}"
        self.log_path = directory / "avscan.log"
        self.settings = merged(
            {**BASE, "socket": self.socket, "database": self.database, "temporary_directory": "/var/tmp"},
            scanner,
        )  # fmt: skip
        self.prefix = []  # what stands before the command
        self._meminfo = None
        self._process = None

    @property
    def pid(self):
        return self._process.pid

    def pretend_memory(self, mib):
        """What is available on the host, in its eyes. Before the start for the first time."""
        text = f"MemTotal: {64 * 1024 * 1024} kB\nMemAvailable: {mib * 1024} kB\n"
        self._meminfo = self.directory / "meminfo"
        self._meminfo.write_text(text)

    def write_config(self, **changes):
        self.settings = merged(self.settings, changes)
        (self.directory / "avscan.toml").write_text(toml_text({"scanner": self.settings}))

    def start(self, wait=True):
        """With its signatures loaded, unless `wait` says not to wait."""
        self.write_config()
        prefix = list(self.prefix)
        if self._meminfo is not None:  # a mount that nobody else sees
            mount = f'mount --bind {self._meminfo} /proc/meminfo && exec "$0" "$@"'
            prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount]
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                [*prefix, str(self.binary), "--config", str(self.directory / "avscan.toml")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
            )  # fmt: skip
        try:
            if wait:
                ports.wait_until(self.is_ready, lambda: f"postern-avscan: {self.log()[-1500:]}", 60)
        except BaseException:
            self.stop()
            raise
        return self

    def is_ready(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"postern-avscan ended: {self.log()[-1500:]}")
        try:
            return bool(self.status().get("generation"))
        except OSError:
            return False

    def stop(self):
        """SIGTERM to it alone; its exit status. What it started has to end by itself."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            programs.end_group(process, signal.SIGKILL)
        return process.returncode

    def kill(self):
        """SIGKILL of the supervisor alone; what it started has to end by itself."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def reload(self):
        os.kill(self.pid, signal.SIGUSR1)

    def running(self):
        return self._process is not None and self._process.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def events(self, name):
        parsed = (authres.parse_log_line(line) for line in self.log().splitlines())
        return [pairs for pairs in parsed if pairs.get("event") == name]

    # -------------------------------------------------------------- processes

    def engines(self):
        return children_of(self.pid)

    def children(self):
        """The processes that scan."""
        return [child for engine in children_of(self.pid) for child in children_of(engine)]

    def memory(self):
        """Of all its processes: {"private", "rss", "pss"} in MiB."""
        return memory_of([self.pid, *descendants(self.pid)])

    # -------------------------------------------------------------- its socket

    def connect(self, timeout=100):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(timeout)
        try:
            connection.connect(str(self.socket))
        except OSError:
            connection.close()
            raise
        return connection

    def control(self, word, timeout=60):
        with self.connect(timeout) as connection:
            connection.send(word.encode())
            return av_engine.packet_of(connection.recv(av_engine.MAX_PACKET).decode())[1]

    def status(self):
        return self.control("status1")

    def scan(self, content, kind="message", timeout=100):
        """(result, name) of one object."""
        return self.scan_many([(kind, content)], timeout)[0]

    def scan_many(self, objects, timeout=100):
        with self.connect(timeout) as connection:
            return ask(connection, objects)


def ask(connection, objects):
    """One request: each object is (kind, content), or has the digest that is to be told with it."""
    text = "scan1 objects=" + ",".join(
        f"{kind}:{len(content)}:{digest[0] if digest else hashlib.sha256(content).hexdigest()}"
        for kind, content, *digest in objects)
    memory = av_engine.sealed(b"".join(content for _, content, *_ in objects))
    try:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [memory]))]
        connection.sendmsg([text.encode()], rights)
    finally:
        os.close(memory)
    answer = connection.recv(av_engine.MAX_PACKET).decode()
    if not answer:
        raise EOFError("postern-avscan closed the connection")
    outcomes = answer.partition(" outcomes=")[2].split(" ")[0].split(",")
    return [tuple(av_engine.unquote(word) for word in outcome.partition(":")[::2]) for outcome in outcomes]


def children_of(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text().split()]
        except OSError:
            continue
    return found


def descendants(pid):
    found, todo = [], [pid]
    while todo:
        below = children_of(todo.pop())
        found += below
        todo += below
    return found


def memory_of(pids):
    """MiB: what only these processes have, what each of them maps, and their share of it."""
    total = {"private": 0, "rss": 0, "pss": 0}
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        values = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
        total["private"] += values["Private_Clean"] + values["Private_Dirty"]
        total["rss"] += values["Rss"]
        total["pss"] += values["Pss"]
    return {name: value / 1024 for name, value in total.items()}


def processor_seconds(pids):
    """User and system time of these processes and of their children that have ended."""
    ticks = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


class ScanningHost:
    """A mail host whose milter asks a postern-avscan, and nothing else.

    `antivirus`: changes to the section. `sink`: mail goes to files instead of Dovecot.
    """

    def __init__(self, sink=False, scanner=None, files=(), more=None, postfix=None, **antivirus):
        section = {"enabled": True, **antivirus}
        settings = merged({**OFF, **NO_DNS, "antivirus": section}, more)
        self.host = MailHost({}, settings, postfix={**SIZES, **(postfix or {})},
                             sink=sink)  # fmt: skip
        self.scanner = Avscan(self.host.directory / "av", scanner, files)
        self.host.settings["antivirus"].setdefault("scanners", [self.scanner.address])
        self.host.milter._settings = self.host.settings

    def __enter__(self):
        self.scanner.start()
        try:
            self.host.__enter__()
        except BaseException:
            self.scanner.stop()
            raise
        return self

    def __exit__(self, *_):
        self.scanner.stop()
        self.host.close()

    def send(self, raw, recipients=("alice@example.org",)):
        return self.host.send(raw, "ann@author.example", "127.0.0.10", recipients)

    def deliver(self, raw):
        return self.host.deliver(raw, "ann@author.example", "127.0.0.10")

    def configure(self, mode="enforce", **antivirus):
        """New settings of the check, in use when this returns."""
        settings = merged(self.host.settings, {"mode": mode, "antivirus": antivirus})
        self.host.milter.write_config(settings)
        before = len(self.host.milter.events("reloaded"))
        self.host.milter.reload()
        ports.wait_until(lambda: len(self.host.milter.events("reloaded")) > before,
                         lambda: self.host.milter.log()[-500:], 10)  # fmt: skip


def timed(function, *words):
    """(its result, seconds)"""
    begin = time.monotonic()
    result = function(*words)
    return result, time.monotonic() - begin
