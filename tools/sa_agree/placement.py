"""Messages around a string, so that a rule of a given type is matched against it.

Each function yields candidates (text, message): what the regex will be matched against if all goes
well, which is checked before anybody is asked, and the message.
"""

import base64
import re

DEFAULTS = [
    (
        "Received",
        b"from mail.example.org (mail.example.org [198.18.0.9])"
        b" by mx.example.net (Postfix) with ESMTP id 4AbCdE;"
        b" Mon, 30 Nov 2026 12:00:00 +0000",
    ),
    ("Date", b"Mon, 30 Nov 2026 12:00:00 +0000"),
    ("From", b"Ann Other <ann@example.org>"),
    ("To", b"bob@example.net"),
    ("Subject", b"a message about nothing"),
    ("Message-ID", b"<20261130120000.4AbCdE@mail.example.org>"),
    ("MIME-Version", b"1.0"),
]
HEADER_OF = {"MESSAGEID": "Message-ID", "ToCc": "To"}
CAPTURED = {
    b"%{GB_TO_ADDR}": b"bob@example.net"
}  # what the regex of one rule captures, another one names: To of DEFAULTS
FIELDS = ("ip", "rdns", "helo", "by", "ident", "envfrom", "id", "auth")
RELAY = (
    "[ ip={ip} rdns={rdns} helo={helo} by={by} ident={ident} envfrom={envfrom} "
    "intl=0 id={id} auth={auth} msa=0 ]"
)
URI_FRAMES = [
    b"%s",
    b"http://%s",
    b"http://www.example.com/%s",
    b"http://www.example.com%s",
    b"http://%s.example.com/",
    b"http://www.%s",
    b"http://%s/",
    b"mailto:%s",
    b"https://%s",
    b"http://%sexample.com/",
]


def candidates(rule, sample):
    """Everything worth trying for a string that the regex of a rule matches."""
    kind = rule["type"]
    if kind == "header" and rule["header"].startswith("X-Spam-Relays"):
        yield from relays(rule, sample)
    elif kind == "header":
        yield from header(rule, sample)
    else:
        yield from {
            "body": body,
            "rawbody": rawbody,
            "uri": uri,
            "full": full,
            "mimeheader": mime_header,
        }[kind](rule, sample)


# --- parts of messages ---------------------------------------------------------------------------


def message(fields, content):
    """Default fields, where the given ones do not replace them, and the content.

    The content may begin with fields.
    A name that ends with a colon has its value right behind.
    """
    given = {name.lower().rstrip(":") for name, _ in fields}
    kept = [(name, value) for name, value in DEFAULTS if name.lower() not in given]
    return b"".join(field(name, value) for name, value in [*kept, *fields]) + content


def field(name, value):
    """One field of a header."""
    return name.encode() + (b"" if name.endswith(":") else b": ") + value + b"\n"


def text_part(text, subtype="plain"):
    """Fields and body of a text that survives transport as it is."""
    charset = b"us-ascii" if text.isascii() else b"utf-8" if is_utf8(text) else b"iso-8859-1"
    return (
        b"Content-Type: text/"
        + subtype.encode()
        + b"; charset="
        + charset
        + b"\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(text)
    )


def is_utf8(text):
    """Whether the bytes are UTF-8."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def entities(text):
    """HTML that renders as these bytes, if all of them are characters up to U+00FF."""
    return b"".join(
        b"&#%d;" % byte if byte > 126 or byte in b'&<>"' else bytes([byte]) for byte in text
    )


PLAIN = text_part(b"Nothing to say here.\n")
BARE = b"\nNothing to say here.\n"


# --- one function for each type ------------------------------------------------------------------


def body(_, sample):
    """A paragraph of its own: plain, as HTML of bytes that stay bytes, and as subject."""
    paragraph = re.sub(rb"\s+", b" ", sample)
    yield paragraph + b"\n", message([], text_part(b"A letter.\n\n" + sample + b"\n\nThe end.\n"))
    html = (
        b"<html><body><p>A letter.</p><p>"
        + entities(paragraph)
        + b"</p><p>The end.</p></body></html>\n"
    )
    yield paragraph + b"\n", message([], text_part(html, "html"))
    subject = paragraph.strip()
    yield subject + b"\n", message([("Subject", subject)], PLAIN)


def rawbody(_, sample):
    """The beginning of a text, a line in it, and all of it."""
    yield sample + b"\n", message([], text_part(sample + b"\nThe end.\n"))
    yield sample, message([], text_part(sample))
    yield b"A letter.\n" + sample + b"\n", message(
        [], text_part(b"A letter.\n" + sample + b"\nThe end.\n", "html")
    )


def full(_, sample):
    """Lines of the body, or fields of the header where they look like some."""
    plain = b"Content-Type: text/plain; charset=us-ascii\n\nNothing.\n"
    yield sample, message([], plain + sample + b"\n")
    head, _, rest = sample.partition(b"\n")
    if b": " in head:
        name, _, value = head.partition(b": ")
        yield sample, message([(name.decode("latin-1"), value)], b"\n" + rest + b"\n")


def uri(_, sample):
    """Links of all forms in one message; the first form that matches is enough."""
    forms = [frame % sample for frame in URI_FRAMES]
    real = [with_captured(form) for form in forms]
    links = b"".join(b'<p><a href="%s">link</a></p>\n' % entities(form) for form in real)
    html = message([], text_part(b"<html><body>\n" + links + b"</body></html>\n", "html"))
    plain = message([], text_part(b"".join(b"See %s now.\n" % form for form in real)))
    for form in forms:
        yield form, html
        yield form, plain


def with_captured(text):
    """The string with what other rules will have captured."""
    for name, value in CAPTURED.items():
        text = text.replace(name, value)
    return text


def mime_header(rule, sample):
    """The only part of a multipart, with the field in question."""
    name, _, modifier = rule["header"].partition(":")
    value = (
        sample.lstrip(b"\n") if modifier == "raw" else re.sub(rb"\n[ \t]*", b" ", sample).strip()
    )
    root = b'Content-Type: multipart/mixed; boundary="=_edge"\n\n'
    fields = (
        [(name, value)]
        if name.lower() == "content-type"
        else [("Content-Type", b"image/x-thing"), (name, value)]
    )
    part = b"".join(field(*pair) for pair in fields)
    for text in (value + b"\n", value):
        yield text, message([], root + b"--=_edge\n" + part + b"\nAAAA\n--=_edge--\n")
    if name.lower() == "content-type":
        yield value + b"\n", message([("Content-Type", value)], b"\nAAAA\n")


def header(rule, sample):
    """The field that the rule reads, in the form its modifier asks for."""
    name, _, modifier = rule["header"].partition(":")
    name = HEADER_OF.get(name, name)
    if rule.get("exists"):
        yield b"yes\n", message([(name, b"yes")], PLAIN)
        return
    yield b"", without(name)
    if name == "EnvelopeFrom":
        for address in addresses(sample):
            yield address, relayed([{**relay_of(b""), "envfrom": address.decode("latin-1")}])
    elif name.startswith("ALL"):
        yield from whole_header(sample)
    elif modifier.startswith("addr"):
        for text in addresses(sample):
            yield text, message([(name, b"<" + text + b">")], PLAIN)
            yield text, message([(name, text)], PLAIN)
    elif modifier.startswith("name"):
        text = re.sub(rb"\s+", b" ", sample)
        yield text, message(
            [(name, b'"' + re.sub(rb'(["\\])', rb"\\\1", text) + b'" <ann@example.org>')], PLAIN
        )
        yield text.strip(), message([(name, text.strip() + b" <ann@example.org>")], PLAIN)
    else:
        yield from plain_header(name, modifier, sample)


def addresses(sample):
    """Addresses with the string in them."""
    return (
        sample,
        sample + b"@example.org",
        b"ann" + sample,
        sample + b".example.org",
        b"ann@" + sample,
        b"ann@mail." + sample,
        b"ann@example" + sample,
        sample + b"org",
        b"ann" + sample + b"other@example.org",
        b"ann@example.org" + sample,
    )


def plain_header(name, modifier, sample):
    """The value: folded if raw, else on one line; 8-bit as it is and as an encoded word."""
    content = BARE if name.lower().startswith("content-") else PLAIN
    folded = re.sub(rb"\n(?![ \t])", b"\n ", sample).rstrip(b"\n")
    line = re.sub(rb"\n[ \t]*", b" ", sample).strip()
    if modifier == "raw":
        yield folded + b"\n", message([(name + ":", folded)], content)
        yield b" " + folded + b"\n", message([(name, folded)], content)
    spaced = re.sub(rb"\n[ \t]*", b" ", sample).lstrip()
    for text in (
        line,
        b"<" + line + b">",
        line + b"; Mon, 30 Nov 2026 12:00:00 +0000",
        spaced + b"x",
        b"x " + spaced + b"x",
        b"x" + sample.rstrip(),
    ):
        yield text + b"\n", message([(name, text)], content)
    if not line.isascii():
        word = b"=?utf-8?B?" + base64.b64encode(line) + b"?="
        yield line + b"\n", message([(name, word)], PLAIN)


def without(name):
    """A message that lacks a field, for rules that want it so."""
    lines = message([], PLAIN).split(b"\n")
    return b"\n".join(
        line for line in lines if not line.lower().startswith(name.lower().encode() + b":")
    )


def whole_header(sample):
    """Fields at the top of the header, as the string has them or made of it."""
    lines = [line for line in sample.split(b"\n") if line]
    fields = [
        line if re.match(rb"[^\s:]+:|[ \t]", line) else b"X-Sample: " + line for line in lines
    ]
    fields = b"\n".join(fields) + b"\n"
    rest = message([], PLAIN)
    given = {line.split(b":")[0].lower() for line in fields.split(b"\n") if line}
    kept = b"".join(
        line + b"\n" for line in rest.split(b"\n") if line.split(b":")[0].lower() not in given
    )
    first = b"X-First: yes\n"
    yield first + fields, first + fields + kept
    yield first + fields, first + fields + rest
    received = b"Received: " + DEFAULTS[0][1] + b"\n"
    yield received + fields, received + fields + kept
    named = lines[0].strip() + b": yes\n" if lines else b""
    yield first + named, first + named + rest
    tagged = b"X-Sample: " + sample.replace(b"\n", b"\n ") + b"\n"
    yield b"X-Sample: " + sample + b"\n", tagged + rest


# --- relays --------------------------------------------------------------------------------------


def relays(_, sample):
    """Received fields of Postfix with the names and addresses that the string shows."""
    found = [relay_of(piece) for piece in sample.split(b"[") if piece.strip()]
    yield relay_string(found), relayed(found)
    for name in ("rdns", "helo"):  # an unanchored piece without a label
        loose = [{**relay_of(b""), name: sample.decode("latin-1").strip()}]
        yield relay_string(loose), relayed(loose)


def relay_string(found):
    """What SpamAssassin makes of the relays."""
    helo = [re.sub(r"[\[\]]", "!", relay["helo"]) for relay in found]
    return " ".join(
        RELAY.format(**{**relay, "helo": name}) for relay, name in zip(found, helo)
    ).encode("latin-1")


def relayed(found):
    """A message that came through these relays."""
    return b"".join(map(received, found)) + message([], PLAIN).partition(b"\n")[2]


def relay_of(piece):
    """Fields of one relay, with defaults for those that are not in the string."""
    relay = {
        "ip": "198.18.0.66",
        "rdns": "mail.example.org",
        "helo": "mail.example.org",
        "by": "mx.example.net",
        "ident": "",
        "envfrom": "",
        "id": "4AbCdE",
        "auth": "",
    }
    for name, value in re.findall(rb"\b(\w+)=([^\s\[\]]*)", piece):
        if name.decode("latin-1") in FIELDS:
            relay[name.decode()] = value.decode("latin-1")
    octets = [octet[:3] for octet in relay["ip"].split(".") if octet.isdigit()]
    relay["ip"] = ".".join((octets + ["77"] * 4)[:4])
    relay["auth"] = ""  # would make the relay trusted
    for name in ("rdns", "helo", "by"):
        relay[name] += "example.org" if relay[name].endswith(".") else ""
    if relay["helo"].startswith("!") or not relay["helo"]:
        relay["helo"] = f"[{relay['ip']}]"  # written as !ADDRESS!
    return relay


def received(relay):
    """The field that is parsed into this relay."""
    rdns = relay["rdns"] or "unknown"
    sender = f" (envelope-from <{relay['envfrom']}>)" if relay["envfrom"] else ""
    return (
        f"Received: from {relay['helo']} ({rdns} [{relay['ip']}])\n"
        f"\tby {relay['by']} (Postfix) with ESMTP id {relay['id']}{sender};\n"
        "\tMon, 30 Nov 2026 12:00:00 +0000\n"
    ).encode("latin-1")
