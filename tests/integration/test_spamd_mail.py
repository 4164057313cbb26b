"""spamd's clients in a mail system: spamass-milter in Postfix, and spamc with delivered mail."""

import pathlib
import shutil
import subprocess

import pytest

from conftest import require_mail_host
from support import mailhost, message, ports, programs, scenario, spam_rules

SPAMASS_MILTER = "/usr/sbin/spamass-milter"
AUTHENTICATED = """\
loadplugin Mail::SpamAssassin::Plugin::DKIM
loadplugin Mail::SpamAssassin::Plugin::SPF
loadplugin Mail::SpamAssassin::Plugin::DMARC
full TEST_DKIM eval:check_dkim_valid()
header TEST_SPF eval:check_for_spf_pass()
header TEST_DMARC eval:check_dmarc_pass()
score TEST_DKIM -0.1
score TEST_SPF -0.1
score TEST_DMARC -0.1
"""


def letter(kind, sender="Ann <ann@forward.example>"):
    subject, body = kind
    return message.build(sender, subject=subject, body=body.encode() + b"\r\n")


def rules_in(directory):
    directory.chmod(0o755)
    return spam_rules.write(directory, spam_rules.RULES + AUTHENTICATED)


@pytest.fixture(scope="module")
def old_host(keys, tmp_path_factory):
    """Postfix asks spamass-milter, which asks spamc, which asks us; our own milter is not asked."""
    require_mail_host()
    if not pathlib.Path(SPAMASS_MILTER).exists():
        pytest.skip("not installed: spamass-milter")
    spamd_port, milter_port = ports.free_port(), ports.free_port()
    settings = {
        **scenario.SETTINGS,
        "antispam": rules_in(tmp_path_factory.mktemp("old")),
        "spamd": {"sockets": [f"inet:{spamd_port}@127.0.0.1"]},
    }
    postfix = {"smtpd_milters": f"inet:127.0.0.1:{milter_port}", "non_smtpd_milters": None}
    with mailhost.MailHost(keys.zone(), settings, postfix=postfix) as host:
        command = [SPAMASS_MILTER, "-p", f"inet:{milter_port}@127.0.0.1", "-r", "10"]
        process = subprocess.Popen(
            [*command, "--", "-d", "127.0.0.1", "-p", str(spamd_port)],
            stdin=subprocess.DEVNULL, start_new_session=True, cwd="/")  # fmt: skip
        try:
            ports.wait_for_port(milter_port, "spamass-milter", process)
            yield host
        finally:
            programs.end_group(process)


def deliver(host, raw):
    return host.deliver(raw, "ann@forward.example", scenario.FORWARDER_IP, helo="forward.example")


def test_spamass_milter_lets_ham_pass(old_host):
    outcome = deliver(old_host, letter(spam_rules.HAM))
    assert outcome.place == "inbox", outcome
    assert b"X-Spam-Status: No, score=0.0 required=5.0" in outcome.raw, outcome.raw
    assert b"X-Spam-Flag" not in outcome.raw


def test_spamass_milter_marks_spam(old_host):
    outcome = deliver(old_host, letter(spam_rules.SPAM))
    assert outcome.reply.accepted, outcome
    assert b"\nX-Spam-Flag: YES" in outcome.raw and b"TEST_BODY,TEST_SUBJECT" in outcome.raw, outcome.raw
    event = old_host.milter.events("spamd-request")[-1]
    assert (event["spam"], event["score"], event["client"]) == ("spam", "5.5", "127.0.0.1"), event


def test_spamass_milter_rejects_gross_spam(old_host):
    outcome = deliver(old_host, letter(spam_rules.GROSS_SPAM))
    assert outcome.place == "rejected" and "SpamAssassin" in outcome.reply.text, outcome


@pytest.fixture(scope="module")
def new_host(keys, tmp_path_factory):
    """Our milter judges mail as it comes, and again for spamc, which asks about delivered mail."""
    require_mail_host()
    if shutil.which("spamc") is None:
        pytest.skip("not installed: spamc")
    spamd_port = ports.free_port()
    antispam = {
        **rules_in(tmp_path_factory.mktemp("new")),
        "allow_domains": ["author.example"],
        "deny_domains": ["forward.example"],
    }
    settings = {
        **scenario.SETTINGS,
        "mode": "observe",
        "antispam": antispam,
        "spamd": {"sockets": [f"inet:{spamd_port}@127.0.0.1"]},
    }
    with mailhost.MailHost(keys.zone(), settings) as host:
        host.spamd_port = spamd_port
        yield host


def ask(host, raw):
    """(what spamc -y prints, spamc's exit status, our log line)."""
    before = len(host.milter.events("spamd-request"))
    done = subprocess.run(
        ["spamc", "-d", "127.0.0.1", "-p", str(host.spamd_port), "-y", "-E"],
        input=raw, capture_output=True, timeout=60, check=False)  # fmt: skip
    ports.wait_until(lambda: len(host.milter.events("spamd-request")) > before, host.milter.log)
    return done.stdout.decode().strip(), done.returncode, host.milter.events("spamd-request")[-1]


@pytest.fixture(scope="module")
def delivered(new_host, keys):
    """A signed message of author.example that would be gross spam, as it lies in the mailbox."""
    raw = keys.signed(letter(spam_rules.GROSS_SPAM, scenario.ANN))
    outcome = new_host.deliver(raw, "ann@author.example", scenario.AUTHOR_IP)
    assert outcome.place == "inbox", outcome
    return outcome.raw


def test_results_of_our_own_checks_are_known(new_host, delivered):
    rules, status, event = ask(new_host, delivered)
    assert {"TEST_DKIM", "TEST_SPF", "TEST_DMARC", "USER_IN_WELCOMELIST"} <= set(rules.split(","))
    assert status == 0, event
    assert (event["results"], event["listed"]) == ("ours", "allowed: author.example"), event


def test_results_below_our_received_field_are_not_believed(new_host, delivered):
    """The same message, sent on by somebody."""
    forged = b"Received: from x (x [192.0.2.1]) by y with ESMTP id 1; Tue, 14 Nov 2023 22:13:00 +0000\r\n"
    rules, status, event = ask(new_host, forged + delivered)
    assert not {"TEST_DKIM", "TEST_SPF", "TEST_DMARC"} & set(rules.split(",")), rules
    assert status == 1 and "results" not in event and "listed" not in event, event


def test_denied_domains_hold_for_spamc(new_host):
    rules, status, event = ask(new_host, letter(spam_rules.HAM))
    assert rules == "USER_IN_BLOCKLIST" and status == 1, event
    assert event["listed"] == "denied: forward.example"
