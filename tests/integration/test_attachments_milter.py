"""The check "attachments" over the milter protocol: what is rejected, what is tagged, and that no name
of a file gets into log, header, or reply.
"""

import io
import zipfile
from email.message import EmailMessage

import pytest

from milter_client import Daemon, Mail, deliver, read_verdict

NO_DNS = {"dns": {"servers": ["127.0.0.1@9"], "timeout": "100ms", "budget": "100ms"}}
SECRET = "redundancies-in-march"
PROGRAM = b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0" + bytes(100)
DATE = (2026, 1, 2, 3, 4, 6)  # of files in archives: octets from the clock would be other tests to each process
USER = {"{auth_authen}": "alice@test.example"}


@pytest.fixture
def start(tmp_path):
    """Call it with settings of the section; the daemon lasts for the test."""
    running = []

    def begin(mode="enforce", **attachments):
        settings = {"mode": mode, **NO_DNS, "attachments": {"enabled": True, **attachments}}
        settings["spf"] = settings["dkim"] = settings["arc"] = settings["dmarc"] = {"enabled": False}
        running.append(Daemon(tmp_path, settings, unix=True).start())
        return running[-1]

    yield begin
    for daemon in running:
        daemon.kill()


def mail(name, content, media_type="application/octet-stream", **others):
    text = EmailMessage()
    text["From"], text["To"], text["Subject"] = "a@test.example", "b@test.example", "files"
    text.set_content("Hello")
    maintype, subtype = media_type.split("/")
    text.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return Mail(text.as_bytes().replace(b"\n", b"\r\n"), **others)


def zipped(name, content):
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, DATE), content, zipfile.ZIP_DEFLATED)
    return octets.getvalue()


def last(daemon):
    return daemon.events("message")[-1]


@pytest.mark.parametrize(
    "name, content, finding",
    [
        ("{}.exe", b"text", "extension exe"),
        ("{}.EXE. ", b"text", "extension exe"),
        ("{}.pdf.scr", b"text", "double_extension scr"),
        ("{}\u202efdp.exe", b"text", "extension exe"),
        ("{}.dat", PROGRAM, "executable pe"),
        ("{}.zip", zipped(SECRET + ".js", b"text"), "extension js in an archive"),
        ("{}.zip", zipped("in.zip", zipped(SECRET, PROGRAM)), "executable pe in an archive"),
    ],
    ids=["exe", "EXE, dot, space", "pdf.scr", "turned round", "program", "js in a zip", "program in a zip in a zip"],
)
def test_what_nobody_wants_is_rejected_without_a_name(start, name, content, finding):
    daemon = start()
    outcome = deliver(daemon.address, mail(name.format(SECRET), content))
    assert outcome.action == "reject", outcome
    assert finding in outcome.text
    assert SECRET not in str(outcome)
    assert last(daemon)["attachments"] == finding
    assert last(daemon)["reason"] == "attachment: " + finding
    assert SECRET not in str(last(daemon))


def test_files_of_usual_mail_pass(start):
    daemon = start()
    for name, content in [
        ("letter.pdf", b"%PDF-1.7"),
        ("archive.tar.gz", b"no archive at all"),
        ("photos.zip", zipped("photo.jpg", b"\xff\xd8\xff\xe0")),
        ("fix.sh", b"#!/bin/sh\nexit 0\n"),
    ]:
        outcome = deliver(daemon.address, mail(name, content))
        assert outcome.action == "accept", (name, outcome)
        assert read_verdict(outcome.field("X-Postern-Verdict"))["attachments"] == ["ok"]
        assert last(daemon)["attachments"] == "ok"


def test_what_is_called_something_else_is_tagged(start):
    daemon = start()
    outcome = deliver(daemon.address, mail(SECRET + ".png", zipped("a", b"b"), "image/png"))
    assert outcome.action == "accept", outcome
    verdict = read_verdict(outcome.field("X-Postern-Verdict"))
    assert verdict["action"] == ["tag"] and verdict["attachments"] == ["type_mismatch"]
    assert SECRET not in outcome.field("X-Postern-Verdict")


def test_the_lists_and_actions_are_the_operators(start):
    daemon = start(banned_extensions=["doc"], on_extension="hold", on_executable="accept")
    assert deliver(daemon.address, mail("a.exe", PROGRAM)).action == "accept"
    outcome = deliver(daemon.address, mail("a.doc", b"text"))
    assert last(daemon)["action"] == "quarantine", outcome


@pytest.mark.parametrize("own_mail, action", [(True, "reject"), (False, "accept")])
def test_mail_of_our_users(start, own_mail, action):
    daemon = start(own_mail=own_mail)
    assert deliver(daemon.address, mail("a.exe", b"text", macros=USER)).action == action


def test_observe_mode_only_says_it(start):
    daemon = start(mode="observe")
    outcome = deliver(daemon.address, mail("a.exe", b"text"))
    assert outcome.action == "accept", outcome
    assert last(daemon)["wanted"] == "reject"
