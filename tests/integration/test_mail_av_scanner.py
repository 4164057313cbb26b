"""The check "antivirus" through a real Postfix; a stand-in plays postern-avscan."""

import pytest

from conftest import require_mail_host
from support import imap, mailhost, message, ports, scenario
from support.scanners import Avscan

CLEAN, INFECTED = b"Hello\r\n", b"This -test-infected- is not harmless.\r\n"


@pytest.fixture(scope="module")
def scanned(keys, tmp_path_factory):
    """A host whose milter asks a scanner, `host.scanner`."""
    require_mail_host()
    with Avscan(tmp_path_factory.mktemp("av") / "av.sock") as scanner:
        settings = mailhost.merged(scenario.SETTINGS, {
            "antivirus": {"enabled": True, "scanners": [scanner.address], "timeout": "3s"}})  # fmt: skip
        with mailhost.MailHost(keys.zone(), settings) as host:
            host.scanner = scanner
            yield host
        assert not scanner.problems, scanner.problems


@pytest.fixture
def configure(scanned):
    """Call it with settings of the section, and of the whole; they last for the test."""

    def begin(more=None, **antivirus):
        scanned.milter.write_config(
            mailhost.merged(scanned.settings, {**(more or {}), "antivirus": antivirus})
        )
        before = len(scanned.milter.events("reloaded"))
        scanned.milter.reload()
        ports.wait_until(lambda: len(scanned.milter.events("reloaded")) > before, "no reload", 5)

    yield begin
    scanned.scanner.mode = "normal"
    begin()


def mail(body):
    return message.build(scenario.ANN).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body


def deliver(host, body):
    return host.deliver(mail(body), "ann@author.example", scenario.AUTHOR_IP)


def test_clean(scanned):
    outcome = deliver(scanned, CLEAN)
    assert outcome.place == "inbox" and b"virus=clean" in outcome.raw, outcome
    assert outcome.event["virus"] == "clean"


def test_infected_is_rejected(scanned):
    outcome = deliver(scanned, INFECTED)
    assert outcome.place == "rejected" and outcome.reply.code == 550, outcome
    assert "5.7.1" in outcome.reply.text and "Test.Virus.UNOFFICIAL" in outcome.reply.text


def test_infected_is_held(scanned, configure):
    configure(on_infected="hold")
    outcome = deliver(scanned, INFECTED)
    assert outcome.place == "hold", outcome
    assert b'virus="Test.Virus.UNOFFICIAL"' in outcome.raw


def test_infected_is_tagged(scanned, configure):
    configure(on_infected="tag")
    outcome = deliver(scanned, INFECTED)
    assert outcome.place in ("inbox", "junk"), outcome
    assert b"action=tag" in outcome.raw and b'virus="Test.Virus.UNOFFICIAL"' in outcome.raw


def test_infected_is_discarded(scanned, configure):
    configure(on_infected="discard")
    raw = mail(INFECTED)
    reply = scanned.send(raw, "ann@author.example", scenario.AUTHOR_IP)
    assert reply.accepted, reply
    after = deliver(scanned, CLEAN)  # what came before it would be there by now
    assert after.place == "inbox"
    assert not imap.fetch_by_id(
        scanned.dovecot.imap_port, mailhost.ALICE, imap.message_id(raw), "INBOX"
    )
    assert scanned.postfix.queue_name(reply.queue_id) is None
    assert [e["action"] for e in scanned.milter.events_of(reply.queue_id)] == ["discard"]


def test_observe_mode(scanned, configure):
    configure({"mode": "observe"})
    outcome = deliver(scanned, INFECTED)
    assert outcome.place == "inbox" and b"observed=reject" in outcome.raw, outcome


@pytest.mark.parametrize("fail, place", [("tempfail", "tempfail"), ("accept", "inbox")])
def test_scanner_is_away(scanned, configure, fail, place):
    configure(fail=fail, scanners=["avscan:/nonexistent/av.sock"])
    outcome = deliver(scanned, INFECTED)
    assert outcome.place == place, outcome
    if place == "tempfail":
        assert outcome.reply.code == 451 and "4.7.1" in outcome.reply.text, outcome


def test_scanner_is_silent(scanned, configure):
    configure()
    scanned.scanner.mode = "silent"
    outcome = deliver(scanned, INFECTED)
    assert outcome.place == "tempfail" and outcome.reply.code == 451, outcome


@pytest.mark.parametrize("own_mail", [True, False])
def test_submission(scanned, configure, own_mail):
    configure(own_mail=own_mail)
    reply = scanned.submit(mail(INFECTED))
    assert reply.rejected == own_mail and reply.accepted != own_mail, reply


def test_unscannable_is_held(scanned, configure):
    configure(max_size="1KiB")
    outcome = deliver(scanned, b"0123456789abcde\r\n" * 200)
    assert outcome.place == "hold" and outcome.event["virus"] == "unscannable", outcome
