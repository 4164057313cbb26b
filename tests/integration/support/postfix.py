"""A private Postfix instance: smtpd and submission on loopback, our milter, LMTP or a file sink.

Clients choose their address by binding to 127.0.0.N before they connect; only 127.0.0.8 is in
mynetworks. Nothing of /etc/postfix is read or written.
"""

import json
import os
import re
import shutil
import signal
import subprocess

from . import ports, postfix_config, programs

MASTER = "/usr/lib/postfix/sbin/master"

# What `postfix check` would make, without its second of shell: (path, mode, owner, group).
_DIRECTORIES = (
    [(f"spool/{name}", 0o700, "postfix", "root") for name in (
        "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
        "private", "saved", "trace")]
    + [
        ("spool", 0o755, "root", "root"),
        ("spool/pid", 0o755, "root", "root"),
        ("spool/maildrop", 0o730, "postfix", "postdrop"),
        ("spool/public", 0o710, "postfix", "postdrop"),
        ("lib", 0o700, "postfix", "root"),
        ("etc", 0o755, "root", "root"),
        ("sink", 0o700, "nobody", "nogroup"),
    ]
)


class Postfix:
    """Started by start(), stopped by stop(); `smtp_port` and `submission_port` say where it is."""

    def __init__(self, directory, milter, **options):
        """`milter`: address as Postfix writes it (inet:host:port).

        Options: lmtp_port, sasl_port (of Dovecot; without lmtp_port mail goes to a file sink),
        certificate (key, cert), settings (main.cf parameters that replace ours; None removes).
        """
        self.directory = directory
        self.config_directory = directory / "etc"
        self.log_path = directory / "mail.log"
        self.smtp_port = ports.free_port()
        self.submission_port = ports.free_port()
        self._milter = milter
        self._options = options

    def _make_directories(self):
        for path, mode, owner, group in sorted(_DIRECTORIES):
            full = self.directory / path
            full.mkdir(parents=True, exist_ok=True)
            shutil.chown(full, owner, group)
            full.chmod(mode)

    def start(self):
        """Writes the configuration and returns when both ports accept connections."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        self._make_directories()
        main = postfix_config.main_cf(self, self._milter, self._options)
        (self.config_directory / "main.cf").write_text(main)
        master = postfix_config.master_cf(self, self._options)
        (self.config_directory / "master.cf").write_text(master)
        programs.run([MASTER, "-c", self.config_directory, "-w"])
        for port in (self.smtp_port, self.submission_port):
            ports.wait_for_port(port, "Postfix", logs=[self.log_path])

    def _group(self):
        path = self.directory / "spool" / "pid" / "master.pid"
        try:
            pid = int(path.read_text())
            return pid if os.getpgid(pid) == pid else None
        except (OSError, ValueError):
            return None

    def stop(self):
        """Ends every process of the instance; messages stay in the queue directory."""
        group = self._group()
        if group is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(group, number)
                ports.wait_until(lambda: not _group_lives(group), "Postfix ends", 3.0)
                return
            except ProcessLookupError:
                return
            except TimeoutError:
                continue

    def command(self, *words, **options):
        """Runs a Postfix command for this instance, e.g. command("postsuper", "-d", queue_id)."""
        return programs.run(
            ["/usr/sbin/" + words[0], "-c", self.config_directory, *words[1:]], **options
        )

    def reload(self, **settings):
        """Changes parameters and makes them count for the next connection."""
        self.command("postconf", "-e", *[f"{name}={value}" for name, value in settings.items()])
        self.command("postfix", "reload")

    def sendmail(self, message, sender, recipients):
        """Hands a message to sendmail(1), as a local program does; CompletedProcess."""
        return subprocess.run(
            ["/usr/sbin/sendmail", "-C", str(self.config_directory), "-i", "-f", sender, "--",
             *recipients],
            input=message.replace(b"\r\n", b"\n"),
            capture_output=True,
            timeout=60,
            check=False,
            env={**os.environ, "MAIL_CONFIG": str(self.config_directory)},
        )

    def queue(self):
        """What is in the queue: dictionaries with queue_name, queue_id, sender, recipients."""
        listing = self.command("postqueue", "-j")
        return [json.loads(line) for line in listing.splitlines() if line.startswith("{")]

    def queue_name(self, queue_id):
        """active, deferred, hold, … or None when the message has left the queue."""
        found = [item["queue_name"] for item in self.queue() if item["queue_id"] == queue_id]
        return found[0] if found else None

    def queued_message(self, queue_id):
        """The text of a message in the queue, with postcat's own lines left out."""
        return self.command("postcat", "-bhq", queue_id).encode("utf-8", "surrogateescape")

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_of(self, queue_id):
        """The log lines of one message."""
        return [line for line in self.log().splitlines() if f"{queue_id}:" in line]

    def rejected_ids(self):
        """Queue ids of the messages a milter refused at the end, oldest first."""
        return re.findall(r": (\w+): milter-reject: END-OF-MESSAGE", self.log())

    def wait_empty(self, timeout_seconds=30.0):
        """Waits until nothing is left to deliver (held messages do not count)."""
        ports.wait_until(
            lambda: not [item for item in self.queue() if item["queue_name"] != "hold"],
            lambda: f"queue is not empty: {self.queue()}",
            timeout_seconds,
            step_seconds=0.2,
        )

    def sink_messages(self):
        """What the file sink holds, as bytes, in no order."""
        messages = []
        for path in (self.directory / "sink").glob("*/new/*"):
            messages.append(path.read_bytes())
        return messages


def _group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return _has_living_member(group)


def _has_living_member(group):
    """Zombies that nobody reaps (in a container without init) do not count as living."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="latin-1") as stat:
                    rest = stat.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(rest[2]) == group and rest[0] != "Z":
                return True
    return False

