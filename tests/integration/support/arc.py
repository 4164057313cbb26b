"""Sealing a message with ARC (RFC 8617), with dkimpy's canonicalisation and keys."""

import base64
import hashlib
import re
import time

import dkim
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from dkim.canonicalization import Relaxed

# dkimpy's own arc_sign() needs python3-authres and a verifiable chain; sealing whatever we are
# told, broken chains too, needs neither.
SIGNED_FIELDS = ("from", "to", "subject", "date", "message-id", "dkim-signature")


def _canonical(fields):
    done = Relaxed.canonicalize_headers([(name, b" " + value) for name, value in fields])
    return b"".join(name + b":" + value for name, value in done)


def _signature(key, data):
    private = serialization.load_pem_private_key(key.private, password=None)
    signed = private.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signed)


def _signed_value(key, before, name, tags):
    """The value of a field that ends in `b=` with the signature over `before` and itself."""
    value = tags + b"; b="
    data = _canonical(before + [(name, value)])
    return value + _signature(key, data.rstrip(b"\r\n"))


def _fields_to_sign(headers):
    chosen, pool = [], list(headers)
    for wanted in SIGNED_FIELDS:
        for index in range(len(pool) - 1, -1, -1):  # the lowest first (RFC 6376 §5.4.2)
            if pool[index][0].lower() == wanted.encode():
                chosen.append(pool.pop(index))
                break
    return chosen


def _earlier_sets(headers):
    sets = {}
    for name, value in headers:
        if name.lower() in dkim.ARC.ARC_HEADERS:
            instance = int(re.search(rb"\bi=(\d+)", value)[1])
            sets.setdefault(instance, {})[name.lower()] = (name, value.strip())
    order = (b"arc-authentication-results", b"arc-message-signature", b"arc-seal")
    return [sets[i][name] for i in sorted(sets) for name in order], max(sets, default=0)


def seal(message, domain, key, results, chain_status=None):
    """The message with one more ARC set on top.

    `results` is the body of ARC-Authentication-Results after the instance: "authserv-id; spf=pass
    ...". `chain_status` is cv=; by default none for the first set and pass for later ones.
    """
    headers, body = dkim.rfc822_parse(message)
    earlier, last = _earlier_sets(headers)
    instance = str(last + 1).encode()
    status = (chain_status or ("pass" if last else "none")).encode()
    common = b"a=rsa-sha256; d=%b; s=%b; t=%d" % (domain.encode(), key.selector, time.time())
    aar = b"i=" + instance + b"; " + results.encode()
    to_sign = _fields_to_sign(headers)
    body_hash = base64.b64encode(hashlib.sha256(Relaxed.canonicalize_body(body)).digest())
    names = b":".join(name.lower() for name, _ in to_sign)
    ams = _signed_value(
        key,
        [(name, value.strip()) for name, value in to_sign],
        b"ARC-Message-Signature",
        b"i=%b; %b; c=relaxed/relaxed; h=%b; bh=%b" % (instance, common, names, body_hash),
    )
    mine = [(b"ARC-Authentication-Results", aar), (b"ARC-Message-Signature", ams)]
    seal_value = _signed_value(
        key, earlier + mine, b"ARC-Seal", b"i=%b; %b; cv=%b" % (instance, common, status)
    )
    lines = [(b"ARC-Seal", seal_value)] + mine[::-1]
    return b"".join(name + b": " + value + b"\r\n" for name, value in lines) + message
