"""Signatures on mail of our users, as they arrive: through smtpd, milter, queue, smtp(8), a sink."""

import json
import os
import pathlib
import random
import re
import threading
import time

import pytest

from conftest import require_mail_host
from support import mailhost, message, ports, signing, smtp

ALICE = f"Alice <alice@{signing.DOMAIN}>"
LINE = b"abcdefghi " * 7000


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


def check_all(sender, received, folder, algorithms=("ed25519-sha256", "rsa-sha256")):
    """AssertionError unless every verifier accepts every signature of every message."""
    perl = signing.verify_mail_dkim([item.raw for item in received], sender.dns.port, folder)
    for item, by_perl in zip(received, perl):
        found = signing.signatures(item.raw)
        assert sorted(tags["a"] for tags in found) == sorted(algorithms), item.raw[:3000]
        assert all("l" not in tags for tags in found)
        own = signing.verify_own(item.raw, sender.zone, folder)
        assert own == ["pass"] * len(algorithms), (own, item.raw[:3000])
        by_dkimpy = signing.verify_dkimpy(item.raw, sender.zone)
        assert by_dkimpy == [True] * len(algorithms), (by_dkimpy, item.raw[:3000])
        assert by_perl.get("rsa-sha256", "pass") == "pass", (by_perl, item.raw[:3000])
        assert ("rsa-sha256" in by_perl) == ("rsa-sha256" in algorithms), by_perl


# ------------------------------------------------------------------ what is signed


def multipart():
    part = b"--b\r\nContent-Type: text/%s\r\n\r\n%s\r\n"
    body = part % (b"plain", b"Hello  \t \r\n\r\n") + part % (b"html", b"<p>Hello") + b"--b--\r\n"
    head = f"From: {ALICE}\r\nSubject: two parts\r\nMIME-Version: 1.0\r\n"
    return head.encode() + b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n' + body


def body(octets):
    return message.build(ALICE, body=octets)


def extra(*fields):
    return message.build(ALICE, extra="".join(f + "\r\n" for f in fields).encode())


LIST_FIELDS = ("List-Id: <l.example.org>", "List-Unsubscribe: <mailto:u@example.org>,\r\n <https://e/>",
               "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "List-Help: <mailto:h@e.org>")

# Name -> (message, parameters of MAIL)
MESSAGES = {
    "plain": (body(b"Hello.\r\n"), ""),
    "multipart": (multipart(), ""),
    "8BITMIME": (body("Grüße, 漢字\r\n".encode()), "BODY=8BITMIME"),
    "latin-1": (body(b"Gr\xfc\xdfe\r\n"), "BODY=8BITMIME"),
    "SMTPUTF8": (message.build(f"Ålice <ålice@{signing.DOMAIN}>", subject="Grüße 漢字"),
                 "BODY=8BITMIME SMTPUTF8"),
    "leading dots": (body(b".\r\n..\r\n.a\r\n...b\r\n"), ""),
    "empty body": (body(b""), ""),
    "no blank line": (body(b"").removesuffix(b"\r\n"), ""),
    "one empty line": (body(b"\r\n"), ""),
    "blank lines at the end": (body(b"a\r\n\r\n  \r\n\r\n"), ""),
    "no line end at the end": (body(b"a\r\nb"), ""),
    "bare CR": (body(b"a\rb\r\n\rc\r\nd\r\r\n"), ""),
    "white space": (body(b" a \t b\t\r\n\t\r\n"), ""),
    "list fields": (extra(*LIST_FIELDS), ""),
    "folded fields": (extra("X-A: a\r\n\tb\r\n  c", "Cc: a@b.example,\r\n c@d.example"), ""),
    "no Date or Message-ID": (f"From: {ALICE}\r\nSubject: x\r\n\r\na\r\n".encode(), ""),
    "From alone": (f"From: {ALICE}\r\n\r\na\r\n".encode(), ""),
    "no From, which Postfix adds": (b"Subject: x\r\n\r\na\r\n", ""),
    "two Subject fields": (extra("Subject: first"), ""),
    "two To fields": (extra("To: one@example.com"), ""),
    "NUL": (body(b"a\0b\r\n"), ""),
    "many recipients": (message.build(ALICE, recipient=", ".join(
        f"someone{n}@far.example" + ("\r\n " if n % 3 == 0 else "") for n in range(150))), ""),
    "field of 997": (extra("X-Long: " + "a" * 989), ""),
    "field of 998": (extra("X-Long: " + "a" * 990), ""),
    "long unsigned field": (extra("X-Long: " + "a" * 3000), ""),
    "long field of words": (extra("Comments: " + "word " * 700), ""),
}
for size in (997, 998, 999, 1994, 1995, 1996, 2047, 2048, 2049, 4096, 5000, 70000):
    MESSAGES[f"line of {size}"] = (body(b"x\r\n" + LINE[:size] + b"\r\nend\r\n"), "")
    MESSAGES[f"line of {size} without a space"] = (body(b"a" * size + b"\r\n.\r\n"), "")
MESSAGES["last line of 5000, no line end"] = (body(b"a" * 5000), "")
MESSAGES["dots in a line of 3000"] = (body(b"." * 3000 + b"\r\n"), "")
MESSAGES["CR at the limit"] = (body(b"a" * 997 + b"\rb\r\n" + b"a" * 998 + b"\rc\r\n"), "")


@pytest.mark.parametrize("name", MESSAGES)
def test_message_verifies(sender, tmp_path, name):
    raw, parameters = MESSAGES[name]
    mail_from = f"ålice@{signing.DOMAIN}" if "SMTPUTF8" in parameters else None
    received = sender.send_out(raw, mail_from, parameters=parameters)
    check_all(sender, [received], tmp_path)
    event = sender.event_of(received)
    assert event["direction"] == "local" and len(event["signed"].split(",")) == 2, event


def test_long_signed_field(sender, tmp_path):
    received = sender.send_out(message.build(ALICE, subject="a" * 3000))
    check_all(sender, [received], tmp_path)


def test_submitted_mail_is_signed(tmp_path):
    require_mail_host()
    with signing.SigningHost(mailboxes=True) as host:
        to = signing.recipient()
        reply = host.submit(message.build(ALICE), recipients=[to])
        assert reply.accepted, reply
        received = host.sink.wait_for(to)
        check_all(host, [received], tmp_path)
        assert host.event_of(received)["direction"] == "submission"


def test_sendmail_is_signed(sender, tmp_path):
    to = signing.recipient()
    done = sender.postfix.sendmail(message.build(ALICE), f"alice@{signing.DOMAIN}", [to])
    assert done.returncode == 0, done
    check_all(sender, [sender.sink.wait_for(to)], tmp_path)


def test_hundred_recipients_get_the_same(sender, tmp_path):
    many = [signing.recipient() for _ in range(100)]
    reply = sender.send(message.build(ALICE), f"alice@{signing.DOMAIN}", signing.LOCAL_CLIENT, many)
    assert reply.accepted, reply
    received = {sender.sink.wait_for(to).raw.partition(b"DKIM-Signature")[2] for to in many}
    assert len(received) == 1
    check_all(sender, [sender.sink.wait_for(many[0])], tmp_path)


def test_bounce_is_signed(sender, tmp_path):
    """The null sender's mail comes from bounce(8), which has a milter only by
    internal_mail_filter_classes."""
    author = f"r.bounce@{signing.OUTSIDE}"
    reply = sender.send(message.build(ALICE), author, signing.LOCAL_CLIENT,
                        [f"a@{signing.NOWHERE}"])
    assert reply.accepted, reply
    received = sender.sink.wait_for(author)
    assert received.mail_from.startswith("<>")
    check_all(sender, [received], tmp_path)


# ------------------------------------------------------------------ many messages

WORDS = ("a", "Grüße", "漢字", ".", "..", "\t", "  ", "x" * 300, "From here", "\r", "=20", "--b")


def generated(number):
    """A message from a seed: random lines, folds, list fields, encodings, lengths."""
    rng = random.Random(number)
    lines = []
    for _ in range(rng.choice((0, 1, 3, 20, 200))):
        lines.append(rng.choice((" ", "")).join(rng.choices(WORDS, k=rng.randint(0, 12))))
    text = "\r\n".join(lines) + "\r\n" * rng.randint(0, 3)
    fields = rng.sample([*LIST_FIELDS, "Sender: alice@example.org", "Reply-To: b@example.org",
                         "Cc: =?utf-8?q?=C3=A9?= <c@example.com>,\r\n\td@example.com",
                         "X-Empty:", "Comments:  two  blanks ", "In-Reply-To: <1@example.com>",
                         "References: <1@example.com>\r\n\r\n".strip(), "Subject:second"], 4)
    head = "".join(field + "\r\n" for field in fields).encode()
    return message.build(ALICE, subject=f"number {number}", body=text.encode(), extra=head)


def real_messages(folder):
    """Files of a folder as mail of ours: From rewritten, results of others' checks left out."""
    kept = []
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if len(kept) == 1000 or not path.is_file():
            continue
        raw = re.sub(rb"\r?\n", b"\r\n", path.read_bytes())
        head, blank, rest = raw.partition(b"\r\n\r\n")
        unwanted = (rb"(From|Sender|Resent-[a-z-]+|DKIM-Signature|Return-Path|Delivered-To|Bcc|"
                    rb"Authentication-Results)")
        head = re.sub(rb"(?im)^" + unwanted + rb"[ \t]*:.*\r\n([ \t].*\r\n)*", b"",
                      head + b"\r\n")
        head = re.sub(rb"\AFrom .*\r\n", b"", head)
        if blank and re.match(rb"[!-9;-~]+:", head) and len(raw) < 1000000:
            kept.append(f"From: {ALICE}\r\n".encode() + head + b"\r\n" + rest)
    return kept


def test_many_messages(sender, tmp_path):
    corpus = os.environ.get("POSTERN_CORPUS")
    messages = real_messages(corpus) if corpus else [generated(n) for n in range(200)]
    assert messages
    received, recipients = [], []
    with smtp.SmtpClient(sender.postfix.smtp_port, signing.LOCAL_CLIENT) as client:
        client.read_reply("banner")
        client.command("EHLO client.example")
        for raw in messages:
            to = signing.recipient()
            mail_from = f"<alice@{signing.DOMAIN}> BODY=8BITMIME SMTPUTF8"
            reply = client.transaction(raw, mail_from, [to])
            assert reply.accepted, (reply, raw[:1000])
            recipients.append(to)
    received = [sender.sink.wait_for(to) for to in recipients]
    bad, unsigned, by_perl = [], [], signing.verify_mail_dkim(
        [item.raw for item in received], sender.dns.port, tmp_path)
    for number, (item, perl) in enumerate(zip(received, by_perl)):
        ok = {"dkimpy": signing.verify_dkimpy(item.raw, sender.zone) == [True, True],
              "Mail::DKIM": perl.get("rsa-sha256") == "pass",
              "own": signing.verify_own(item.raw, sender.zone, tmp_path) == ["pass"] * 2}
        if len(signing.signatures(item.raw)) != 2:
            unsigned.append((number, sender.event_of(item).get("unsigned")))
        elif not all(ok.values()):
            bad.append((number, ok))
            if os.environ.get("POSTERN_KEEP_BAD"):
                name = pathlib.Path(os.environ["POSTERN_KEEP_BAD"]) / str(number)
                name.with_suffix(".in").write_bytes(messages[number])
                name.with_suffix(".out").write_bytes(item.raw)
    print(f"\n{len(received)} messages, {len(unsigned)} unsigned, {len(bad)} not verified")
    assert not bad and not unsigned, (bad[:20], unsigned[:20])


# ------------------------------------------------------------------ what is not signed


def check_unsigned(sender, received, reason):
    assert signing.signatures(received.raw) == [], received.raw[:2000]
    event = sender.event_of(received)
    assert "signed" not in event and reason in event["unsigned"], event


NOT_OURS = {
    "foreign From": (message.build("a@other.example"), "no active key for other.example"),
    "subdomain": (message.build(f"a@news.{signing.DOMAIN}"), "no active key for news.example.org"),
    "two From fields": (f"From: {ALICE}\r\n".encode() + message.build(ALICE), "From"),
    "two domains in From": (message.build(f"{ALICE}, b@other.example"), "authors of several"),
    "unreadable From": (message.build(f"alice@{signing.DOMAIN}@other.example"), ""),
}


@pytest.mark.parametrize("name", NOT_OURS)
def test_not_ours(sender, name):
    raw, reason = NOT_OURS[name]
    check_unsigned(sender, sender.send_out(raw), reason)


def test_back_from_a_content_filter(sender):
    """What came from outside is not ours when a filter hands it back from a local address."""
    seen = f"Authentication-Results: {mailhost.AUTHSERV_ID}; dmarc=fail header.from=example.org"
    received = sender.send_out(message.build(ALICE, extra=seen.encode() + b"\r\n"))
    check_unsigned(sender, received, "came from outside")


@pytest.mark.parametrize("author", [ALICE, "m@attack.example"])
def test_inbound_is_never_signed(sender, author):
    """Neither a spoof of our own domain nor anything else from outside."""
    received = sender.send_out(message.build(author), "m@attack.example", signing.STRANGER)
    assert signing.signatures(received.raw) == []
    event = sender.event_of(received)
    assert event["direction"] == "inbound" and "signed" not in event, event


def test_foreign_signature_stays_beside_ours(sender, tmp_path):
    """A signature that the message already has is neither taken for ours nor removed."""
    foreign = message.SigningKey("other")
    sender.publish(foreign.zone("other.example"))
    raw = message.sign(message.build(ALICE), "other.example", foreign)
    received = sender.send_out(raw)
    domains = [tags["d"] for tags in signing.signatures(received.raw)]
    assert domains == [signing.DOMAIN, signing.DOMAIN, "other.example"]
    assert signing.verify_own(received.raw, sender.zone, tmp_path) == ["pass"] * 3


# ------------------------------------------------------------------ settings


def test_expire(sender, changed, tmp_path):
    changed({"signing": {"expire": "7d"}})
    received = sender.send_out(message.build(ALICE))
    check_all(sender, [received], tmp_path)
    for tags in signing.signatures(received.raw):
        assert int(tags["x"]) - int(tags["t"]) == 7 * 86400
        assert abs(int(tags["t"]) - time.time()) < 60


def test_signing_off(sender, changed):
    changed({"signing": {"enabled": False}})
    check_unsigned(sender, sender.send_out(message.build(ALICE)), "signing is off")


def test_parent_domains(sender, changed, tmp_path):
    changed({"signing": {"parent_domains": True}})
    received = sender.send_out(message.build(f"a@news.{signing.DOMAIN}"))
    check_all(sender, [received], tmp_path)
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
    check_all(sender, [received], tmp_path, algorithms=("rsa-sha256",))
    tags = signing.signatures(received.raw)[0]
    assert (tags["d"], tags["s"]) == ("second.example", "own")
    assert int(tags["x"]) - int(tags["t"]) == 8 * 86400
    assert "x-mine" in tags["h"].lower().split(":")
    assert all("x" not in tags for tags in signing.signatures(
        sender.send_out(message.build(ALICE)).raw))
    changed({'signing.domain."second.example"': {"enabled": False}})
    check_unsigned(sender, sender.send_out(raw), "signing is off")
    assert len(signing.signatures(sender.send_out(message.build(ALICE)).raw)) == 2


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
    raw = with_field_added(sender.send_out(message.build(ALICE)).raw, ADDED[name])
    assert signing.verify_own(raw, sender.zone, tmp_path) == ["fail"] * 2
    assert signing.verify_dkimpy(raw, sender.zone) == [False] * 2


def test_lists_may_add_their_fields(sender, changed, tmp_path):
    changed({"signing": {"list_fields": "allow"}})
    raw = sender.send_out(message.build(ALICE)).raw
    listed = with_field_added(with_field_added(raw, ADDED["List-Unsubscribe"]),
                              b"List-Id: <talk.list.example>")
    assert signing.verify_own(listed, sender.zone, tmp_path) == ["pass"] * 2
    spoofed = with_field_added(raw, ADDED["From"])
    assert signing.verify_own(spoofed, sender.zone, tmp_path) == ["fail"] * 2


# ------------------------------------------------------------------ keys


def key_files(sender):
    folder = sender.keys.path / signing.DOMAIN
    return sorted(folder.glob("*.pem"))


def test_key_that_others_can_read(sender):
    """Mail goes without signature, the log names each file; mended and reloaded, all is well."""
    files = key_files(sender)
    before = len(sender.milter.events("key-unusable"))
    try:
        for path in files:
            path.chmod(0o644)
        sender.reload()
        check_unsigned(sender, sender.send_out(message.build(ALICE)), "no active key")
        problems = [event["problem"] for event in sender.milter.events("key-unusable")[before:]]
        for path in files:
            assert any(str(path) in problem and "chmod" in problem for problem in problems), problems
        assert "PRIVATE KEY" not in sender.milter.log()
    finally:
        for path in files:
            path.chmod(0o600)
        sender.reload()
    assert len(signing.signatures(sender.send_out(message.build(ALICE)).raw)) == 2


def test_one_bad_key_does_not_stop_the_other(sender, tmp_path):
    path = next(path for path in key_files(sender) if path.stem.endswith("e"))
    good = path.read_bytes()
    try:
        path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        sender.reload()
        check_all(sender, [sender.send_out(message.build(ALICE))], tmp_path, ("rsa-sha256",))
        assert str(path) in sender.milter.events("key-unusable")[-1]["problem"]
    finally:
        path.write_bytes(good)
        sender.reload()
    check_all(sender, [sender.send_out(message.build(ALICE))], tmp_path)


def test_index_that_cannot_be_read(sender):
    """The keys known before go on signing."""
    index = sender.keys.path / "keys.json"
    good = index.read_bytes()
    try:
        index.write_bytes(good[: len(good) // 2])
        ports.wait_until(lambda: sender.milter.events("keys-unreadable"), "keys-unreadable", 5)
        assert len(signing.signatures(sender.send_out(message.build(ALICE)).raw)) == 2
        assert str(index) in sender.milter.events("keys-unreadable")[-1]["problem"]
    finally:
        index.write_bytes(good)
        sender.reload()
    assert len(signing.signatures(sender.send_out(message.build(ALICE)).raw)) == 2


# ------------------------------------------------------------------ rotation under load


class Stream:
    """Four clients that send without pause, each message to a recipient of its own."""

    def __init__(self, sender):
        self._sender, self._stop = sender, threading.Event()
        self._lock = threading.Lock()
        self.sent, self.refused = [], []
        self._threads = [threading.Thread(target=self._work) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def _work(self):
        while not self._stop.is_set():
            to = signing.recipient()
            reply = self._sender.send(message.build(ALICE), f"alice@{signing.DOMAIN}",
                                      signing.LOCAL_CLIENT, [to])
            with self._lock:
                (self.sent if reply.accepted else self.refused).append(to)

    def wait_for_more(self, count=40):
        """Until so many more messages were sent."""
        goal = len(self.sent) + count
        ports.wait_until(lambda: len(self.sent) >= goal, f"{goal} messages", 60)

    def finish(self):
        """Ends the stream; what the sink received."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return [self._sender.sink.wait_for(to) for to in self.sent]


def rotate_auto(host):
    return json.loads(host.keys.dkim("rotate", "--auto", "--json", "--config",
                                     host.milter.config_path))


def test_rotation_under_load(tmp_path):
    """Twice from first to second keys: none unsigned, none with a key that DNS did not answer."""
    require_mail_host()
    with signing.SigningHost() as host:
        known_since = {name: 0.0 for name in host.keys.keys()}
        stream = Stream(host)
        try:
            for _ in range(2):
                stream.wait_for_more()
                made = json.loads(host.keys.dkim("rotate", signing.DOMAIN, "--json"))["made"]
                assert len(made) == 2 and {key["state"] for key in made} == {"pending"}
                stream.wait_for_more()
                waiting = rotate_auto(host)
                assert len(waiting["steps"]) == 2 and waiting["made"] == [], waiting
                assert "activated" not in json.dumps(waiting["steps"]), waiting
                stream.wait_for_more()
                host.publish(host.keys.zone())
                known_since.update({key["name"]: time.time() for key in made})
                stream.wait_for_more()
                rotate_auto(host)
                new = {key["selector"] for key in made}
                goal = time.monotonic() + 5
                while time.monotonic() < goal and not all(
                        selector in host.milter.log() for selector in new):
                    time.sleep(0.05)
                stream.wait_for_more()
        finally:
            received = stream.finish()
        assert not stream.refused
        used = set()
        for item in received:
            found = signing.signatures(item.raw)
            assert len(found) == 2, (host.event_of(item), found)
            for tags in found:
                name = f"{tags['s']}._domainkey.{tags['d']}"
                used.add(name)
                assert known_since.get(name, item.at) <= int(tags["t"]) + 1, (name, item.at)
        assert used == set(known_since), "each of the six keys has signed"
        sample = received[:: max(1, len(received) // 30)]
        check_all(host, sample, tmp_path)
        print(f"\n{len(received)} messages during two rotations, each signed twice")
