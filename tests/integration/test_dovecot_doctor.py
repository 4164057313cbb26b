"""`postern doctor --live` moves a message into Junk as a user does, and sees whether that teaches."""

import json

import pytest
from support import imap, ports, training
from support.training import ALICE, JUNK, TrainingHost, message
from test_cli_doctor import postern
from test_dovecot_train import require_training_host


@pytest.fixture(scope="module")
def host():
    require_training_host()
    with TrainingHost() as running:
        (running.directory / "password").write_text(imap.PASSWORD + "\n")
        (running.directory / "zone.json").write_text("{}")
        yield running


def examine(host, *words):
    """The finding about training; there is no SMTP server, which the others say."""
    place = host.directory
    _, out, err = postern(
        "doctor", "example.org", "--live", "--to", ALICE, "--config", host.learner.config_path,
        "--postfix-config", place / "none", "--dovecot-config", place / "none", "--keys", place / "none",
        "--zone", place / "zone.json", "--offline", "--only", "policy", "--json",
        "--smtp", f"127.0.0.1:{ports.free_port()}", *words)  # fmt: skip
    assert err == "", err
    return next(f for f in json.loads(out)["findings"] if f["subject"] == "training")


def with_mailbox(host):
    return ["--imap", f"127.0.0.1:{host.dovecot.imap_port}", "--imap-password-file",
            host.directory / "password"]  # fmt: skip


def state(host):
    """What is learned, and how many messages lie where."""
    status = host.learner.command("learn", "status", ALICE)[1]
    with host.client() as client:
        return status.split(", last")[0], [len(client.numbers(box)) for box in ("INBOX", JUNK)], len(host.learner.kept())


def test_it_is_learned_and_leaves_no_trace(host):
    with host.client() as client:
        client.append(JUNK, message("dr1"))
        client.append("INBOX", message("dr2"))
    host.wait_for(1)
    before = state(host)
    found = examine(host, *with_mailbox(host))
    assert found["severity"] == "ok", found
    assert f"moved into {JUNK} was learned within" in found["text"]
    assert host.learner.learned()[-1] == (ALICE, "spam", "move", "other", "junk", "learned")
    assert state(host) == before
    assert examine(host, *with_mailbox(host))["severity"] == "ok"  # and again


def test_without_a_mailbox_it_is_left_out(host):
    found = examine(host)
    assert found["severity"] == "skipped" and "--imap" in found["text"]


def test_a_learner_that_is_away_is_seen(host):
    host.learner.kill()
    try:
        found = examine(host, *with_mailbox(host))
        assert found["severity"] == "error" and "was not learned for " + ALICE in found["text"]
        assert "learner.senders" in found["remedy"]
    finally:
        host.learner.start()
    with host.client() as client:
        assert len(client.numbers(JUNK)) == 1  # that of the test above


def test_a_wrong_password_is_an_error(host):
    wrong = host.directory / "wrong"
    wrong.write_text("no\n")
    words = [*with_mailbox(host)[:-1], wrong]
    found = examine(host, *words)
    assert found["severity"] == "error" and "is refused" in found["text"]


def test_no_mailbox_for_junk(tmp_path):
    require_training_host()
    none = "namespace inbox {\n  mailbox Spamverdacht {\n    special_use =\n  }\n  mailbox Junk {\n    special_use =\n  }\n}\n"
    with TrainingHost(extra23=none, extra24=none) as running:
        (running.directory / "password").write_text(imap.PASSWORD + "\n")
        (running.directory / "zone.json").write_text("{}")
        found = examine(running, *with_mailbox(running))
        assert found["severity"] == "error" and "no mailbox has the role \\Junk" in found["text"]
        with running.client() as client:
            assert client.numbers("INBOX") == []
