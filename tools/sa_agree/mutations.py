"""Ways to damage a message; each is a function of a random source and the bytes."""

import re

CHARSETS = [
    b"us-ascii",
    b"utf-8",
    b"iso-8859-1",
    b"iso-8859-15",
    b"windows-1251",
    b"windows-1252",
    b"koi8-r",
    b"gb2312",
    b"big5",
    b"shift_jis",
    b"iso-2022-jp",
    b"euc-kr",
    b"utf-16",
    b"utf-7",
    b"x-unknown",
    b"",
    b'"',
    b"utf8",
]
ENCODINGS = [
    b"7bit",
    b"8bit",
    b"binary",
    b"base64",
    b"quoted-printable",
    b"x-uuencode",
    b"BASE64",
    b"bas64",
]
TYPES = [
    b"text/plain",
    b"text/html",
    b"multipart/mixed",
    b"multipart/digest",
    b"message/rfc822",
    b"text/calendar",
    b"application/octet-stream",
    b"text",
    b"TEXT/HTML",
    b"text/x-aol",
    b"image/gif",
]
PIECES = [
    b"<b>",
    b"</p>",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"&#8217;",
    b"&nbsp",
    b"&#x41;",
    b"<a/href=x>",
    b"<style>",
    b"</script>",
    b"<font color=white>",
    b"\xc2\xa0",
    b"\xe9",
    b"\xff\xfe",
    b"=\n",
    b"=3D",
    b"=ZZ",
    b"\x00",
    b"\r",
    b"<base href=http://a.example/b/>",
    b"http://",
    b"www.example.com/?",
    b"=?utf-8?Q?=E9?=",
    b"\n\n\n",
]


def flip_bytes(random, text):
    """Up to eight bytes changed."""
    changed = bytearray(text)
    for _ in range(random.randint(1, 8)):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def truncate(random, text):
    """Cut anywhere."""
    return text[: random.randrange(len(text) + 1)]


def remove_lines(random, text):
    """Some lines less."""
    lines = text.splitlines(keepends=True)
    start = random.randrange(len(lines) + 1)
    return b"".join(lines[:start] + lines[start + random.randint(1, 5) :])


def repeat_lines(random, text):
    """A few lines twice."""
    lines = text.splitlines(keepends=True)
    start = random.randrange(len(lines) + 1)
    end = start + random.randint(1, 5)
    return b"".join(lines[:end] + lines[start:end] + lines[end:])


def damage_boundary(random, text):
    """One boundary line or parameter lost, closed, lengthened, or indented."""
    found = [
        match.span() for match in re.finditer(rb'^--[^\s]{6,}$|boundary="?[^"\s;]+', text, re.M)
    ]
    if not found:
        return remove_lines(random, text)
    start, end = random.choice(found)
    line = text[start:end]
    new = random.choice(
        [b"", line + b"--", line + b"x", b" " + line, line + b"  ", line[:-1], line.upper()]
    )
    return text[:start] + new + text[end:]


def swap_value(pattern, values):
    """A damage that replaces what a pattern's group finds by one of some values."""

    def swap(random, text):
        found = [match.span(1) for match in re.finditer(pattern, text, re.I)]
        if not found:
            return flip_bytes(random, text)
        start, end = random.choice(found)
        return text[:start] + random.choice(values) + text[end:]

    return swap


def damage_header(random, text):
    """One field of the first header lost, doubled, moved, folded, or made no field."""
    head, gap, body = text.partition(b"\n\n")
    lines = head.split(b"\n")
    at = random.randrange(len(lines))
    line = lines.pop(at)
    changes = {
        "lost": [],
        "doubled": [line, line],
        "folded": [line[: len(line) // 2], b"\t" + line[len(line) // 2 :]],
        "no colon": [line.replace(b":", b"", 1)],
        "spaced": [line.replace(b":", b" :", 1)],
        "8-bit": [line + b" \xe9\xa0"],
        "blank": [line, b""],
        "bare CR": [line + b"\r"],
        "long": [line + b" x" * 5000],
        "lower": [line.lower()],
        "cut": [line[: random.randrange(len(line) + 1)]],
        "NUL": [line + b"\0"],
    }
    lines[at:at] = changes[random.choice(sorted(changes))]
    if random.random() < 0.2:
        random.shuffle(lines)
    return b"\n".join(lines) + gap + body


def insert_piece(random, text):
    """Pieces of HTML, entities, encodings, and control characters put anywhere."""
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(text) + 1)
        text = text[:at] + random.choice(PIECES) + text[at:]
    return text


def other_line_ends(random, text):
    """CRLF everywhere, or here and there."""
    if random.random() < 0.5:
        return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return re.sub(rb"\n", lambda _: b"\r\n" if random.random() < 0.1 else b"\n", text)


WAYS = {
    "flip": flip_bytes,
    "truncate": truncate,
    "remove-lines": remove_lines,
    "repeat-lines": repeat_lines,
    "boundary": damage_boundary,
    "charset": swap_value(rb'charset="?([^"\s;]*)', CHARSETS),
    "encoding": swap_value(rb"content-transfer-encoding:[ \t]*([^\s;]+)", ENCODINGS),
    "type": swap_value(rb"content-type:[ \t]*([^\s;]+)", TYPES),
    "header": damage_header,
    "insert": insert_piece,
    "line-ends": other_line_ends,
}
