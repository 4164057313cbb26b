"""A plugin that was built for another Dovecot: one clear line, no crash, and mail waits."""

import imaplib
import re
import smtplib

import pytest
from support import imap, ports, training
from support.training import ALICE, TrainingHost, message
from test_dovecot_quota import QuotaHost
from test_dovecot_train import require_training_host

OTHER = b"ABIv0"


def for_another(octets):
    """The same file with another ABI version: "2.3.ABIv19(2.3.19.1)" or "2.4.ABIv1"."""
    changed, count = re.subn(rb"(?<=[0-9]\.[0-9]\.)ABIv[0-9]+", lambda m: OTHER.ljust(len(m[0]), b"0"), octets)
    assert count >= 1
    return changed


def line_of(host, words):
    return ports.wait_until(
        lambda: next((line for line in host.dovecot.log().splitlines() if words in line), None),
        lambda: host.dovecot.log()[-2000:])  # fmt: skip


@pytest.fixture(autouse=True)
def needed():
    require_training_host()


def refuses_to_deliver(host):
    """So that Postfix keeps the message and tries again."""
    with pytest.raises((smtplib.SMTPException, ConnectionError)) as caught:
        with smtplib.LMTP("127.0.0.1", host.dovecot.lmtp_port, timeout=30) as client:
            client.sendmail("ann@author.example", ALICE, message("abi"))
    return not 500 <= getattr(caught.value, "smtp_code", 0) < 600


@pytest.mark.parametrize(("kind", "plugin"), [(TrainingHost, training.plugin()), (QuotaHost, training.quota_plugin())])
def test_a_mail_plugin_for_another_abi(kind, plugin):
    with kind(change={plugin.name: for_another}) as host:
        with pytest.raises((imaplib.IMAP4.error, OSError)):  # at login or just behind it
            host.client().numbers("INBOX")
        assert refuses_to_deliver(host)
        line = line_of(host, "different ABI version")
        assert plugin.name in line and OTHER.decode() in line
        assert "signal" not in host.dovecot.log() and imap.PASSWORD not in host.dovecot.log()


def test_a_sieve_plugin_for_another_abi():
    """Reading mail goes on; delivering waits."""
    with TrainingHost(change={training.sieve_plugin().name: for_another}) as host:
        assert refuses_to_deliver(host)
        line = line_of(host, "different ABI version")
        assert "lib90_sieve_postern_plugin.so" in line and OTHER.decode() in line
        with host.client() as client:
            assert client.numbers("INBOX") == []
        assert "signal" not in host.dovecot.log()
