"""The 22 sender-spoofing cases of the espoofer suite, end to end through Postfix.

What each must conclude stands in the suite's cases.json (verdict_class, must_conclude).
"""

import base64
import copy
import json

import pytest

from conftest import require_mail_host
from support import authres, imap, mailhost, message, programs

CASES_FILE = programs.conformance_directory() / "attacks-espoofer" / "cases.json"
CASES = json.loads(CASES_FILE.read_text())["cases"] if CASES_FILE.exists() else []

ATTACKER_IP = "127.0.0.66"
VICTIM = "legitimate.com"

server_cases = pytest.mark.parametrize(
    "case", [c for c in CASES if c["id"].startswith("server")], ids=lambda c: c["id"])
client_cases = pytest.mark.parametrize(
    "case", [c for c in CASES if c["id"].startswith("client")], ids=lambda c: c["id"])


def test_suite_is_there():
    if not CASES:
        pytest.skip("skipped: attacks-espoofer not found")
    assert len(CASES) == 22


@pytest.fixture(scope="module")
def attacker_key():
    return message.SigningKey("selector")


@pytest.fixture(scope="module")
def roles(attacker_key):
    """The zone that cases.json describes under "roles"."""
    spf = {"TXT": [[f"v=spf1 ip4:{ATTACKER_IP} -all"]], "A": [ATTACKER_IP]}
    return {
        "attack.com": spf,
        "*.attack.com": spf,
        **attacker_key.zone("attack.com"),
        **attacker_key.zone("legitimate.com'a.attack.com"),
        VICTIM: {"TXT": [["v=spf1 -all"]]},
        f"_dmarc.{VICTIM}": {"TXT": [["v=DMARC1; p=reject"]]},
        # The user of the submission cases signs in as this.
        "_dmarc.example.com": {"TXT": [["v=DMARC1; p=reject"]]},
    }


@pytest.fixture(scope="module")
def enforcing(roles):
    require_mail_host()
    with mailhost.MailHost(roles) as running:
        yield running


@pytest.fixture(scope="module")
def observing(roles):
    """Delivers everything, so that what we wrote into the message can be read."""
    require_mail_host()
    with mailhost.MailHost(roles, {"mode": "observe"}) as running:
        yield running


def signed(case, raw, key):
    """The attacker's signature the case asks for, made with whatever d= and s= it names."""
    wanted = case["dkim_sign"]
    if not wanted:
        return raw
    signer = copy.copy(key)
    signer.selector = wanted["s"].encode()
    return message.sign(raw, wanted["d"], signer, fields=(b"from",))


# What the log line must not say, where the attack aims at one method; never dmarc=pass anyway.
NOT_PASS = {"server_a1": "spf", "server_a2": "spf", "server_a3": "dkim", "server_a4": "dkim",
            "server_a5": "spf"}

# Classes in which a message that is not refused must at least fail; the others have no author.
MUST_FAIL = ("dmarc=fail", "reject-or-dmarc=fail")


def send(host, case, key):
    """Sends the case; the reply and the log line."""
    raw = signed(case, base64.b64decode(case["message_b64"]), key)
    mail_from = base64.b64decode(case["mail_from_b64"])
    before = len(host.milter.events())
    reply = host.send(raw, mail_from, ATTACKER_IP, [mailhost.ALICE], case["helo"])
    outcome = host.follow(raw, reply, before)
    assert reply.stage == "message" and not reply.deferred, reply  # Postfix lets them all come
    assert outcome.event["dmarc"] != "pass", outcome.event
    if case["id"] in NOT_PASS:
        assert authres.logged_result(outcome.event, NOT_PASS[case["id"]]) != "pass", outcome.event
    return outcome


@server_cases
def test_server_case_is_refused(enforcing, attacker_key, case):
    outcome = send(enforcing, case, attacker_key)
    if case["verdict_class"] in MUST_FAIL:
        assert outcome.reply.code == 550, (case["must_conclude"], outcome.event)
        assert outcome.reply.text.startswith("5.7.1 "), outcome.reply
        assert outcome.event["action"] == "reject", outcome.event


@server_cases
def test_server_case_in_the_delivered_field(observing, attacker_key, case):
    """No field of ours may hold a pass for the victim, or more statements than checks."""
    outcome = send(observing, case, attacker_key)
    assert outcome.place == "inbox", outcome
    results = outcome.results
    assert results.field_count == 1, outcome.raw
    assert len(results.all("dmarc")) == 1, outcome.raw
    if case["verdict_class"] in MUST_FAIL:
        assert results.of("dmarc") in ("fail", "permerror"), (case["must_conclude"], results)
    else:
        assert results.of("dmarc") in ("fail", "permerror", "none"), results
    for item in results.items:
        if item.result == "pass":
            domains = [value.rpartition("@")[2].lower() for value in item.properties.values()]
            assert not any(d == VICTIM or d.endswith("." + VICTIM) for d in domains), results


@client_cases
def test_client_case(enforcing, case):
    """Submission. Who may write which From is not judged yet: such a message is at least neither
    signed in our name nor given a result that says pass."""
    raw = base64.b64decode(case["message_b64"])
    reply = enforcing.submit(raw, user=mailhost.ALICE, recipients=[mailhost.BOB],
                                mail_from=mailhost.ALICE)
    assert not reply.deferred, reply
    if reply.rejected:
        assert reply.text.startswith("5.7."), reply
        return
    enforcing.postfix.wait_empty()
    delivered = imap.wait_for_message(enforcing.dovecot.imap_port, mailhost.BOB,
                                      imap.message_id(raw))
    assert not authres.values_of(delivered, "DKIM-Signature")
    results = authres.Results(delivered, mailhost.AUTHSERV_ID)
    assert "pass" not in [item.result for item in results.items], results
