"""Building messages and signing them with dkimpy: rsa2048, ed25519, expired, partial, several."""

import base64
import itertools
import time

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from .dns_server import txt

# Signed fields; those named twice are oversigned, so that nobody can add a second one.
SIGNED_FIELDS = (b"from", b"from", b"to", b"subject", b"subject", b"date", b"message-id")

_count = itertools.count(1)
_start = int(time.time())


class SigningKey:
    """A fresh key with its selector; `record` is the TXT record that publishes it."""

    def __init__(self, selector, algorithm="rsa-sha256", bits=2048):
        self.selector = selector.encode()
        self.algorithm = algorithm.encode()
        if algorithm == "rsa-sha256":
            key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
            self.private = key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
            public = key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            kind = "rsa"
        else:
            key = ed25519.Ed25519PrivateKey.generate()
            raw = serialization.Encoding.Raw
            self.private = base64.b64encode(
                key.private_bytes(
                    raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
                )
            )
            public = key.public_key().public_bytes(raw, serialization.PublicFormat.Raw)
            kind = "ed25519"
        self.record = txt(f"v=DKIM1; k={kind}; p={base64.b64encode(public).decode()}")

    def zone(self, domain):
        """The zone entry that publishes the key for a domain."""
        return {f"{self.selector.decode()}._domainkey.{domain}": {"TXT": [self.record]}}


def unique_id(domain="message.example"):
    """A Message-ID nobody else in this run has."""
    return f"<{_start}.{next(_count)}@{domain}>"


def build(author, recipient="alice@example.org", subject="Hello", body=b"Hello Alice.\r\n",
          message_id=None, extra=b""):
    """A plain message as bytes with CRLF. `extra` stands above From and must end in CRLF."""
    lines = [
        f"From: {author}",
        f"To: {recipient}",
        f"Subject: {subject}",
        "Date: " + time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime()),
        f"Message-ID: {message_id or unique_id()}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
    ]
    return extra + "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body


class _Signer(dkim.DKIM):
    """dkimpy's signer with tags of our own put in or replaced, which sign() has no argument for."""

    tags = ()

    def gen_header(self, fields, *args, **kwargs):
        own = [(name, value) for name, value in self.tags]
        names = {name for name, _ in own}
        at = [name for name, _ in fields].index(b"bh")
        kept = [field for field in fields[:at] if field[0] not in names]
        return super().gen_header(kept + own + fields[at:], *args, **kwargs)


def sign(message, domain, key, expires=None, length=False, canonicalize=("relaxed", "relaxed"),
         signed_at=None, identity=None, fields=SIGNED_FIELDS):
    """The message with one DKIM-Signature on top (RFC 6376).

    `expires` and `signed_at` are seconds since 1970 (x=, t=); `length` adds l= for the body.
    """
    signer = _Signer(message, signature_algorithm=key.algorithm)
    signer.tags = [
        (name, str(int(value)).encode())
        for name, value in ((b"t", signed_at), (b"x", expires))
        if value is not None
    ]
    field = signer.sign(
        key.selector,
        domain.encode(),
        key.private,
        signature_algorithm=key.algorithm,
        identity=identity.encode() if identity else None,
        canonicalize=tuple(word.encode() for word in canonicalize),
        include_headers=list(fields),
        length=length,
    )
    return field + message
