#!/usr/bin/python3
"""Makes signed test messages, the DNS zone that vouches for them, and an unbound configuration.

    make_messages.py DIRECTORY [--count N] [--domains N] [--port PORT] [--listen ADDRESS]

Below DIRECTORY: 2k/ 20k/ 1m/ (N messages NNN.eml with envelope NNN.json each), zone.json
(owner -> {"TXT": [["..."]], "A": [...], "MX": [[10, "h"]]}) and unbound.conf.

Every message is aligned: MAIL FROM, From and d= are one domain, the client is one that SPF allows,
DMARC says p=reject, the signature is rsa-sha256 with a key of 2,048 bits. The keys are new each
time; everything else depends on the message's number alone. Needs python3-dkim and openssl.
"""
import argparse
import base64
import json
import pathlib
import random
import subprocess
import sys

try:
    import dkim
except ImportError:
    sys.exit("make_messages.py: python3-dkim is missing: apt install python3-dkim")

SELECTOR = "bench"
SIZES = ("2k", "20k", "1m")
TXT_STRING = 255  # bytes in one character-string, RFC 1035 §3.3
NEGATIVE_TTL = 3600
SIGNED = [b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"]
WORDS = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from "
    "or had an they which one you were all her she there would their we him been has when who will "
    "no more if out so up said what its about than into them can only other time new some could "
    "these two may first then do any like my now over invoice meeting report server update "
    "delivery question attached account project schedule budget"
).split()


def prose(rng, size):
    """Plain text of about `size` bytes in lines of at most 72."""
    lines, line, total = [], "", 0
    while total < size:
        word = rng.choice(WORDS)
        if len(line) + len(word) > 71:
            lines.append(line)
            total += len(line) + 2
            line = word
            if rng.random() < 0.1:
                lines.append("")
        else:
            line = f"{line} {word}".strip()
    return "\r\n".join(lines + [line]) + "\r\n"


def html(rng, size):
    """A newsletter: tables, styles, links and pictures."""
    style = "td { font: 12px sans-serif; color: #333 }"
    parts, total = [f"<html><head><style>{style}</style></head><body>", '<table width="600">'], 0
    while total < size:
        n = rng.randrange(10**6)
        row = (
            f'<tr><td bgcolor="#{n:06x}"><a href="https://www.example.org/offer/{n}?ref=mail">'
            f'<img src="https://img.example.org/{n}.png" alt="offer {n}" width="80"></a></td>\r\n'
            f"<td><b>{rng.choice(WORDS).title()} &amp; {rng.choice(WORDS)}</b><br>\r\n"
            f"{prose(rng, 160)}</td></tr>"
        )
        parts.append(row)
        total += len(row)
    return "\r\n".join(parts + ["</table>", "</body></html>"]) + "\r\n"


def multipart(kind, boundary, parts):
    lines = [f"--{boundary}\r\n{part}" for part in parts] + [f"--{boundary}--\r\n"]
    return f'multipart/{kind}; boundary="{boundary}"', "\r\n".join(lines)


def text_part(subtype, text):
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: 7bit\r\n\r\n{text}"
    )


def attachment(rng, size):
    data = base64.b64encode(rng.randbytes(size)).decode()
    lines = "\r\n".join(data[i:i + 76] for i in range(0, len(data), 76))
    return (
        'Content-Type: application/octet-stream; name="data.bin"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="data.bin"\r\n\r\n{lines}\r\n'
    )


def content(kind, rng):
    """(Content-Type, body) of a message of one size."""
    boundary = f"=_{rng.getrandbits(64):016x}"
    if kind == "2k":
        return "text/plain; charset=utf-8", prose(rng, 850)
    if kind == "20k":
        parts = [text_part("plain", prose(rng, 4000)), text_part("html", html(rng, 14500))]
        return multipart("alternative", boundary, parts)
    parts = [text_part("plain", prose(rng, 1000)), attachment(rng, 765_000)]
    return multipart("mixed", boundary, parts)


def unsigned(kind, number, domain):
    rng = random.Random(f"{kind}-{number}")
    content_type, body = content(kind, rng)
    token = f"{rng.getrandbits(64):016x}"
    header = [
        f"Received: from out{number}.{domain} (out{number}.{domain} [203.0.113.7])\r\n"
        f"\tby mail.{domain} (Postfix) with ESMTPS id {token[:10].upper()}\r\n"
        "\tfor <user@bench.example.org>; Mon, 02 Nov 2026 10:00:00 +0000 (UTC)",
        f"From: Sender {number} <sender@{domain}>",
        "To: User <user@bench.example.org>",
        f"Subject: {' '.join(rng.choice(WORDS) for _ in range(6))}",
        "Date: Mon, 02 Nov 2026 10:00:00 +0000",
        f"Message-ID: <{token}@{domain}>",
        "MIME-Version: 1.0",
        f"Content-Type: {content_type}",
        "X-Mailer: Example Mailer 1.0",
        f"Reply-To: sender@{domain}",
    ]
    return ("\r\n".join(header) + "\r\n\r\n" + body).encode("ascii")


def new_key():
    """(private key as PEM, public key in base64)"""
    generate = ["openssl", "genrsa", "-traditional", "2048"]
    private = subprocess.run(generate, check=True, capture_output=True).stdout
    extract = ["openssl", "rsa", "-pubout", "-outform", "DER"]
    public = subprocess.run(extract, check=True, capture_output=True, input=private).stdout
    return private, base64.b64encode(public).decode()


def split_txt(text):
    return [text[i:i + TXT_STRING] for i in range(0, len(text), TXT_STRING)]


def client_ip(number):
    return f"192.0.2.{number + 1}"


def zone_of(domain, number, public_key):
    address = client_ip(number)
    reverse = ".".join(reversed(address.split(".")))
    dmarc = f"v=DMARC1; p=reject; adkim=r; aspf=r; rua=mailto:dmarc@{domain}"
    return {
        domain: {
            "TXT": [[f"v=spf1 ip4:{address} -all"]],
            "A": [address],
            "MX": [[10, f"mail.{domain}"]],
        },
        f"mail.{domain}": {"A": [address], "TXT": [["v=spf1 a -all"]]},
        f"{SELECTOR}._domainkey.{domain}": {"TXT": [split_txt(f"v=DKIM1; k=rsa; p={public_key}")]},
        f"_dmarc.{domain}": {"TXT": [[dmarc]]},
        f"{reverse}.in-addr.arpa": {"PTR": [f"mail.{domain}"]},
    }


def record_lines(zone):
    for owner, records in zone.items():
        for kind, values in records.items():
            for value in values:
                if kind == "TXT":
                    value = " ".join(f'"{text}"' for text in value)
                elif kind == "MX":
                    value = f"{value[0]} {value[1]}."
                elif kind == "PTR":
                    value = f"{value}."
                yield f"  local-data: '{owner}. 3600 IN {kind} {value}'"


def unbound_conf(zone, listen, port, directory):
    """A server that knows the zone and answers everything else with a cacheable NXDOMAIN."""
    soa = f"3600 IN SOA ns.example.org. admin.example.org. 1 7200 900 604800 {NEGATIVE_TTL}"
    lines = [
        "server:",
        f'  directory: "{directory}"',
        '  chroot: ""',
        '  username: ""',
        '  pidfile: ""',
        f"  interface: {listen}",
        f"  port: {port}",
        "  access-control: 127.0.0.0/8 allow",
        "  do-daemonize: no",
        "  use-syslog: no",
        "  module-config: iterator",
        "  outgoing-range: 16",
    ]
    for apex in (".", "org.", "example.org.", "in-addr.arpa."):
        lines += [f'  local-zone: "{apex}" static', f"  local-data: '{apex} {soa}'"]
    lines += record_lines(zone)
    return "\n".join(lines + ["remote-control:", "  control-enable: no", ""])


def write_message(path, kind, number, domain, private):
    message = unsigned(kind, number, domain)
    relaxed = (b"relaxed", b"relaxed")
    signature = dkim.sign(message, SELECTOR.encode(), domain.encode(), private,
                          canonicalize=relaxed, include_headers=SIGNED)
    path.with_suffix(".eml").write_bytes(signature + message)


def write_envelope(path, domain, address):
    envelope = {
        "mail_from": f"sender@{domain}",
        "rcpt": ["user@bench.example.org"],
        "helo": f"mail.{domain}",
        "client_ip": address,
        "client_name": f"mail.{domain}",
    }
    path.with_suffix(".json").write_text(json.dumps(envelope))


def make(directory, count, domains, listen, port):
    """Writes everything below `directory`."""
    directory = pathlib.Path(directory)
    zone, keys = {}, []
    for number in range(domains):
        domain = f"example-{number}.example.org"
        private, public = new_key()
        keys.append((domain, private))
        zone.update(zone_of(domain, number, public))
    for kind in SIZES:
        (directory / kind).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            domain, private = keys[number % domains]
            path = directory / kind / f"{number:03}"
            write_message(path, kind, number, domain, private)
            write_envelope(path, domain, client_ip(number % domains))
    (directory / "zone.json").write_text(json.dumps(zone, indent=1))
    (directory / "unbound.conf").write_text(unbound_conf(zone, listen, port, directory))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--count", type=int, default=20, help="messages of each size (default 20)")
    parser.add_argument("--domains", type=int, default=10,
                        help="sender domains, each with its own key (default 10)")
    parser.add_argument("--listen", default="127.0.0.1", help="address of the DNS server")
    parser.add_argument("--port", type=int, default=5353, help="port of the DNS server")
    given = parser.parse_args()
    make(given.directory, given.count, given.domains, given.listen, given.port)


if __name__ == "__main__":
    main()
