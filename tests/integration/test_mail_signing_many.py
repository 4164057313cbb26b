"""Signatures on many messages, generated ones or those of a folder, and what three verifiers say.

POSTERN_CORPUS names a folder of messages, of which up to 1,000 are sent instead of generated ones.
POSTERN_KEEP_BAD names one where those are kept that do not verify.
"""

import os
import pathlib
import random
import re

import pytest

from conftest import require_mail_host
from support import message, signing, smtp


@pytest.fixture(scope="module")
def sender():
    """Signs for example.org with an RSA and an Ed25519 key."""
    require_mail_host()
    with signing.SigningHost() as running:
        yield running


WORDS = ("a", "Grüße", "漢字", ".", "..", "\t", "  ", "x" * 300, "From here", "\r", "=20", "--b")


def generated(number):
    """A message from a seed: random lines, folds, list fields, encodings, lengths."""
    rng = random.Random(number)
    lines = []
    for _ in range(rng.choice((0, 1, 3, 20, 200))):
        lines.append(rng.choice((" ", "")).join(rng.choices(WORDS, k=rng.randint(0, 12))))
    text = "\r\n".join(lines) + "\r\n" * rng.randint(0, 3)
    fields = rng.sample([*signing.LIST_FIELDS, "Sender: alice@example.org", "Reply-To: b@example.org",
                         "Cc: =?utf-8?q?=C3=A9?= <c@example.com>,\r\n\td@example.com",
                         "X-Empty:", "Comments:  two  blanks ", "In-Reply-To: <1@example.com>",
                         "References: <1@example.com>\r\n\r\n".strip(), "Subject:second"], 4)
    head = "".join(field + "\r\n" for field in fields).encode()
    return message.build(signing.ALICE, subject=f"number {number}", body=text.encode(), extra=head)


def real_messages(folder):
    """Files of a folder, the same ones each time, as mail of ours: From rewritten, results of
    earlier checks left out."""
    kept = []
    paths = sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file())
    random.Random(1).shuffle(paths)
    for path in paths:
        if len(kept) == 1000:
            break
        raw = re.sub(rb"\r?\n", b"\r\n", path.read_bytes())
        head, blank, rest = raw.partition(b"\r\n\r\n")
        unwanted = (rb"(From|Sender|Resent-[a-z-]+|DKIM-Signature|Return-Path|Delivered-To|Bcc|"
                    rb"Authentication-Results)")
        head = re.sub(rb"(?im)^" + unwanted + rb"[ \t]*:.*\r\n([ \t].*\r\n)*", b"",
                      head + b"\r\n")
        head = re.sub(rb"\AFrom .*\r\n", b"", head)
        if blank and re.match(rb"[!-9;-~]+:", head) and len(raw) < 1000000:
            kept.append(f"From: {signing.ALICE}\r\n".encode() + head + b"\r\n" + rest)
    return kept


@pytest.mark.long
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
    counts = dict.fromkeys(("signed", "dkimpy", "Mail::DKIM", "own"), 0)
    bad, unsigned, by_perl = [], [], signing.verify_mail_dkim(
        [item.raw for item in received], sender.dns.port, tmp_path)
    for number, (item, perl) in enumerate(zip(received, by_perl)):
        ok = {"dkimpy": signing.verify_dkimpy(item.raw, sender.zone) == [True, True],
              "Mail::DKIM": perl.get("rsa-sha256") == "pass",
              "own": signing.verify_own(item.raw, sender.zone, tmp_path) == ["pass"] * 2}
        for name, is_good in ok.items():
            counts[name] += is_good
        counts["signed"] += len(signing.signatures(item.raw)) == 2
        if len(signing.signatures(item.raw)) != 2:
            unsigned.append((number, sender.event_of(item).get("unsigned")))
        elif not all(ok.values()):
            bad.append((number, ok))
            if os.environ.get("POSTERN_KEEP_BAD"):
                name = pathlib.Path(os.environ["POSTERN_KEEP_BAD"]) / str(number)
                name.with_suffix(".in").write_bytes(messages[number])
                name.with_suffix(".out").write_bytes(item.raw)
    print(f"\n{len(received)} messages, both signatures each; Mail::DKIM judges rsa: {counts}")
    assert not bad and not unsigned, (bad[:20], unsigned[:20])
