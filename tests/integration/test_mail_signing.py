"""Signatures on mail of our users, as they arrive: through smtpd, milter, queue, smtp(8), a sink."""

import pytest

from conftest import require_mail_host
from support import message, signing

LINE = b"abcdefghi " * 7000


@pytest.fixture(scope="module")
def sender():
    """Signs for example.org with an RSA and an Ed25519 key."""
    require_mail_host()
    with signing.SigningHost() as running:
        yield running


# ------------------------------------------------------------------ what is signed


def multipart():
    part = b"--b\r\nContent-Type: text/%s\r\n\r\n%s\r\n"
    body = part % (b"plain", b"Hello  \t \r\n\r\n") + part % (b"html", b"<p>Hello") + b"--b--\r\n"
    head = f"From: {signing.ALICE}\r\nSubject: two parts\r\nMIME-Version: 1.0\r\n"
    return head.encode() + b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n' + body


def body(octets):
    return message.build(signing.ALICE, body=octets)


def extra(*fields):
    return message.build(signing.ALICE, extra="".join(f + "\r\n" for f in fields).encode())


# Name -> (message, parameters of MAIL)
MESSAGES = {
    "plain": (body(b"Hello.\r\n"), ""),
    "multipart": (multipart(), ""),
    "8BITMIME": (body("Grüße, 漢字\r\n".encode()), "BODY=8BITMIME"),
    "latin-1": (body(b"Gr\xfc\xdfe\r\n"), "BODY=8BITMIME"),
    "SMTPUTF8": (message.build(f"Ålice <ålice@{signing.DOMAIN}>", subject="Grüße 漢字"),
                 "BODY=8BITMIME SMTPUTF8"),
    "leading dots": (body(b".\r\n..\r\n.a\r\n...b\r\n"), ""),
    "empty body": (body(b""), ""),
    "no blank line": (body(b"").removesuffix(b"\r\n"), ""),
    "one empty line": (body(b"\r\n"), ""),
    "blank lines at the end": (body(b"a\r\n\r\n  \r\n\r\n"), ""),
    "no line end at the end": (body(b"a\r\nb"), ""),
    "bare CR": (body(b"a\rb\r\n\rc\r\nd\r\r\n"), ""),
    "white space": (body(b" a \t b\t\r\n\t\r\n"), ""),
    "list fields": (extra(*signing.LIST_FIELDS), ""),
    "folded fields": (extra("X-A: a\r\n\tb\r\n  c", "Cc: a@b.example,\r\n c@d.example"), ""),
    "no Date or Message-ID": (f"From: {signing.ALICE}\r\nSubject: x\r\n\r\na\r\n".encode(), ""),
    "From alone": (f"From: {signing.ALICE}\r\n\r\na\r\n".encode(), ""),
    "no From, which Postfix adds": (b"Subject: x\r\n\r\na\r\n", ""),
    "two Subject fields": (extra("Subject: first"), ""),
    "two To fields": (extra("To: one@example.com"), ""),
    "NUL": (body(b"a\0b\r\n"), ""),
    "many recipients": (message.build(signing.ALICE, recipient=", ".join(
        f"someone{n}@far.example" + ("\r\n " if n % 3 == 0 else "") for n in range(150))), ""),
    "field of 997": (extra("X-Long: " + "a" * 989), ""),
    "field of 998": (extra("X-Long: " + "a" * 990), ""),
    "long unsigned field": (extra("X-Long: " + "a" * 3000), ""),
    "long field of words": (extra("Comments: " + "word " * 700), ""),
}
for size in (997, 998, 999, 1994, 1995, 1996, 2047, 2048, 2049, 4096, 5000, 70000):
    MESSAGES[f"line of {size}"] = (body(b"x\r\n" + LINE[:size] + b"\r\nend\r\n"), "")
    MESSAGES[f"line of {size} without a space"] = (body(b"a" * size + b"\r\n.\r\n"), "")
MESSAGES["last line of 5000, no line end"] = (body(b"a" * 5000), "")
MESSAGES["dots in a line of 3000"] = (body(b"." * 3000 + b"\r\n"), "")
MESSAGES["CR at the limit"] = (body(b"a" * 997 + b"\rb\r\n" + b"a" * 998 + b"\rc\r\n"), "")


@pytest.mark.parametrize("name", MESSAGES)
def test_message_verifies(sender, tmp_path, name):
    raw, parameters = MESSAGES[name]
    mail_from = f"ålice@{signing.DOMAIN}" if "SMTPUTF8" in parameters else None
    received = sender.send_out(raw, mail_from, parameters=parameters)
    signing.check_all(sender, [received], tmp_path)
    event = sender.event_of(received)
    assert event["direction"] == "local" and len(event["signed"].split(",")) == 2, event


def test_long_signed_field(sender, tmp_path):
    received = sender.send_out(message.build(signing.ALICE, subject="a" * 3000))
    signing.check_all(sender, [received], tmp_path)


def test_submitted_mail_is_signed(tmp_path):
    require_mail_host()
    with signing.SigningHost(mailboxes=True) as host:
        to = signing.recipient()
        reply = host.submit(message.build(signing.ALICE), recipients=[to])
        assert reply.accepted, reply
        received = host.sink.wait_for(to)
        signing.check_all(host, [received], tmp_path)
        assert host.event_of(received)["direction"] == "submission"


def test_sendmail_is_signed(sender, tmp_path):
    to = signing.recipient()
    done = sender.postfix.sendmail(message.build(signing.ALICE), f"alice@{signing.DOMAIN}", [to])
    assert done.returncode == 0, done
    signing.check_all(sender, [sender.sink.wait_for(to)], tmp_path)


def test_hundred_recipients_get_the_same(sender, tmp_path):
    many = [signing.recipient() for _ in range(100)]
    reply = sender.send(message.build(signing.ALICE), f"alice@{signing.DOMAIN}", signing.LOCAL_CLIENT, many)
    assert reply.accepted, reply
    received = {sender.sink.wait_for(to).raw.partition(b"DKIM-Signature")[2] for to in many}
    assert len(received) == 1
    signing.check_all(sender, [sender.sink.wait_for(many[0])], tmp_path)


def test_bounce_is_signed(sender, tmp_path):
    """The null sender's mail comes from bounce(8), which has a milter only by
    internal_mail_filter_classes."""
    author = f"r.bounce@{signing.OUTSIDE}"
    reply = sender.send(message.build(signing.ALICE), author, signing.LOCAL_CLIENT,
                        [f"a@{signing.NOWHERE}"])
    assert reply.accepted, reply
    received = sender.sink.wait_for(author)
    assert received.mail_from.startswith("<>")
    signing.check_all(sender, [received], tmp_path)


# ------------------------------------------------------------------ what is not signed


NOT_OURS = {
    "foreign From": (message.build("a@other.example"), "no active key for other.example"),
    "subdomain": (message.build(f"a@news.{signing.DOMAIN}"), "no active key for news.example.org"),
    "two From fields": (f"From: {signing.ALICE}\r\n".encode() + message.build(signing.ALICE), "From"),
    "two domains in From": (message.build(f"{signing.ALICE}, b@other.example"), "authors of several"),
    "unreadable From": (message.build(f"alice@{signing.DOMAIN}@other.example"), ""),
}


@pytest.mark.parametrize("name", NOT_OURS)
def test_not_ours(sender, name):
    raw, reason = NOT_OURS[name]
    signing.check_unsigned(sender, sender.send_out(raw), reason)


@pytest.mark.parametrize("author", [signing.ALICE, "m@attack.example"])
def test_inbound_is_never_signed(sender, author):
    """Neither a spoof of our own domain nor anything else from outside."""
    received = sender.send_out(message.build(author), "m@attack.example", signing.STRANGER)
    assert signing.signatures(received.raw) == []
    event = sender.event_of(received)
    assert event["direction"] == "inbound" and "signed" not in event, event


def test_foreign_signature_stays_beside_ours(sender, tmp_path):
    """A signature that the message already has is neither taken for ours nor removed."""
    foreign = message.SigningKey("other")
    sender.publish(foreign.zone("other.example"))
    raw = message.sign(message.build(signing.ALICE), "other.example", foreign)
    received = sender.send_out(raw)
    domains = [tags["d"] for tags in signing.signatures(received.raw)]
    assert domains == [signing.DOMAIN, signing.DOMAIN, "other.example"]
    assert signing.verify_own(received.raw, sender.zone, tmp_path) == ["pass"] * 3
