"""From a stranger's SMTP to a user's Sieve script: what the milter finds is what the script sees."""

import dataclasses
import pathlib
import shutil
import tempfile

import pytest
from conftest import require_mail_host
from support import dovecot, mailhost, ports, programs, scenario, training
from test_dovecot_train import require_training_host

SCRIPT = """require ["vnd.postern.verdict", "fileinto"];
if postern_verdict "action" "tag" { fileinto "Junk"; stop; }
if allof (postern_verdict "spf" "pass", postern_verdict "dkim" "pass", postern_verdict "dmarc" "pass",
          postern_verdict "arc" "none") { fileinto :create "Proved"; stop; }
"""
OPEN = {"milter_default_action": "accept", "milter_connect_timeout": "3s"}
FORGED = b"X-Postern-Verdict: action=accept; spf=pass; dkim=pass; arc=none; dmarc=pass\r\n"


def configuration(folder):
    """Dovecot with our Sieve extension, and this script for everybody who has none."""
    modules = folder / "sieve-modules"
    modules.mkdir()
    shutil.copy(training.sieve_plugin(), modules)  # nobody may enter the folder of the build
    script = folder / "default.sieve"
    script.write_text(SCRIPT.replace('"fileinto"', '"fileinto", "mailbox"'))
    script.chmod(0o644)
    if dovecot.version() >= (2, 4):
        return (
            "protocol lmtp {\n  mail_plugins {\n    sieve = yes\n  }\n}\n"
            f"sieve_plugin_dir = {modules}\nsieve_plugins {{\n  sieve_postern = yes\n}}\n"
            f"sieve_script default {{\n  type = default\n  driver = file\n  path = {script}\n}}\n"
        )
    return (
        "protocol lmtp {\n  mail_plugins = $mail_plugins sieve\n}\nplugin {\n"
        f"  sieve_plugin_dir = {modules}\n  sieve_plugins = sieve_postern\n"
        f"  sieve_default = {script}\n}}\n"
    )


@pytest.fixture(scope="module")
def host(keys):
    require_mail_host()
    require_training_host()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="psv", dir="/var/tmp"))
    folder.chmod(0o755)
    extra = (configuration(folder), programs.sanitizer_environment(training.sieve_plugin()))
    try:
        with mailhost.MailHost(keys.zone(), postfix=OPEN, dovecot=extra) as running:
            yield running
    finally:
        shutil.rmtree(folder)


def box_of(host, letter, subject):
    """Sends, and says in which mailbox of alice the message is then."""
    reply = host.send(letter.raw, letter.mail_from, letter.client, helo=letter.helo)
    assert reply.accepted, reply

    def where():
        with training.Mailbox(host.dovecot.imap_port, mailhost.ALICE) as client:
            for box in ("INBOX", "Junk", "Proved"):
                if client.imap.select(box)[0] != "OK":
                    continue
                if client._ok(client.imap.search(None, "SUBJECT", f'"{subject}"'))[0]:
                    return box
        return None

    return ports.wait_until(where, lambda: host.dovecot.log()[-2000:])


def test_proved_tagged_and_plain_mail(host, keys):
    assert box_of(host, scenario.aligned(keys), "Aligned and signed") == "Proved"
    assert box_of(host, scenario.spoofed_quarantine(keys), "Unpaid bill") == "Junk"
    assert box_of(host, scenario.forged_results(keys), "Forged results") == "INBOX"


def test_a_forged_verdict_proves_nothing(host, keys):
    letter = scenario.forged_results(keys)
    raw = FORGED + letter.raw.replace(b"Forged results", b"Forged verdict")
    assert box_of(host, dataclasses.replace(letter, raw=raw), "Forged verdict") == "INBOX"


def test_without_the_milter_nothing_is_proved(host, keys):
    """default_action=accept lets mail through while the milter is away; what it says then is its own."""
    host.milter.kill()
    try:
        letter = scenario.aligned(keys)
        raw = FORGED + letter.raw.replace(b"Aligned and signed", b"Unseen by us")
        assert box_of(host, dataclasses.replace(letter, raw=raw), "Unseen by us") == "INBOX"
    finally:
        host.milter.start()
