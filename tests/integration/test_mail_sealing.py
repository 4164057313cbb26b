"""ARC seals on mail of strangers that passes this host, through Postfix, hop after hop."""

import json
import subprocess

import dkim
import pytest

from conftest import require_mail_host
from support import arc, authres, message, programs, signing

SEALER = signing.DOMAIN
AUTHOR = "Ann <ann@author.example>"
MAX_SETS = 50


@pytest.fixture(scope="module")
def author_key():
    return message.SigningKey("author")


@pytest.fixture(scope="module")
def other_sealer():
    return message.SigningKey("other")


@pytest.fixture(scope="module")
def host(author_key, other_sealer):
    """Seals with the RSA key of example.org what comes from strangers."""
    require_mail_host()
    zone = {**author_key.zone("author.example"), **other_sealer.zone("other.example")}
    with signing.SigningHost(zone=zone, config={"signing": {"arc_domain": SEALER}}) as running:
        yield running


@pytest.fixture
def changed(host):
    """Call it with changes of the settings; they last for the test."""
    yield host.reconfigure
    host.reconfigure({})


def pass_on(host, raw):
    """(the message as the next host gets it, the line in our log)"""
    received = host.send_out(raw, "ann@author.example", signing.STRANGER)
    event = host.event_of(received)
    assert event["direction"] == "inbound", event
    return received.raw, event


def instances(raw):
    return [int(value.split("i=")[1].split(";")[0]) for value in authres.values_of(raw, "ARC-Seal")]


def validation(raw):
    """cv= of the topmost seal."""
    return authres.values_of(raw, "ARC-Seal")[0].split("cv=")[1].split(";")[0]


def verify_dkimpy(host, raw):
    def answer(name, timeout=5):
        text = name.decode() if isinstance(name, bytes) else name
        records = host.zone.get(text.rstrip("."), {}).get("TXT")
        return "".join(records[0]).encode() if records else None

    return dkim.arc_verify(raw, dnsfunc=answer)


def verify_own(host, raw, folder):
    (folder / "arc.eml").write_bytes(raw)
    (folder / "arc.json").write_text(json.dumps(host.zone))
    done = subprocess.run(
        [str(programs.binary_directory() / "postern"), "check", "--json", "--zone",
         str(folder / "arc.json"), "--client-ip", "192.0.2.1", "--helo", "mx.example.org",
         str(folder / "arc.eml")], capture_output=True, timeout=60, check=False)
    return json.loads(done.stdout)["arc"]


def check_chain(host, raw, folder, sets):
    """AssertionError unless both verifiers accept a chain of so many sets."""
    assert instances(raw) == list(range(sets, 0, -1))
    result, details, why = verify_dkimpy(host, raw)
    assert result == b"pass", (why, details, raw[:3000])
    own = verify_own(host, raw, folder)
    assert own["result"] == "pass", own


def signed_message(author_key, **more):
    return message.sign(message.build(AUTHOR, **more), "author.example", author_key)


MESSAGES = {
    "plain": {},
    "8BIT": {"body": "Grüße, 漢字\r\n".encode()},
    "empty": {"body": b""},
    "dots and blank lines": {"body": b"..\r\n.a\r\n a  b\t\r\n\r\n\r\n"},
    "line of 998": {"body": b"a" * 998 + b"\r\n"},
    "folded fields": {"extra": b"Cc: a@b.example,\r\n c@d.example\r\nX-A: a\r\n\tb\r\n"},
}


@pytest.mark.parametrize("name", MESSAGES)
def test_two_hops(host, author_key, tmp_path, name):
    """Each hop adds a set that verifies; the author's signature still does after both."""
    raw = signed_message(author_key, **MESSAGES[name])
    for hop in (1, 2):
        raw, event = pass_on(host, raw)
        assert event["signed"].startswith(f"arc/{SEALER}/") and "unsigned" not in event, event
        assert event["arc"] == ("none" if hop == 1 else "pass") and "dkim" in event, event
        check_chain(host, raw, tmp_path, hop)
        assert validation(raw) == ("none" if hop == 1 else "pass")
    assert signing.verify_dkimpy(raw, host.zone) == [True]
    (seal, *_) = authres.values_of(raw, "ARC-Seal")
    assert f"d={SEALER}" in seal.replace(" ", "") and "rsa-sha256" in seal
    (first, *_) = authres.values_of(raw, "ARC-Authentication-Results")[::-1]
    assert "dkim=pass" in first and "dmarc=" in first, first


def test_chain_of_others_goes_on(host, author_key, other_sealer, tmp_path):
    raw = arc.seal(signed_message(author_key), "other.example", other_sealer,
                   "mx.other.example; dkim=pass header.d=author.example")
    raw, event = pass_on(host, raw)
    assert event["arc"] == "pass" and event["signed"].startswith("arc/"), event
    check_chain(host, raw, tmp_path, 2)


def test_broken_chain_is_sealed_as_failed_once(host, author_key, other_sealer, tmp_path):
    """RFC 8617 §5.1.2: what it covers is for the unit tests; nobody goes on from it."""
    raw = arc.seal(signed_message(author_key), "other.example", other_sealer,
                   "mx.other.example; dkim=pass header.d=author.example")
    raw = raw.replace(b"dkim=pass header.d=author.example", b"dkim=fail header.d=author.example", 1)
    raw, event = pass_on(host, raw)
    assert event["arc"] == "fail" and event["signed"].startswith("arc/"), event
    assert instances(raw) == [2, 1] and validation(raw) == "fail"
    assert verify_own(host, raw, tmp_path)["result"] == "fail"
    again, event = pass_on(host, raw)
    assert event["arc"] == "fail" and "signed" not in event, event
    assert event["unsigned"] == "no ARC seal: the chain was sealed as failed before", event
    assert instances(again) == [2, 1]


def test_full_chain(host, author_key, other_sealer, tmp_path):
    """The fiftieth set is the last; the message goes on without another."""
    raw = signed_message(author_key)
    for _ in range(MAX_SETS - 1):
        raw = arc.seal(raw, "other.example", other_sealer, "mx.other.example; none")
    raw, event = pass_on(host, raw)
    assert event["arc"] == "pass" and event["signed"].startswith("arc/"), event
    assert len(instances(raw)) == MAX_SETS
    assert verify_own(host, raw, tmp_path)["result"] == "pass"
    raw, event = pass_on(host, raw)
    assert len(instances(raw)) == MAX_SETS and "signed" not in event, event
    assert event["unsigned"] == "no ARC seal: the chain is full", event


def test_long_line_is_not_sealed(host, changed, author_key):
    """Postfix breaks it on the way out, and a seal over what came in would be wrong."""
    raw, event = pass_on(host, message.build(AUTHOR, body=b"a" * 999 + b"\r\n"))
    assert instances(raw) == [] and "signed" not in event, event
    assert event["unsigned"] == "no ARC seal: a line is longer than signing.line_limit", event
    raw, event = pass_on(host, message.build(AUTHOR, extra=b"X-Long: " + b"a" * 991 + b"\r\n"))
    assert instances(raw) == [] and "line_limit" in event["unsigned"], event


def test_without_key_is_told(host, changed):
    """Mail goes on; the start or reload and each message say why there is no seal."""
    before = len(host.milter.events("key-unusable"))
    changed({"signing": {"arc_domain": "keyless.example"}})
    problems = [event["problem"] for event in host.milter.events("key-unusable")[before:]]
    assert any("signing.arc_domain: no RSA key of keyless.example" in each for each in problems)
    raw, event = pass_on(host, message.build(AUTHOR))
    assert instances(raw) == [] and event["action"] == "accept", event
    assert event["unsigned"] == "no ARC seal: no active key for keyless.example", event


def test_check_off_is_told(host, changed):
    changed({"arc": {"enabled": False}})
    raw, event = pass_on(host, message.build(AUTHOR))
    assert instances(raw) == [] and event["unsigned"] == "no ARC seal: arc.enabled is false", event


def test_own_mail_is_signed_and_not_sealed(host, tmp_path):
    received = host.send_out(message.build(signing.ALICE))
    assert instances(received.raw) == []
    signing.check_all(host, [received], tmp_path)
