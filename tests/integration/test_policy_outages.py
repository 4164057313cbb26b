"""What a real Postfix does while the policy service is silent, dies, or says nonsense (POL-09): by
its own defaults, and with the lines that postern-policy(8) recommends."""

import contextlib
import re
import shutil
import socket
import threading
import time

import pytest

from conftest import require_mail_host
from milter_client import require_program
from support import message, ports, programs, smtp
from support.policy import NO_DNS, PolicyDaemon
from support.policy_host import NO_MILTER, Folder
from support.postfix import Postfix

ALICE = "alice@example.org"
CLIENT = "127.0.0.66"
TRIES = 2  # of Postfix for each question
RULES = {
    "rules": ["no"],
    "rule": {"no": {"sender": ["bad.example"], "state": ["RCPT"], "action": "REJECT 5.7.1 No"}},
}


def documented():
    """{parameter: value} as the manual recommends, before what stands there already."""
    manual = (programs.ROOT / "docs/man/postern-policy.8.scd").read_text()
    service = re.search(r"^postern_policy = (.*)$", manual, re.M)[1]
    lines = re.findall(r"^(smtpd_\w+_restrictions) = (.*), \.\.\.$", manual, re.M)
    found = {name: value.replace("$postern_policy", service) for name, value in lines}
    assert list(found) == ["smtpd_recipient_restrictions", "smtpd_end_of_data_restrictions"]
    assert all(service in value for value in found.values())
    return found


def seconds_of(restrictions):
    return int(re.search(r"timeout=(\d+)s", restrictions)[1])


def hurried(parameters, seconds=1):
    """The same with less patience, for what would only take longer."""
    return {name: re.sub(r"timeout=\d+s", f"timeout={seconds}s", value)
            for name, value in parameters.items()}  # fmt: skip


def by_default(parameters):
    """The same without our default_action: Postfix does as it does by itself."""
    return {name: value.replace(", default_action=DUNNO", "")
            for name, value in hurried(parameters).items()}  # fmt: skip


class Service:
    """Takes connections at a unix socket and answers each request with the same octets."""

    def __init__(self, path, answer, closes):
        self.requests = 0
        self._answer, self._closes = answer, closes
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o666)
        self._listener.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            for line in stream:
                if line != b"\n":
                    continue
                self.requests += 1
                connection.sendall(self._answer)
                if self._closes:
                    connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listener.close()


# (what it answers, whether it then closes)
FAULTS = {
    "silent": (b"", False),
    "stops within an answer": (b"action=REJE", False),
    "dies before the answer": (b"", True),
    "dies within an answer": (b"action=REJE", True),
    "dies before the end of the answer": (b"action=DUNNO\n", True),
    "speaks another protocol": (b"verdict=DUNNO\n\n", False),
}
LATE = ("silent", "stops within an answer")  # Postfix has to wait for its timeout


class Host:
    """Postfix that finds its policy service where the manual says."""

    def __init__(self, folder, parameters):
        self.postfix = Postfix(folder / "postfix", "", settings={**NO_MILTER, **parameters})
        self.socket = folder / "postfix/spool/postern-policy/policy.sock"
        self.socket.parent.mkdir(parents=True)

    def __enter__(self):
        self.postfix.start()
        return self

    def __exit__(self, *_):
        self.postfix.stop()

    def send(self, sender="ann@author.example"):
        """(reply, seconds)"""
        raw = message.build(f"Ann <{sender}>")
        begin = time.monotonic()
        reply = smtp.send(self.postfix.smtp_port, raw, sender, [ALICE], source=CLIENT)
        seconds = time.monotonic() - begin
        if reply.accepted:
            ports.wait_until(lambda: raw_id(raw) in b"".join(self.postfix.sink_messages()),
                             lambda: f"not delivered: {self.postfix.log()[-1500:]}")
        return reply, seconds

    def wait_for_warning(self, word):
        """Postfix writes its log a moment after it has answered."""

        def there():
            lines = self.postfix.log().splitlines()
            return any("warning: " in line and word in line for line in lines)

        ports.wait_until(there, self.postfix.log)


def raw_id(raw):
    return re.search(rb"^Message-ID: (.*)\r$", raw, re.M)[1]


@pytest.fixture
def start():
    """start(parameters): a Host; all are gone after the test."""
    require_mail_host()
    with contextlib.ExitStack() as stack:
        yield lambda parameters: stack.enter_context(
            Host(stack.enter_context(Folder()), parameters))


@pytest.mark.parametrize("fault", FAULTS)
def test_pol09_by_default_mail_waits_after_two_tries(start, fault):
    host = start(by_default(documented()))
    service = Service(host.socket, *FAULTS[fault])
    reply, seconds = host.send()
    service.close()
    assert reply.code == 451 and reply.text.startswith("4.3.5") and reply.stage == "RCPT", reply
    assert service.requests == TRIES
    assert seconds >= (3 if fault in LATE else 1)  # it pauses for a second between them
    host.wait_for_warning("policy.sock")


@pytest.mark.parametrize("fault", FAULTS)
def test_pol09_as_the_manual_says_mail_flows(start, fault):
    host = start(hurried(documented()))
    service = Service(host.socket, *FAULTS[fault])
    reply, _ = host.send()
    service.close()
    assert reply.accepted, reply
    # At RCPT, and at the end of the message, where a connection that failed before is also a try.
    assert 2 * TRIES - 1 <= service.requests <= 2 * TRIES


@pytest.mark.parametrize("form", [by_default, hurried])
def test_pol09_an_unknown_action_puts_mail_off_whatever_default_action_says(start, form):
    """Ours answers none: actions are checked when the configuration is read."""
    host = start(form(documented()))
    service = Service(host.socket, b"action=FROBNICATE now\n\n", False)
    reply, _ = host.send()
    service.close()
    assert reply.code == 451 and reply.text.startswith("4.3.5"), reply
    host.wait_for_warning("FROBNICATE")


def test_pol09_our_daemon_away_frozen_and_back_behind_the_very_lines_of_the_manual(start, tmp_path):
    require_program("postern-policy")
    parameters = documented()
    host = start(parameters)
    reply, _ = host.send("ann@bad.example")  # nobody listens yet
    assert reply.accepted, reply
    daemon = PolicyDaemon(tmp_path / "p", {"policy": RULES, "dns": {"servers": [NO_DNS]}})
    daemon.path, daemon._listen = host.socket, f"unix:{host.socket}"
    with daemon:
        shutil.chown(host.socket, group="postfix")
        assert host.send("ann@bad.example")[0].code == 554
        assert host.send()[0].accepted
        daemon.freeze()
        reply, seconds = host.send("ann@bad.example")
        assert reply.accepted, reply
        each = TRIES * seconds_of(parameters["smtpd_recipient_restrictions"]) + 1
        assert each <= seconds  # it was asked, and Postfix gave up
        daemon.thaw()
        ports.wait_until(lambda: host.send("ann@bad.example")[0].code == 554, "asked again")


def test_the_manual_gives_postfix_more_patience_than_our_daemon_needs():
    example = (programs.ROOT / "examples/postern.toml").read_text()
    ours = int(re.search(r'timeout = "(\d+)s"', example.partition("[policy]")[2])[1])
    for restrictions in documented().values():
        assert ours < seconds_of(restrictions) <= 10
        assert "default_action=DUNNO" in restrictions
