"""What the section [signing] changes about signatures, and what they protect."""

import time

import pytest

from conftest import require_mail_host
from support import message, signing


@pytest.fixture(scope="module")
def sender():
    """Signs for example.org with an RSA and an Ed25519 key."""
    require_mail_host()
    with signing.SigningHost() as running:
        yield running


@pytest.fixture
def changed(sender):
    """Call it with changes of the settings; they last for the test."""
    yield sender.reconfigure
    sender.reconfigure({})


def test_expire(sender, changed, tmp_path):
    changed({"signing": {"expire": "7d"}})
    received = sender.send_out(message.build(signing.ALICE))
    signing.check_all(sender, [received], tmp_path)
    for tags in signing.signatures(received.raw):
        assert int(tags["x"]) - int(tags["t"]) == 7 * 86400
        assert abs(int(tags["t"]) - time.time()) < 60


def test_signing_off(sender, changed):
    changed({"signing": {"enabled": False}})
    signing.check_unsigned(sender, sender.send_out(message.build(signing.ALICE)), "signing is off")


def test_parent_domains(sender, changed, tmp_path):
    changed({"signing": {"parent_domains": True}})
    received = sender.send_out(message.build(f"a@news.{signing.DOMAIN}"))
    signing.check_all(sender, [received], tmp_path)
    assert {tags["d"] for tags in signing.signatures(received.raw)} == {signing.DOMAIN}


def test_per_domain_settings(sender, changed, tmp_path):
    """Each domain has its keys, and its own table where there is one."""
    if "second.example" not in str(sender.zone):
        sender.keys.dkim("create", "second.example", "--active", "--selector", "own", "--type",
                         "rsa")
    sender.publish(sender.keys.zone())
    changed({'signing.domain."second.example"': {"expire": "8d", "signed": ["X-Mine"]}})
    raw = message.build("a@second.example", extra=b"X-Mine: yes\r\n")
    received = sender.send_out(raw)
    signing.check_all(sender, [received], tmp_path, algorithms=("rsa-sha256",))
    tags = signing.signatures(received.raw)[0]
    assert (tags["d"], tags["s"]) == ("second.example", "own")
    assert int(tags["x"]) - int(tags["t"]) == 8 * 86400
    assert "x-mine" in tags["h"].lower().split(":")
    assert all("x" not in tags for tags in signing.signatures(
        sender.send_out(message.build(signing.ALICE)).raw))
    changed({'signing.domain."second.example"': {"enabled": False}})
    signing.check_unsigned(sender, sender.send_out(raw), "signing is off")
    assert len(signing.signatures(sender.send_out(message.build(signing.ALICE)).raw)) == 2


def with_field_added(raw, field):
    return field + b"\r\n" + raw


ADDED = {"From": b"From: x@attack.example", "Subject": b"Subject: other", "To": b"To: x@y.example",
         "Date": b"Date: Thu, 1 Jan 1970 00:00:00 +0000", "Message-ID": b"Message-ID: <1@x.example>",
         "Content-Type": b"Content-Type: text/html", "Cc": b"Cc: c@x.example",
         "Reply-To": b"Reply-To: x@attack.example",
         "List-Unsubscribe": b"List-Unsubscribe: <https://attack.example/>"}


@pytest.mark.parametrize("name", ADDED)
def test_nothing_can_be_added(sender, name, tmp_path):
    """Oversigning: a second field of the name breaks every signature."""
    raw = with_field_added(sender.send_out(message.build(signing.ALICE)).raw, ADDED[name])
    assert signing.verify_own(raw, sender.zone, tmp_path) == ["fail"] * 2
    assert signing.verify_dkimpy(raw, sender.zone) == [False] * 2


def test_lists_may_add_their_fields(sender, changed, tmp_path):
    changed({"signing": {"list_fields": "allow"}})
    raw = sender.send_out(message.build(signing.ALICE)).raw
    listed = with_field_added(with_field_added(raw, ADDED["List-Unsubscribe"]),
                              b"List-Id: <talk.list.example>")
    assert signing.verify_own(listed, sender.zone, tmp_path) == ["pass"] * 2
    spoofed = with_field_added(raw, ADDED["From"])
    assert signing.verify_own(spoofed, sender.zone, tmp_path) == ["fail"] * 2
