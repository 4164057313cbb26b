"""postern-milter as a process: start, its log lines, reload, stop, kill."""

import os
import re
import signal
import subprocess

from . import authres, ports, programs


def toml_text(settings):
    """A dictionary of values, lists, and tables within tables as TOML."""

    def value(item):
        if isinstance(item, bool):
            return "true" if item else "false"
        if isinstance(item, (int, float)):
            return str(item)
        if isinstance(item, (list, tuple)):
            return "[" + ", ".join(value(part) for part in item) + "]"
        return '"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"'

    def table(name, items):
        lines = [f"\n[{name}]"] if name else []
        lines += [f"{k} = {value(v)}" for k, v in items.items() if not isinstance(v, dict)]
        for key, inner in items.items():
            if isinstance(inner, dict):
                # At the top a name may be written out: 'signing.domain."example.org"'.
                word = key if not name or re.fullmatch(r"[\w-]+", key) else f'"{key}"'
                lines += table(f"{name}.{word}" if name else word, inner)
        return lines

    return "\n".join(table("", settings)) + "\n"


class Milter:
    """One instance on a TCP port of its own; `address` is how Postfix writes it."""

    def __init__(self, directory, settings):
        """`settings`: the configuration without the socket, which is ours to choose."""
        self.port = ports.free_port()
        self.address = f"inet:{ports.LOOPBACK}:{self.port}"
        self.config_path = directory / "postern.toml"
        self.log_path = directory / "milter.log"
        self._directory = directory
        self._settings = dict(settings)
        self._process = None

    @staticmethod
    def binary():
        return programs.binary_directory() / "postern-milter"

    @property
    def pid(self):
        return self._process.pid

    def write_config(self, settings=None, text=None):
        """Writes the configuration file: new settings, or any text at all."""
        if settings is not None:
            self._settings = dict(settings)
        if text is None:
            whole = dict(self._settings)
            socket = {"socket": f"inet:{self.port}@{ports.LOOPBACK}"}
            whole["milter"] = {**whole.get("milter", {}), **socket}
            text = toml_text(whole)
        self.config_path.write_text(text)

    def start(self, wait=True):
        self._directory.mkdir(parents=True, exist_ok=True)
        if not self.config_path.exists():
            self.write_config()
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                [str(self.binary()), "--config", str(self.config_path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )
        if wait:
            ports.wait_for_port(self.port, "postern-milter", self._process, logs=[self.log_path])

    def restart(self, settings=None):
        """Kills (a clean stop takes libmilter up to 5 s), takes new settings if given, starts."""
        self.kill()
        self.write_config(settings)
        self.start()

    def running(self):
        return self._process is not None and self._process.poll() is None

    def signal(self, number):
        """Sends a signal to the process; nothing happens when it has ended."""
        if self.running():
            os.kill(self._process.pid, number)

    def reload(self):
        self.signal(signal.SIGUSR1)

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        """SIGKILL, and waits until it is gone."""
        if self._process is not None:
            programs.end_group(self._process, signal.SIGKILL)
            self._process = None

    def stop(self, timeout_seconds=20.0):
        """SIGTERM; returns the exit status (negative: the signal that ended it)."""
        if self._process is None:
            return None
        self.thaw()
        process, self._process = self._process, None
        programs.end_group(process, signal.SIGTERM, timeout_seconds)
        return process.returncode

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def events(self, name="message"):
        """The log lines of one event as dictionaries, oldest first."""
        parsed = (authres.parse_log_line(line) for line in self.log().splitlines())
        return [pairs for pairs in parsed if pairs.get("event") == name]

    def events_of(self, queue_id):
        return [pairs for pairs in self.events() if pairs.get("queue_id") == queue_id]
