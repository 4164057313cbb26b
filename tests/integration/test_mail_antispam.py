"""Spam through Postfix to Dovecot: tagged, rejected, held; what DKIM vouches for is let through."""

import pytest

from conftest import require_mail_host
from support import mailhost, message, scenario, spam_rules


@pytest.fixture(scope="module")
def judging(keys, tmp_path_factory):
    require_mail_host()
    directory = tmp_path_factory.mktemp("antispam")
    antispam = {**spam_rules.write(directory), "allow_domains": ["author.example"]}
    settings = {**scenario.SETTINGS, "antispam": antispam}
    directory.chmod(0o755)
    with mailhost.MailHost(keys.zone(), settings) as host:
        yield host


def letter(kind, sender="Ann <ann@forward.example>"):
    subject, body = kind
    return message.build(sender, subject=subject, body=body.encode() + b"\r\n")


def deliver(host, raw, mail_from="ann@forward.example", client=scenario.FORWARDER_IP):
    return host.deliver(raw, mail_from, client, helo="forward.example")


def test_ham(judging):
    outcome = deliver(judging, letter(spam_rules.HAM))
    assert outcome.place == "inbox" and outcome.event["spam"] == "ham", outcome
    assert b"X-Spam-Status: No, score=0.0" in outcome.raw


def test_spam_is_delivered_with_its_fields(judging):
    outcome = deliver(judging, letter(spam_rules.SPAM))
    assert outcome.reply.accepted and outcome.event["spam"] == "spam", outcome
    assert b"\nX-Spam-Flag: YES" in outcome.raw.replace(b"\r\n", b"\n"), outcome.raw


def test_gross_spam_is_rejected(judging):
    outcome = deliver(judging, letter(spam_rules.GROSS_SPAM))
    assert outcome.place == "rejected" and "spam" in outcome.reply.text, outcome


def test_a_domain_that_dkim_vouches_for_is_let_through(judging, keys):
    raw = keys.signed(letter(spam_rules.GROSS_SPAM, scenario.ANN))
    outcome = deliver(judging, raw, "ann@author.example", scenario.AUTHOR_IP)
    assert outcome.place == "inbox", outcome
    assert outcome.event["listed"] == "allowed: author.example"
    assert b"USER_IN_WELCOMELIST" in outcome.raw
