"""The live probes of `postern doctor`: real messages through a private mail host."""

import json

import pytest

import conftest
from support import mailhost, ports
from test_cli_doctor import DOMAIN, postern, replaced

STRANGER = "127.0.0.66"


@pytest.fixture(scope="module")
def live_host():
    """A host with Dovecot behind it, whose DNS has a policy for our domain."""
    conftest.require_mail_host()
    zone = {f"_dmarc.{DOMAIN}": {"TXT": [["v=DMARC1; p=none"]]},
            "_dmarc.reject.example": {"TXT": [["v=DMARC1; p=reject"]]}}  # fmt: skip
    settings = {"mode": "enforce", "local_networks": ["127.0.0.1"]}
    with mailhost.MailHost(zone, settings) as host:
        yield host


def live(host, folder, *words):
    password = folder / "password"
    password.write_text("demo-password\n")
    (folder / "zone.json").write_text("{}")
    arguments = [
        "--live", "--to", mailhost.ALICE, "--config", host.milter.config_path,
        "--postfix-config", host.postfix.config_directory, "--dovecot-config", folder / "none",
        "--keys", folder / "none", "--zone", folder / "zone.json", "--offline", "--only", "policy",
        "--smtp", f"127.0.0.1:{host.postfix.smtp_port}", "--json"]  # fmt: skip
    status, out, err = postern("doctor", *replaced(arguments, words))
    assert err == "", err
    found = {f["subject"]: f for f in json.loads(out)["findings"] if f["name"] == "live"}
    assert set(found) == {"signed mail", "spoof", "training", "eicar", "gtube"}
    for name in ("eicar", "gtube"):
        assert found[name]["severity"] == "skipped" and "not on" in found[name]["text"]
    return status, found


def imap_words(host, folder):
    return ["--imap", f"127.0.0.1:{host.dovecot.imap_port}", "--imap-password-file",
            folder / "password"]  # fmt: skip


def test_live_probes_are_followed_into_the_mailbox(live_host, tmp_path):
    status, found = live(live_host, tmp_path, DOMAIN, "--live-source", STRANGER,
                         *imap_words(live_host, tmp_path))  # fmt: skip
    assert "dmarc=fail" in found["spoof"]["text"] and found["spoof"]["severity"] == "info"
    assert "without a signature" in found["signed mail"]["text"]  # there is no key
    assert status == 1


def test_a_live_spoof_that_is_refused_is_right(live_host, tmp_path):
    _, found = live(live_host, tmp_path, "reject.example", "--live-source", STRANGER)
    assert found["spoof"]["severity"] == "ok" and "550" in found["spoof"]["text"]


@pytest.fixture
def signing_host(tmp_path_factory):
    """A host that signs for our domain and delivers to files."""
    conftest.require_mail_host()
    keys = tmp_path_factory.mktemp("live") / "dkim"
    status, _, err = postern("dkim", "create", DOMAIN, "--active", "--keys", keys)
    assert status == 0, err
    settings = {"mode": "enforce", "local_networks": ["127.0.0.1"], "signing": {"keys": str(keys)}}
    main_cf = {"mynetworks": "127.0.0.1/32"}
    with mailhost.MailHost({}, settings, postfix=main_cf, sink=True) as host:
        yield host


def test_live_mail_of_ours_is_signed(signing_host, tmp_path):
    maildir = signing_host.postfix.directory / "sink" / mailhost.ALICE.partition("@")[0]
    status, found = live(signing_host, tmp_path, DOMAIN, "--live-source", STRANGER, "--maildir",
                         maildir)  # fmt: skip
    signed = found["signed mail"]
    assert (signed["severity"], signed["text"]) == ("ok", f"mail of our own is signed for {DOMAIN}")
    assert status == 0 and found["spoof"]["severity"] == "info"


def test_a_trusted_address_cannot_play_a_stranger(live_host, tmp_path):
    _, found = live(live_host, tmp_path, DOMAIN, "--live-source", "127.0.0.1")
    assert found["spoof"]["severity"] == "skipped" and "trusted" in found["spoof"]["text"]


def test_a_live_probe_to_nobody(live_host, tmp_path):
    status, found = live(live_host, tmp_path, DOMAIN, "--live-source", STRANGER, "--smtp",
                         f"127.0.0.1:{ports.free_port()}")  # fmt: skip
    assert status == 2 and "connection refused" in found["signed mail"]["text"]
