"""Keys that cannot be used: what becomes of the mail, and what the log says."""

import contextlib
import json
import shutil

import pytest

from conftest import require_mail_host
from support import message, ports, signing


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


def key_files(sender):
    folder = sender.keys.path / signing.DOMAIN
    return sorted(folder.glob("*.pem"))


def break_by_mode(files):
    for path in files:
        path.chmod(0o644)


def break_by_removal(files):
    for path in files:
        path.rename(path.with_suffix(".gone"))


def break_by_damage(files):
    for path in files:
        path.rename(path.with_suffix(".gone"))
        path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        path.chmod(0o600)


BREAKS = {"open to others": (break_by_mode, "chmod 600"),
          "gone": (break_by_removal, "No such file"),
          "damaged": (break_by_damage, "holds no")}


@pytest.fixture(params=BREAKS)
def broken(sender, request):
    """All keys of the domain are broken; (their files, a word of what is wrong)."""
    files = key_files(sender)
    do, words = BREAKS[request.param]
    do(files)
    sender.reload()
    yield files, words
    for path in files:
        if path.with_suffix(".gone").exists():
            path.with_suffix(".gone").rename(path)
        path.chmod(0o600)
    sender.reload()
    assert len(signing.signatures(sender.send_out(message.build(signing.ALICE)).raw)) == 2


def check_reason(event, files, words):
    assert event["unsigned"].startswith(f"no key of {signing.DOMAIN} can be used: "), event
    assert any(str(path) in event["unsigned"] for path in files) and words in event["unsigned"]


def test_unusable_keys_defer(sender, broken):
    """The default: the sender is told to try again; the log names domain, file, and fault."""
    files, words = broken
    before = len(sender.milter.events())
    reply = sender.send(message.build(signing.ALICE), f"alice@{signing.DOMAIN}",
                        signing.LOCAL_CLIENT, [signing.recipient()])
    assert (reply.code, reply.text[:6]) == (451, "4.3.5 "), reply
    assert str(sender.keys.path) not in reply.text
    event = sender._event(None, before)
    assert event["action"] == "defer" and event["reason"].startswith("not signed: "), event
    check_reason(event, files, words)
    problems = [event["problem"] for event in sender.milter.events("key-unusable")]
    for path in files:
        assert any(str(path) in problem and words in problem for problem in problems), problems
    assert "PRIVATE KEY" not in sender.milter.log()
    other = sender.send_out(message.build("a@other.example"))
    signing.check_unsigned(sender, other, "no active key for other.example")


def test_unusable_keys_accepted(sender, changed, broken):
    """signing.fail = "accept": it goes out unsigned, and each line says why."""
    changed({"signing": {"fail": "accept"}})
    received = sender.send_out(message.build(signing.ALICE))
    signing.check_unsigned(sender, received, f"no key of {signing.DOMAIN} can be used")
    check_reason(sender.event_of(received), *broken)


def test_unusable_keys_in_observe_mode(sender, changed, broken):
    changed({"mode": "observe"})
    received = sender.send_out(message.build(signing.ALICE))
    event = sender.event_of(received)
    assert (event["action"], event["wanted"]) == ("accept", "defer"), event
    check_reason(event, *broken)


def test_deferred_mail_of_sendmail_is_signed_later(sender, tmp_path):
    """Nothing is lost: mail of sendmail(1) waits until the keys are mended."""
    files = key_files(sender)
    to = signing.recipient()
    before = len(sender.milter.events())
    break_by_mode(files)
    try:
        sender.reload()
        done = sender.postfix.sendmail(message.build(signing.ALICE), f"alice@{signing.DOMAIN}", [to])
        assert done.returncode == 0, done
        ports.wait_until(lambda: [event for event in sender.milter.events()[before:]
                                  if event["action"] == "defer"], "not deferred", 20)
    finally:
        for path in files:
            path.chmod(0o600)
        sender.reload()
    def kick():
        """pickup(8) would look again within a minute. It may just be going, and is started anew then."""
        with contextlib.suppress(RuntimeError):
            sender.postfix.command("postkick", "public", "pickup", "W")

    ports.wait_until(lambda: kick() or
                     any(to in item.recipients for item in sender.sink.messages),
                     "the mail does not come", 90, 1)
    signing.check_all(sender, [sender.sink.wait_for(to)], tmp_path)


def test_pending_keys_do_not_stop_mail(sender, changed):
    """Nobody has let them sign; the log says so for each message."""
    domain = "pending.example"
    sender.keys.dkim("create", domain, "--type", "ed25519")
    ports.wait_until(lambda: sender.event_of(sender.send_out(message.build(f"a@{domain}")))[
        "unsigned"] == f"the keys of {domain} are pending: postern dkim check {domain}",
        "the new index is not seen", 5)


def test_start_without_readable_index():
    """Nobody can tell which mail should be signed: it waits, and goes out signed after."""
    require_mail_host()
    keys = signing.KeyDirectory()
    keys.dkim("create", signing.DOMAIN, "--active")
    index = keys.path / "keys.json"
    good = index.read_bytes()
    with signing.SigningHost(keys=keys) as host:
        index.write_bytes(good[: len(good) // 2])
        host.milter.restart()
        reply = host.send(message.build(signing.ALICE), f"alice@{signing.DOMAIN}",
                          signing.LOCAL_CLIENT, [signing.recipient()])
        assert reply.code == 451, reply
        assert str(index) in host.milter.events()[-1]["unsigned"]
        index.write_bytes(good)
        host.reload()
        assert len(signing.signatures(host.send_out(message.build(signing.ALICE)).raw)) == 2


@pytest.mark.long
def test_many_keys_survive_reloads(sender, changed):
    """More keys than would fit twice into the memory for keys; five reloads, none is lost."""
    index = sender.keys.path / "keys.json"
    good, folder = index.read_bytes(), sender.keys.path / signing.DOMAIN
    document = json.loads(good)
    first = next(key for key in document["keys"]
                 if key["domain"] == signing.DOMAIN and key["type"] == "rsa")
    pem = folder / f"{first['selector']}.pem"
    made = []
    try:
        for number in range(2500):
            domain = f"d{number}.many.example"
            made.append(sender.keys.path / domain)
            made[-1].mkdir(0o700)
            copy = made[-1] / pem.name
            copy.write_bytes(pem.read_bytes())
            copy.chmod(0o600)
            document["keys"].append({**first, "domain": domain})
        new = index.with_suffix(".new")
        new.write_text(json.dumps(document))
        new.chmod(0o600)
        new.rename(index)
        ports.wait_until(lambda: int(sender.milter.events("keys-loaded")[-1]["keys"]) > 2500,
                         "many keys are not loaded", 180)
        before = len(sender.milter.events("key-unusable"))
        for _ in range(5):
            sender.reload()
        assert len(sender.milter.events("key-unusable")) == before
        received = sender.send_out(message.build("a@d2499.many.example"))
        assert [tags["d"] for tags in signing.signatures(received.raw)] == ["d2499.many.example"]
    finally:
        new = index.with_suffix(".new")
        new.write_bytes(good)
        new.chmod(0o600)
        new.rename(index)
        for path in made:
            shutil.rmtree(path, ignore_errors=True)
        sender.reload()


def test_one_bad_key_does_not_stop_the_other(sender, tmp_path):
    path = next(path for path in key_files(sender) if path.stem.endswith("e"))
    good = path.read_bytes()
    try:
        path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        sender.reload()
        signing.check_all(sender, [sender.send_out(message.build(signing.ALICE))], tmp_path, ("rsa-sha256",))
        assert str(path) in sender.milter.events("key-unusable")[-1]["problem"]
    finally:
        path.write_bytes(good)
        sender.reload()
    signing.check_all(sender, [sender.send_out(message.build(signing.ALICE))], tmp_path)


def test_index_that_cannot_be_read(sender):
    """The keys known before go on signing."""
    index = sender.keys.path / "keys.json"
    good = index.read_bytes()
    try:
        index.write_bytes(good[: len(good) // 2])
        ports.wait_until(lambda: sender.milter.events("keys-unreadable"), "keys-unreadable", 5)
        assert len(signing.signatures(sender.send_out(message.build(signing.ALICE)).raw)) == 2
        assert str(index) in sender.milter.events("keys-unreadable")[-1]["problem"]
    finally:
        index.write_bytes(good)
        sender.reload()
    assert len(signing.signatures(sender.send_out(message.build(signing.ALICE)).raw)) == 2
