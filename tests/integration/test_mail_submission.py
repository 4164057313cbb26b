"""Whose addresses a signed-in user may write: submission.check_author, through a real Postfix."""

import base64
import json

import pytest

from conftest import require_mail_host
from support import message, programs, signing

LOGIN = f"alice@{signing.DOMAIN}"
ALICE = f"Alice <{LOGIN}>"
BOB = f"bob@{signing.DOMAIN}"

CASES_FILE = programs.conformance_directory() / "attacks-espoofer" / "cases.json"
CLIENT_CASES = [case for case in (
    json.loads(CASES_FILE.read_text())["cases"] if CASES_FILE.exists() else [])
    if case["id"].startswith("client")]

REJECT = {"submission": {"check_author": "reject"}}


@pytest.fixture(scope="module")
def sender(tmp_path_factory):
    """Rejects what is not the user's own; tables of three types say what is."""
    require_mail_host()
    with signing.SigningHost(config=REJECT, mailboxes=True,
                             postfix={"recipient_delimiter": "+"}) as host:
        folder = host.directory / "maps"
        folder.mkdir(mode=0o755)
        (folder / "logins").write_text(f"sales@{signing.DOMAIN} {LOGIN}, {BOB}\n"
                                       f"@alice.example {LOGIN}\n{BOB} {BOB}\n")
        (folder / "patterns").write_text(f"/^team-[0-9]+@example\\.org$/ {LOGIN}\n")
        host.maps = [f"inline:{{info@{signing.DOMAIN}={LOGIN}}}", f"texthash:{folder / 'logins'}",
                     f"regexp:{folder / 'patterns'}"]
        host.settings["submission"] = {**REJECT["submission"], "login_maps": host.maps}
        host.reconfigure({})
        yield host


@pytest.fixture
def changed(sender):
    """Call it with changes of the settings; they last for the test."""
    yield sender.reconfigure
    sender.reconfigure({})


def fields(author, *others):
    """A message with these fields below From."""
    raw = message.build(author)
    extra = "".join(other + "\r\n" for other in others).encode()
    return raw.replace(b"\r\nTo: ", b"\r\n" + extra + b"To: ", 1)


def submit(sender, raw, mail_from=LOGIN):
    """(reply, what the sink received or None, the log line)"""
    to = signing.recipient()
    before = len(sender.milter.events())
    reply = sender.submit(raw, user=LOGIN, recipients=[to], mail_from=mail_from)
    received = sender.sink.wait_for(to) if reply.accepted else None
    return reply, received, sender._event(reply.queue_id, before)


# ------------------------------------------------------------------ the user's own

OWN = {
    "own address": (fields(ALICE), LOGIN),
    "other case": (fields("ALICE@Example.ORG"), LOGIN),
    "extension": (fields(f"alice+news@{signing.DOMAIN}"), f"alice+news@{signing.DOMAIN}"),
    "alias in texthash": (fields(f"sales@{signing.DOMAIN}"), LOGIN),
    "alias in inline": (fields(f"info@{signing.DOMAIN}"), f"info@{signing.DOMAIN}"),
    "alias in regexp": (fields(f"team-7@{signing.DOMAIN}"), LOGIN),
    "Sender": (fields(ALICE, f"Sender: sales@{signing.DOMAIN}"), LOGIN),
    "Reply-To of somebody else": (fields(ALICE, "Reply-To: x@other.example"), LOGIN),
    "own address as display name": (fields(f'"{LOGIN}" <{LOGIN}>'), LOGIN),
    "two own addresses": (fields(f"{ALICE}, sales@{signing.DOMAIN}"), LOGIN),
    "null sender": (fields(ALICE), ""),
}


@pytest.mark.parametrize("name", OWN)
def test_own_address_is_signed(sender, name):
    raw, mail_from = OWN[name]
    reply, received, event = submit(sender, raw, mail_from)
    assert reply.accepted, reply
    assert event["submission"] == "pass" and event["action"] == "accept", event
    assert len(signing.signatures(received.raw)) == 2


def test_domain_of_the_user(sender):
    """A table may give a whole domain; there is no key for it here."""
    reply, received, event = submit(sender, fields("any@alice.example"))
    assert reply.accepted and event["submission"] == "pass", (reply, event)
    assert signing.signatures(received.raw) == []


# ------------------------------------------------------------------ somebody else's

ADMIN = f"admin@{signing.DOMAIN}"
ENCODED = base64.b64encode(ADMIN.encode()).decode()

# Name -> (message, MAIL FROM, what the reply must name)
FOREIGN = {
    "From of a colleague": (fields(f"Bob <{BOB}>"), LOGIN, BOB),
    "From of nobody here": (fields(ADMIN), LOGIN, ADMIN),
    "From of another domain": (fields("x@other.example"), LOGIN, "x@other.example"),
    "Sender": (fields(ALICE, f"Sender: {ADMIN}"), LOGIN, ADMIN),
    "Resent-From": (fields(ALICE, f"Resent-From: {ADMIN}"), LOGIN, ADMIN),
    "Resent-Sender": (fields(ALICE, f"Resent-Sender: {ADMIN}"), LOGIN, ADMIN),
    "second mailbox in From": (fields(f"{ALICE}, {ADMIN}"), LOGIN, ADMIN),
    "group in From": (fields(f"team: {LOGIN}, {ADMIN};"), LOGIN, "group in From"),
    "two From fields": (fields(ALICE, f"From: {ADMIN}"), LOGIN, "From"),
    "the same From twice": (fields(ALICE, f"From: {ALICE}"), LOGIN, "From"),
    "MAIL FROM": (fields(ALICE), BOB, BOB),
    "MAIL FROM of another domain": (fields(ALICE), "x@other.example", "x@other.example"),
    "display name": (fields(f'"{ADMIN}" <{LOGIN}>'), LOGIN, ADMIN),
    "display name, bare of quotes": (fields(f'"Admin ({ADMIN})" <{LOGIN}>'), LOGIN, ADMIN),
    "encoded display name": (fields(f"=?utf-8?b?{ENCODED}?= <{LOGIN}>"), LOGIN, ADMIN),
    "encoded display name in two words": (fields(
        f"=?utf-8?q?admin=40?= =?utf-8?q?{signing.DOMAIN}?= <{LOGIN}>"), LOGIN, ADMIN),
    "encoded address": (fields(f"=?utf-8?b?{ENCODED}?="), LOGIN, ""),
    "two addresses in brackets": (fields(f"<{LOGIN}><{ADMIN}>"), LOGIN, ""),
    "route": (fields(f"<@{signing.DOMAIN},@x.example:{ADMIN}>"), LOGIN, ""),
    "comment": (fields(f"{ADMIN} ({LOGIN})"), LOGIN, ADMIN),
    "quoted local part": (fields(f'"{LOGIN}"@other.example'), LOGIN, ""),
    "no blank in the name of From": (fields(ALICE, f"From : {ADMIN}"), LOGIN, ""),
    "extension of somebody else": (fields(f"bob+alice@{signing.DOMAIN}"), LOGIN, "bob+alice"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_address_is_rejected(sender, name):
    raw, mail_from, named = FOREIGN[name]
    reply, _, event = submit(sender, raw, mail_from)
    assert reply.code == 550 and reply.text.startswith("5.7.1 "), (reply, event)
    assert named.lower() in reply.text.lower(), reply
    assert (event["action"], event["submission"]) == ("reject", "fail"), event
    assert "admin@" not in event["reason"], "local parts are not logged"


@pytest.mark.parametrize("case", CLIENT_CASES, ids=[case["id"] for case in CLIENT_CASES])
def test_espoofer_client_case(sender, case):
    """All of them are mail of the login attacker@example.com; here of ours."""
    raw = base64.b64decode(case["message_b64"])
    for find, put in ((b"attacker@example.com", LOGIN.encode()), (b"example.com", b"example.org")):
        raw = raw.replace(find, put)
    reply, _, event = submit(sender, raw)
    assert reply.code == 550 and reply.text.startswith("5.7.1 "), (reply, event)
    assert event["submission"] == "fail", event


# ------------------------------------------------------------------ settings and faults


def test_observe_mode_tells(sender, changed):
    changed({"mode": "observe"})
    reply, received, event = submit(sender, fields(ADMIN))
    assert reply.accepted, reply
    assert (event["action"], event["wanted"]) == ("accept", "reject"), event
    assert signing.signatures(received.raw)  # observing changes nothing


def test_unsigned(sender, changed):
    changed({"submission": {"check_author": "unsigned", "login_maps": sender.maps}})
    reply, received, event = submit(sender, fields(ADMIN))
    assert reply.accepted and event["action"] == "accept", (reply, event)
    assert signing.signatures(received.raw) == [] and "login" in event["unsigned"], event
    _, received, _ = submit(sender, fields(ALICE))
    assert len(signing.signatures(received.raw)) == 2


def test_off(sender, changed):
    changed({"submission": {"check_author": "off"}})
    reply, received, event = submit(sender, fields(ADMIN))
    assert reply.accepted and "submission" not in event, (reply, event)
    assert len(signing.signatures(received.raw)) == 2


@pytest.mark.parametrize("fail, code", [("tempfail", 451), ("accept", 250)])
def test_unreadable_table(sender, changed, fail, code):
    missing = f"texthash:{sender.directory}/maps/missing"
    changed({"submission": {"login_maps": [missing], "fail": fail}})
    reply, received, event = submit(sender, fields(f"sales@{signing.DOMAIN}"))
    assert reply.code == code, (reply, event)
    assert event["submission"] == "temperror", event
    assert "maps/missing" in sender.milter.events("logins-unreadable")[-1]["problem"]
    if received:
        assert signing.signatures(received.raw) == []
    reply, _, _ = submit(sender, fields(ALICE))
    assert reply.accepted, "the login itself needs no table"


def test_tables_of_postfix(sender, changed):
    """Without login_maps, those of smtpd_sender_login_maps in main.cf."""
    sender.postfix.command("postconf", "-e",
                           f"smtpd_sender_login_maps=inline:{{press@{signing.DOMAIN}={LOGIN}}}")
    changed({"submission": {"login_maps": []}})
    reply, received, event = submit(sender, fields(f"press@{signing.DOMAIN}"))
    assert reply.accepted and event["submission"] == "pass", (reply, event)
    assert len(signing.signatures(received.raw)) == 2
    reply, _, _ = submit(sender, fields(f"sales@{signing.DOMAIN}"))
    assert reply.code == 550, reply
