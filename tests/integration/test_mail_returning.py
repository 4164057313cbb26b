"""Mail that comes back from inside: lists, filters, and other software on trusted addresses."""

import re

import pytest

from conftest import require_mail_host
from support import authres, mailhost, message, signing

OWN = signing.DOMAIN
LIST = f"talk@{OWN}"


@pytest.fixture(scope="module")
def sender():
    """Signs for example.org, whose DMARC policy asks for nothing, so that forgeries come in."""
    require_mail_host()
    with signing.SigningHost(zone={f"_dmarc.{OWN}": {"TXT": ["v=DMARC1; p=none"]}}) as host:
        yield host


def from_outside(sender, raw):
    """The message as the list's software gets it, with the results of our own checks."""
    received = sender.send_out(raw, "bounce@attack.example", signing.STRANGER)
    assert sender.event_of(received)["direction"] == "inbound"
    assert our_results(received.raw), received.raw[:1000]
    return received.raw


def our_results(raw):
    """The results under our identifier, field by field."""
    return [value for value in authres.values_of(raw, "Authentication-Results")
            if value.strip().startswith(mailhost.AUTHSERV_ID)]


def relisted(raw, author=None):
    """As Mailman sends it on: trace and results kept, Subject changed, List-* added."""
    raw = re.sub(rb"(?m)^Subject: ", b"Subject: [talk] ", raw, count=1)
    if author:
        raw = re.sub(rb"(?m)^From: [^\r]*", b"From: " + author.encode(), raw, count=1)
    return f"List-Id: <talk.{OWN}>\r\nPrecedence: list\r\n".encode() + raw


def reinjected(sender, raw, author=None):
    return sender.send_out(relisted(raw, author), LIST)


def test_forgery_through_a_list_is_never_signed(sender):
    """DMARC failed for our own domain when it came in; a second list must not forget that."""
    raw = from_outside(sender, message.build(signing.ALICE))
    for _ in range(3):
        received = reinjected(sender, raw)
        signing.check_unsigned(sender, received, f"DMARC did not pass for {OWN}")
        (results,) = our_results(received.raw)
        assert "dmarc=fail" in results and "pass" not in results, results
        raw = received.raw


def test_list_that_writes_itself_into_from_is_signed(sender, tmp_path):
    """As lists do for members whose domain has a DMARC policy: the mail is the list's."""
    raw = from_outside(sender, message.build("Eve <eve@member.example>"))
    received = reinjected(sender, raw, f'"Eve via Talk" <{LIST}>')
    signing.check_all(sender, [received], tmp_path)
    assert our_results(received.raw) == []


def test_member_of_ours_who_writes_from_elsewhere_is_signed(sender, tmp_path):
    """DMARC passed when it came in: the signature of the list's host replaces the one it breaks."""
    foreign = message.SigningKey("elsewhere")
    sender.publish(foreign.zone(OWN))
    raw = from_outside(sender, message.sign(message.build(signing.ALICE), OWN, foreign))
    assert "dmarc=pass" in our_results(raw)[0]
    received = reinjected(sender, re.sub(rb"(?m)^DKIM-Signature:.*\r\n(?:[ \t].*\r\n)*", b"", raw))
    signing.check_all(sender, [received], tmp_path)


def test_member_of_ours_is_signed_again(sender, tmp_path):
    """Sent from here, so it carries no results: the first signature is broken, the second holds."""
    first = sender.send_out(message.build(signing.ALICE))
    received = reinjected(sender, first.raw)
    own = signing.verify_own(received.raw, sender.zone, tmp_path)
    assert own == ["pass", "pass", "fail", "fail"], own


def test_forged_results_do_not_make_a_forgery_genuine(sender):
    """Results under our name that a stranger sends along go at the border (RFC 8601 §5)."""
    forged = (f"Authentication-Results: {mailhost.AUTHSERV_ID}; dmarc=pass header.from={OWN}\r\n"
              f"Authentication-Results: {mailhost.AUTHSERV_ID.upper()};\r\n\tdmarc=pass "
              f"header.from={OWN}\r\n").encode()
    raw = from_outside(sender, message.build(signing.ALICE, extra=forged))
    assert len(our_results(raw)) == 1
    received = reinjected(sender, raw)
    signing.check_unsigned(sender, received, f"DMARC did not pass for {OWN}")


def test_back_from_a_content_filter(sender):
    """What came from outside is not ours when a filter hands it back from a local address."""
    raw = from_outside(sender, message.build(signing.ALICE))
    signing.check_unsigned(sender, sender.send_out(raw, "bounce@attack.example"), "DMARC did not pass")
    raw = from_outside(sender, message.build("Ann <ann@author.example>"))
    signing.check_unsigned(sender, sender.send_out(raw, "ann@author.example"), "no active key")


# Fields that name foreign clients, on mail that must be signed all the same; see local_networks
# in postern.toml(5).
TRACES = {
    "webmail": "from [203.0.113.7] by webmail.example.org with HTTP; Sun, 22 Nov 2026 10:00:00 +0000",
    "list": "from mail.member.example (mail.member.example [203.0.113.7])\r\n"
            "\tby mx.example.org with ESMTP id 1; Sun, 22 Nov 2026 10:00:00 +0000",
    "office": "from laptop ([203.0.113.7]) by exchange.example.org with Microsoft SMTP Server;\r\n"
              "\tSun, 22 Nov 2026 10:00:00 +0000",
}


@pytest.mark.parametrize("name", TRACES)
def test_traces_of_foreign_clients_do_not_count(sender, tmp_path, name):
    raw = message.build(signing.ALICE, extra=f"Received: {TRACES[name]}\r\n".encode())
    signing.check_all(sender, [sender.send_out(raw)], tmp_path)


def test_web_application_is_signed(sender, tmp_path):
    """No trace at all, by sendmail(1)."""
    to = signing.recipient()
    raw = message.build(f"shop@{OWN}", extra=b"X-Mailer: PHP/8\r\n")
    done = sender.postfix.sendmail(raw, f"www-data@{OWN}", [to])
    assert done.returncode == 0, done
    signing.check_all(sender, [sender.sink.wait_for(to)], tmp_path)
