"""The policy servers that bench/policy-run compares, each with a private configuration."""

import pathlib
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
from support import ports, programs  # noqa: E402
from support.policy import PolicyDaemon  # noqa: E402

RATE_LIMIT = """\
debug: False
user: "root"
group: "root"
pidfile: "{folder}/pid"
backend: 0
sqlite_config:
    database: "{folder}/db.sqlite3"
SOCKET: "{folder}/s"
socket_permission: 0666
limits:
    - [1000000, 3600]
limits_by_id: {{}}
limit_by_sasl: True
limit_by_sender: False
limit_by_ip: False
limited_networks: []
success_action: "dunno"
fail_action: "defer_if_permit Rate limit reach, retry later"
db_error_action: "dunno"
report: False
delay_to_close: 300
"""


class Postern:
    """postern-policy: every triplet is held, and limits that no login reaches."""

    name = "postern"

    def __init__(self, folder, binary, dns_address):
        settings = {
            "dns": {"servers": [dns_address]},
            "policy": {"rules": ["limits", "greylist"],
                       "rule": {"greylist": {"authenticated": "no"}},
                       "limit": {"login-hour": {"amount": 1_000_000, "state": "RCPT"},
                                 "login-day": {"amount": 0}}},
            "greylist": {"when": "always"},
            "store": {"max_size": "1024MiB"},
        }  # fmt: skip
        self._daemon = PolicyDaemon(folder, settings)
        self._daemon.binary = lambda: binary / "postern-policy"

    def start(self):
        self._daemon.start()
        return self

    def restart(self):
        self._daemon.stop()
        self._daemon.start()

    def stop(self):
        self._daemon.kill()

    def start_anew(self):
        """With an empty store."""
        self._daemon.stop()
        for path in self._daemon.store_path.parent.glob(self._daemon.store_path.name + "*"):
            path.unlink()
        self._daemon.start()

    @property
    def address(self):
        return self._daemon.address

    @property
    def pid(self):
        return self._daemon.pid

    def rss_mib(self):
        return self._daemon.rss_mib()


class _Peer:
    """A daemon of Debian on a unix socket."""

    program = ""

    def __init__(self, folder):
        self.folder = folder
        self.socket = folder / "s"
        self.address = f"unix:{self.socket}"
        self._process = None

    @classmethod
    def is_here(cls):
        return shutil.which(cls.program, path="/usr/sbin:/usr/bin") is not None

    def start(self):
        self.folder.mkdir(parents=True)
        log = open(self.folder / "log", "wb")
        self._process = subprocess.Popen(self.command(), stdout=log, stderr=log,
                                         stdin=subprocess.DEVNULL, start_new_session=True)
        ports.wait_until(self.socket.exists, f"{self.program} does not listen", 60)
        return self

    @property
    def pid(self):
        return self._process.pid

    def stop(self):
        if self._process is not None:
            programs.end_group(self._process, signal.SIGTERM)

    def start_anew(self):
        """With an empty database."""
        self.stop()
        shutil.rmtree(self.folder)
        self.start()


class Postgrey(_Peer):
    """postgrey, which answers new triplets with its action."""

    name, program = "postgrey", "postgrey"

    def command(self):
        (self.folder / "db").mkdir()
        return ["/usr/sbin/postgrey", f"--unix={self.socket}", f"--dbdir={self.folder}/db",
                "--user=root", "--group=root", "--quiet"]  # fmt: skip


class PolicydRateLimit(_Peer):
    """policyd-rate-limit with SQLite, its default."""

    name, program = "policyd-rate-limit", "policyd-rate-limit"

    def command(self):
        config = self.folder / "config.yaml"
        config.write_text(RATE_LIMIT.format(folder=self.folder))
        return ["/usr/bin/policyd-rate-limit", "--file", str(config)]
