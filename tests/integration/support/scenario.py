"""The messages of the demo and of test_mail_flow.py: who sends what, from where, and the zone.

    127.0.0.10  mail host of author.example (p=reject) and shop.example (p=quarantine)
    127.0.0.20  a forwarder, 127.0.0.30 a mailing list (list.example), both honest
    127.0.0.66  attack.example, whose own SPF and DKIM are in order
"""

import dataclasses
import time

from . import arc, message
from .mailhost import AUTHSERV_ID

AUTHOR_IP = "127.0.0.10"
FORWARDER_IP = "127.0.0.20"
LIST_IP = "127.0.0.30"
ATTACKER_IP = "127.0.0.66"

TRUSTED_SEALER = "list.example"
OTHER_SEALER = "attack.example"

ANN = "Ann Author <ann@author.example>"


def _spf(address):
    return {"TXT": [[f"v=spf1 ip4:{address} -all"]]}


def _dmarc(policy):
    return {"TXT": [[f"v=DMARC1; p={policy}"]]}


class Keys:
    """Fresh keys of one run, and the zone that publishes them."""

    def __init__(self):
        self.rsa = message.SigningKey("rsa2048")
        self.ed25519 = message.SigningKey("ed25519", "ed25519-sha256")
        self.attacker = message.SigningKey("selector")
        self.list = message.SigningKey("arc")

    def zone(self):
        """Every name the messages need, in the form of dns_server."""
        return {
            "author.example": _spf(AUTHOR_IP),
            "mail.author.example": _spf(AUTHOR_IP),
            "_dmarc.author.example": _dmarc("reject"),
            "shop.example": _spf(AUTHOR_IP),
            "_dmarc.shop.example": _dmarc("quarantine"),
            "forward.example": _spf(FORWARDER_IP),
            "list.example": _spf(LIST_IP),
            "attack.example": _spf(ATTACKER_IP),
            **self.rsa.zone("author.example"),
            **self.ed25519.zone("author.example"),
            **self.rsa.zone("shop.example"),
            **self.list.zone(TRUSTED_SEALER),
            **self.list.zone(OTHER_SEALER),
            **self.attacker.zone("attack.example"),
        }

    def signed(self, raw, **options):
        """Signed by author.example as a good sender does: ed25519 below, RSA on top."""
        raw = message.sign(raw, "author.example", self.ed25519, **options)
        return message.sign(raw, "author.example", self.rsa, **options)


@dataclasses.dataclass(frozen=True)
class Letter:
    """One message ready to be sent."""

    raw: bytes
    mail_from: str
    client: str
    helo: str


def _from_author(raw, mail_from="ann@author.example"):
    return Letter(raw, mail_from, AUTHOR_IP, "mail.author.example")


def _from_attacker(raw, mail_from="mallory@attack.example"):
    return Letter(raw, mail_from, ATTACKER_IP, "attack.example")


def _forwarded(raw, mail_from="ann@author.example"):
    return Letter(raw, mail_from, FORWARDER_IP, "forward.example")


def aligned(keys):
    return _from_author(keys.signed(message.build(ANN, subject="Aligned and signed")))


def forwarded(keys):
    return _forwarded(keys.signed(message.build(ANN, subject="Forwarded")))


def _listed(keys, sealer):
    """What a mailing list does: the subject gets a tag, the body a footer, then it seals."""
    raw = keys.signed(message.build(ANN, subject="Talk"))
    raw = raw.replace(b"\r\nSubject: ", b"\r\nSubject: [list] ", 1) + b"-- \r\nlist footer\r\n"
    seen = f"{sealer}; spf=pass smtp.mailfrom=author.example; dkim=pass header.d=author.example;"
    raw = arc.seal(raw, sealer, keys.list, seen + " dmarc=pass header.from=author.example")
    return Letter(raw, f"bounces@{TRUSTED_SEALER}", LIST_IP, TRUSTED_SEALER)


def mailing_list(keys):
    return _listed(keys, TRUSTED_SEALER)


def untrusted_sealer(keys):
    return _listed(keys, OTHER_SEALER)


def spoofed(keys):
    raw = message.build(ANN, subject="Spoofed")
    return _from_attacker(message.sign(raw, "attack.example", keys.attacker))


def spoofed_quarantine(_):
    return _from_attacker(message.build("Shop <bill@shop.example>", subject="Unpaid bill"))


def two_from(keys):
    raw = message.build("Mallory <mallory@attack.example>", subject="Two From fields")
    return _from_attacker(
        message.sign(b"From: " + ANN.encode() + b"\r\n" + raw, "attack.example", keys.attacker)
    )


FORGED_FIELDS = (
    f"Authentication-Results: {AUTHSERV_ID}; dmarc=pass header.from=author.example\r\n"
    f"Authentication-Results: relay.example; spf=pass smtp.mailfrom=author.example\r\n"
    f"Authentication-Results: {AUTHSERV_ID.upper()} 1; dkim=pass header.d=author.example\r\n"
    "X-Postern-Verdict: ham\r\n"
).encode()


def forged_results(_):
    mallory = "Mallory <mallory@attack.example>"
    return _from_attacker(message.build(mallory, subject="Forged results", extra=FORGED_FIELDS))


def expired(keys):
    now = time.time()
    raw = message.build(ANN, subject="Expired signature")
    return _from_author(keys.signed(raw, signed_at=now - 90000, expires=now - 86400))


def broken_body(keys):
    raw = keys.signed(message.build(ANN, subject="Broken body", body=b"Pay 10 euro.\r\n"))
    return _forwarded(raw.replace(b"Pay 10 euro", b"Pay 99 euro"))


def null_sender(keys):
    daemon = "Mail Delivery System <mailer-daemon@author.example>"
    return _from_author(keys.signed(message.build(daemon, subject="Undelivered mail")), "")


# Name -> builder, in the order in which they are sent.
LETTERS = {
    "aligned and signed": aligned,
    "forwarded": forwarded,
    "list, trusted sealer": mailing_list,
    "list, unknown sealer": untrusted_sealer,
    "spoofed, p=reject": spoofed,
    "spoofed, p=quarantine": spoofed_quarantine,
    "two From fields": two_from,
    "forged results": forged_results,
    "expired signature": expired,
    "broken body": broken_body,
    "null sender": null_sender,
}

# What the daemon must be told for the mailing list to be believed.
SETTINGS = {"arc": {"trusted_sealers": [TRUSTED_SEALER]}}
