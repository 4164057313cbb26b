"""postern-policy as a process, and a client that asks it as Postfix's smtpd does."""

import glob
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import time

from . import milter, ports, programs

AUTHSERV_ID = "mx.example.org"
NO_DNS = "127.0.0.1@9"  # nobody answers there, and the kernel says so at once

# A recipient of a stranger's mail, as Postfix 3.7 asks; empty where it does not know.
REQUEST = {
    "request": "smtpd_access_policy", "protocol_state": "RCPT", "protocol_name": "ESMTP",
    "client_address": "1.2.3.4", "client_name": "unknown", "client_port": "4321",
    "reverse_client_name": "unknown", "server_address": "127.0.0.1", "server_port": "25",
    "helo_name": "pc", "sender": "ann@author.example", "recipient": "alice@example.org",
    "recipient_count": "0", "queue_id": "", "instance": "1.2.3", "size": "1000",
    "etrn_domain": "", "stress": "", "sasl_method": "", "sasl_username": "", "sasl_sender": "",
    "ccert_subject": "", "ccert_issuer": "", "ccert_fingerprint": "",
    "ccert_pubkey_fingerprint": "", "encryption_protocol": "", "encryption_cipher": "",
    "encryption_keysize": "0", "policy_context": "",
}  # fmt: skip


def request_text(**attributes):
    """A request as it goes over the wire; None leaves an attribute out."""
    whole = {**REQUEST, **attributes}
    lines = [f"{name}={value}\n" for name, value in whole.items() if value is not None]
    return "".join(lines).encode("utf-8", "surrogateescape") + b"\n"


class Client:
    """One connection to a policy server; `address` is "unix:PATH" or "inet:HOST:PORT"."""

    def __init__(self, address, timeout_seconds=20.0):
        kind, _, rest = address.partition(":")
        self.socket = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
        host, _, port = rest.rpartition(":")
        self.socket.connect(rest if kind == "unix" else (host, int(port)))
        self.socket.settimeout(timeout_seconds)
        self._rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read_answer(self):
        """The action of the next answer; EOFError when the server closed instead."""
        while b"\n\n" not in self._rest:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError(self._rest)
            self._rest += piece
        answer, _, self._rest = self._rest.partition(b"\n\n")
        assert answer.startswith(b"action=") and b"\n" not in answer, answer
        return answer.removeprefix(b"action=").decode("ascii")

    def ask(self, **attributes):
        self.send(request_text(**attributes))
        return self.read_answer()


def bytes_until_closed(client):
    """Everything until the server closes; a reset counts as that."""
    received = b""
    try:
        while piece := client.socket.recv(65536):
            received += piece
    except ConnectionError:
        pass
    return received


def ask(address, timeout_seconds=20.0, **attributes):
    """The action for one request on a connection of its own."""
    with Client(address, timeout_seconds) as client:
        return client.ask(**attributes)


class PolicyDaemon(milter.Milter):
    """One instance with sockets, store, and log in its directory.

    `settings` are merged over what makes it stand alone: enforce mode, no name server that
    answers, nobody to notify. `prefix`: what stands before the command, such as faketime.
    """

    def __init__(self, directory, settings=None, prefix=(), environment=None, inet=False):
        super().__init__(directory, settings or {})
        self.log_path = directory / "policy.log"
        self.path = directory / "p.sock"  # short: sun_path has 108 octets
        self.feed_path = directory / "r.sock"
        self.map_path = directory / "t.sock"
        self.store_path = directory / "store.lmdb"
        self.address = f"inet:{ports.LOOPBACK}:{self.port}" if inet else f"unix:{self.path}"
        self._listen = f"inet:{self.port}@{ports.LOOPBACK}" if inet else f"unix:{self.path}"
        self._prefix = list(prefix)
        self._environment = environment or {}

    @staticmethod
    def binary():
        return programs.binary_directory() / "postern-policy"

    def own_command(self):
        return [str(self.binary()), "--config", str(self.config_path)]

    def base_settings(self):
        return {
            "mode": "enforce",
            "authserv_id": AUTHSERV_ID,
            "local_networks": [],
            "dns": {"servers": [NO_DNS], "dnssec": False},
            "policy": {"sockets": [self._listen], "notice_server": ""},
            "reputation": {"feed_socket": str(self.feed_path)},
            "mta_sts": {"sockets": [f"unix:{self.map_path}"]},
            "store": {"url": f"lmdb:{self.store_path}"},
        }

    def write_config(self, settings=None, text=None):
        if settings is not None:
            self._settings = dict(settings)
        if text is None:
            text = milter.toml_text(merged(self.base_settings(), self._settings))
        self._directory.mkdir(parents=True, exist_ok=True)
        self.config_path.write_text(text)

    def start(self, wait=True, **options):
        """`options` go to Popen, such as pass_fds."""
        if not self.config_path.exists():
            self.write_config()
        lines = len(self.events("started"))
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                [*self._prefix, *self.own_command()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                cwd="/", env={**os.environ, **self._environment}, **options,
            )  # fmt: skip
        if wait:
            self.wait_for_event("started", lines + 1)
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    def restart(self, settings=None):
        self.kill()
        self.write_config(settings)
        return self.start()

    def reload_with(self, settings):
        """Other settings, in use when it returns."""
        lines = len(self.events("reloaded"))
        self.write_config(settings)
        self.reload()
        self.wait_for_event("reloaded", lines + 1)

    def wait_for_event(self, name, count=1, timeout_seconds=30.0):
        """Polls the log until it has `count` lines of this event; gives the last one."""

        def there():
            found = self.events(name)
            if len(found) >= count:
                return found
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError(f"the daemon ended: {self.log()[-2000:]}")
            return None

        return ports.wait_until(
            there, lambda: f"{count} x {name} in: {self.log()[-2000:]}", timeout_seconds
        )[-1]

    def wait_for_exit(self, timeout_seconds=30.0):
        return self._process.wait(timeout_seconds)

    def client(self, timeout_seconds=20.0):
        return Client(self.address, timeout_seconds)

    def ask(self, timeout_seconds=20.0, **attributes):
        return ask(self.address, timeout_seconds, **attributes)

    def decision(self, **attributes):
        """(action, log line) of one request; lines are told apart by their instance."""
        instance = attributes.setdefault("instance", unique_instance())
        action = self.ask(**attributes)
        line = ports.wait_until(
            lambda: [e for e in self.events("policy") if e["instance"] == instance],
            lambda: f"no line for {instance} in {self.log()[-1000:]}",
        )
        return action, line[-1]

    def feed(self, line):
        """Sends one datagram to the reputation feed."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(str(self.feed_path))
            sender.send(line if isinstance(line, bytes) else line.encode())

    def command(self, *words, check=True):
        """Runs `postern` with configuration and clock of the daemon: (status, output, errors)."""
        binary = programs.binary_directory() / "postern"
        done = subprocess.run(
            [str(word) for word in (binary, *words, "--config", self.config_path)],
            capture_output=True, timeout=60, check=False, text=True,
            env={**os.environ, **self._environment},
        )  # fmt: skip
        if check:
            assert (done.returncode, done.stderr) == (0, ""), (words, done)
        return done.returncode, done.stdout, done.stderr

    def rss_mib(self):
        status = f"/proc/{self.pid}/status"
        with open(status, encoding="ascii") as text:
            return int(re.search(r"^VmRSS:\s+(\d+)", text.read(), re.M)[1]) / 1024

    def check_alive(self, pid, seconds=2.0):
        """The same process still runs and answers a normal request in time."""
        assert self.running() and self.pid == pid, self.log()[-2000:]
        assert self.ask(seconds, protocol_state="CONNECT", helo_name="", sender="", recipient="")


class RedisServer:
    """redis-server on a port of its own, without a file; `url` as in store.url."""

    def __init__(self, directory, *options, password=None):
        self.port = ports.free_port()
        self.url = f"redis://{ports.LOOPBACK}:{self.port}/0"
        self._directory = directory
        self._options = options if password is None else (*options, "--requirepass", password)
        self._password = password
        self._process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self._directory.mkdir(parents=True, exist_ok=True)
        words = ["redis-server", "--port", self.port, "--bind", ports.LOOPBACK, "--save", "",
                 "--appendonly", "no", "--dir", self._directory, *self._options]  # fmt: skip
        log_path = self._directory / "redis.log"
        with open(log_path, "ab") as log:
            self._process = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log,
                                             stdin=subprocess.DEVNULL, start_new_session=True)
        ports.wait_for_port(self.port, "redis-server", self._process, logs=[log_path])
        return self

    def kill(self):
        if self._process is not None:
            programs.end_group(self._process, signal.SIGKILL)
            self._process = None

    def stop_answering(self):
        os.kill(self._process.pid, signal.SIGSTOP)

    def answer_again(self):
        os.kill(self._process.pid, signal.SIGCONT)

    def command(self, *words):
        """One command, such as ("CONFIG", "SET", "maxmemory", "1"); its reply as bytes."""
        commands = [words] if self._password is None else [("AUTH", self._password), words]
        with socket.create_connection((ports.LOOPBACK, self.port), 10) as connection:
            for command in commands:
                parts = [str(word).encode() for word in command]
                connection.sendall(b"*%d\r\n" % len(parts)
                                   + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts))
                reply = connection.recv(65536)
        return reply


class FakeClock:
    """The wall clock of programs that are started with `environment`; the others keep theirs."""

    LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"

    def __init__(self, directory):
        self._file = directory / "clock"
        self._offset = 0
        self.environment = {
            "LD_PRELOAD": (glob.glob(self.LIBRARY) or [""])[0],
            "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip
        self.step(0)

    def step(self, seconds):
        """Forward, or back when negative."""
        self._offset += seconds
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{self._offset:+d}\n")
        fresh.rename(self._file)

    def now(self):
        return time.time() + self._offset

    @classmethod
    def is_here(cls):
        return bool(glob.glob(cls.LIBRARY))


class Notifications:
    """The socket behind NOTIFY_SOCKET: what a daemon tells systemd."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(30)

    def close(self):
        self.socket.close()

    def next(self):
        return self.socket.recv(4096).decode()


_instances = 0
_words = itertools.count(1000)


def unique_instance():
    """An instance attribute that no other request of this run has."""
    global _instances
    _instances += 1
    return f"{os.getpid():x}.{_instances:x}.0"


def unique_word():
    """Letters that no other call gives; greylisting takes numbers in senders for one another."""
    return "".join("abcdefghij"[int(digit)] for digit in str(next(_words)))


def merged(base, changes):
    """Settings with changes; tables are merged, None removes."""
    out = dict(base)
    for name, value in (changes or {}).items():
        if isinstance(value, dict):
            out[name] = merged(out.get(name, {}), value)
        elif value is None:
            out.pop(name, None)
        else:
            out[name] = value
    return out


def answer_rule(action, **conditions):
    """Settings with one rule that answers."""
    return {"policy": {"rules": ["only"], "rule": {"only": {"action": action, **conditions}}}}


def write_zone(path, zone):
    """A file for --zone of `postern`."""
    path.write_text(json.dumps(zone))
    return path
