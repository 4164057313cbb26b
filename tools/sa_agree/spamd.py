"""Two servers for spamc, SpamAssassin's and ours, with the same rules, and what it prints of them."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time

from . import records

START_SECONDS = 120
ANSWER_SECONDS = 120
OURS = """\
authserv_id = "mx.postern.test"
[milter]
socket = "unix:{folder}/milter.sock"
[dns]
servers = ["127.0.0.1@9"]
[antispam]
enabled = true
network = false
rules = "{rules}"
site = "{site}"
budget = "60s"
max_size = "64MiB"
[spamd]
sockets = ["unix:{folder}/spamd.sock"]
threads = 2
"""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What spamc printed and how it ended; the score as the server told it."""

    line: str
    status: int
    score: str

    @property
    def rules(self):
        """Names of the rules that hit."""
        return frozenset(name for name in self.line.split(",") if name)


class Server:
    """A process that listens on a unix socket below `folder`."""

    def __init__(self, name, command, folder):
        self.name, self.path, self._log = name, folder / "spamd.sock", folder / "log"
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def wait(self):
        """Until it answers."""
        end = time.monotonic() + START_SECONDS
        while not self._pings():
            if self._process.poll() is not None or time.monotonic() > end:
                said = self._log.read_text(errors="replace")[-1000:]
                raise records.Unusable(f"{self.name} does not answer: {said}")
            time.sleep(0.2)

    def _pings(self):
        with contextlib.suppress(OSError):
            return exchange(self.path, b"PING SPAMC/1.2\r\n").endswith(b" PONG\r\n")
        return False

    def stop(self):
        """Ends it, and what it has started with it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def theirs(rules, site, folder):
    """Debian's spamd: local tests, no Bayes, nothing learned, no preferences of users."""
    program = shutil.which("spamd", path="/usr/sbin:/usr/bin")
    if program is None:
        raise records.Unusable("spamd is not installed: apt-get install spamassassin")
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    return Server(
        "spamd",
        [
            *(program, "--local", "--nouser-config", "--syslog=null", "--username=nobody"),
            *("--min-children=2", "--max-children=2", f"--helper-home-dir={folder}"),
            *("--cf=use_bayes 0", "--cf=bayes_auto_learn 0", f"--socketpath={folder}/spamd.sock"),
            *(f"--configpath={rules}", f"--siteconfigpath={site}"),
        ],
        folder,
    )


def ours(program, rules, site, folder):
    """postern-milter, of which only the socket for spamc is asked."""
    folder.mkdir()
    config = folder / "postern.toml"
    config.write_text(OURS.format(folder=folder, rules=rules, site=site))
    try:
        return Server("postern-milter", [program, "--config", config], folder)
    except OSError as problem:
        raise records.Unusable(
            f"{program}: {problem.strerror}; name the program by --milter"
        ) from problem


def stock_site(folder):
    """The plugins that Debian switches on, without what this machine's administrator has set."""
    folder.mkdir()
    folder.chmod(0o755)
    for path in pathlib.Path("/etc/spamassassin").glob("*.pre"):
        shutil.copy(path, folder)
    return folder


def exchange(path, request):
    """The whole answer to these octets."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ANSWER_SECONDS)
        client.connect(str(path))
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


class Relay:
    """Stands between spamc and a server, since spamc prints either the rules or the score."""

    def __init__(self, server, folder):
        self._server, self._path = server, folder / f"{server.name}.relay"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen()

    def ask(self, message):
        """What `spamc -y -E` makes of a message."""
        replies = []
        thread = threading.Thread(target=self._serve_one, args=(replies,))
        thread.start()
        done = subprocess.run(
            ["spamc", "-y", "-E", "-U", str(self._path), "-s", "67108864", "-t", "0"],
            input=message,
            capture_output=True,
            check=False,
            timeout=ANSWER_SECONDS,
        )
        thread.join()
        head = replies[0].split(b"\r\n\r\n")[0]
        score = next((x for x in head.split(b"\r\n") if x.startswith(b"Spam: ")), head)
        said = done.stdout.decode(errors="replace").strip()
        return Answer(said, done.returncode, score.decode(errors="replace"))

    def _serve_one(self, replies):
        peer, _ = self._listener.accept()
        with peer:
            request = b"".join(iter(lambda: peer.recv(65536), b""))
            try:
                replies.append(exchange(self._server.path, request))
            except OSError as problem:
                replies.append(f"no answer: {problem}".encode())
            with contextlib.suppress(OSError):
                peer.sendall(replies[0])

    def close(self):
        """Nobody can ask any more."""
        self._listener.close()
        os.unlink(self._path)


def compare(path, sa, other, known):
    """Lines about what differs of one message: (text, whether a known difference explains it)."""
    lines = []
    for side, names in (
        ("SpamAssassin", sa.rules - other.rules),
        ("ours", other.rules - sa.rules),
    ):
        for name in sorted(names):
            cause = known.get(name)
            text = f"{path}: {name}: {side} only: {cause or 'no cause is known'}"
            lines.append((text, bool(cause)))
    is_explained = bool(lines) and all(explained for _, explained in lines)
    if not lines and sa.line != other.line:
        lines.append((f"{path}: other lines: {sa.line!r}, ours {other.line!r}", False))
    if sa.score != other.score:
        lines.append((f"{path}: {sa.score}, ours {other.score}", is_explained))
    if sa.status != other.status:
        lines.append((f"{path}: exit status {sa.status}, ours {other.status}", is_explained))
    return lines
