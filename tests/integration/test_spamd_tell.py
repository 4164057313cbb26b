"""spamc -L: what clients of spamd teach reaches the learner, is taken back, or is refused aloud."""

import pathlib
import shutil
import subprocess
import tempfile

import pytest

from conftest import require_mail_host
from milter_client import Daemon
from support import ports, spam_rules, training

USER = "anna@postern.test"
NO_DNS = {"dns": {"servers": ["127.0.0.1@9"], "timeout": "100ms", "budget": "100ms"}}
LEARNED = b"Message successfully un/learned\n"


class Host:
    """postern-milter with a socket for spamc, and perhaps a learner, in one directory."""

    def __init__(self, directory, learner, prefix=(), **spamd):
        self.socket = directory / "spamd.sock"
        self.learner = learner
        settings = {
            **NO_DNS,
            "antispam": spam_rules.write(directory),
            "learner": {"socket": str(directory / "l" / "l.sock"), "max_message": "64KiB"},
            "spamd": {"sockets": [f"unix:{self.socket}"], **spamd},
        }
        self.daemon = Daemon(directory, settings, unix=True, prefix=prefix).start()

    def tell(self, kind, raw, user=USER):
        """What `spamc -L` prints, and its exit status."""
        done = subprocess.run(
            ["spamc", "-U", self.socket, "-L", kind, "-u", user, "-s", "1000000"],
            input=raw, capture_output=True, timeout=60, check=False)  # fmt: skip
        return done.stdout, done.returncode

    def counts(self, events):
        """The line of `postern learn status` about the user once the learner has so many events."""
        ports.wait_until(lambda: len(self.learner.learned()) >= events, self.learner.log)
        return self.learner.command("learn", "status", USER)[1].split(", last")[0].strip()


@pytest.fixture
def start():
    """Directories that others may enter, as those of tests may not be."""
    require_mail_host(training.Learner)
    if shutil.which("spamc") is None:
        pytest.skip("not installed: spamc")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tell", dir="/var/tmp"))
    folder.chmod(0o777)
    running = []

    def begin(with_learner=True, **options):
        learner = None
        if with_learner:
            (folder / "l").mkdir()
            (folder / "l").chmod(0o755)
            learner = training.Learner(folder / "l", {"learner": {"max_message": "64KiB"}})
            learner.make_spool()
            running.append(learner.start() or learner)
        host = Host(folder, learner, **options)
        running.append(host.daemon)
        return host

    yield begin
    for process in running:
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


def test_learn_and_forget(start):
    host = start(learn=True)
    raw = training.message("one")
    assert host.tell("spam", raw) == (LEARNED, 0)
    assert host.counts(1) == f"{USER}: learned 1 spam, 0 ham"
    assert len(host.learner.kept()) == 1
    assert host.tell("ham", raw) == (LEARNED, 0)
    assert host.counts(2) == f"{USER}: learned 0 spam, 1 ham"
    assert host.tell("forget", raw) == (LEARNED, 0)
    assert host.counts(3) == f"{USER}: learned 0 spam, 0 ham"
    assert host.learner.kept() == []
    assert [event[1] + " " + event[-1] for event in host.learner.learned()] == [
        "spam learned", "ham relearned", "none forgotten"]  # fmt: skip
    told = [event["taught"] for event in host.daemon.events("spamd-request")]
    assert told == ["spam", "ham", "none"]


def test_line_ends_do_not_matter(start):
    host = start(learn=True)
    raw = training.message("one")
    host.tell("spam", raw)
    assert host.tell("forget", raw.replace(b"\r\n", b"\n")) == (LEARNED, 0)
    assert host.counts(2) == f"{USER}: learned 0 spam, 0 ham"


def test_long_messages_are_cut(start):
    host = start(learn=True)
    raw = training.message("one", size=200_000)
    assert host.tell("spam", raw) == (LEARNED, 0)
    assert host.counts(1) == f"{USER}: learned 1 spam, 0 ham"
    host.tell("forget", raw)
    assert host.counts(2) == f"{USER}: learned 0 spam, 0 ham"


def test_off_by_default(start):
    host = start()
    output, status = host.tell("spam", training.message("one"))
    assert LEARNED not in output and status != 0, (output, status)
    assert host.learner.learned() == []


def test_without_a_learner_it_is_said(start):
    host = start(with_learner=False, learn=True)
    output, status = host.tell("spam", training.message("one"))
    assert LEARNED not in output and status != 0, (output, status)
    assert "the learner: " in host.daemon.events("spamd-problem")[0]["problem"]


def test_what_the_learner_refuses_is_no_success(start):
    """learner.senders does not name the user that the milter runs as."""
    host = start(learn=True, prefix=("setpriv", "--reuid", "daemon", "--clear-groups"))
    output, status = host.tell("spam", training.message("one"))
    assert LEARNED not in output and status != 0, (output, status)
    assert "learner.senders" in host.daemon.events("spamd-problem")[0]["problem"]
    assert host.learner.learned() == []
