"""Samples for scanners: files of many kinds around a given content, and mails that carry them."""

import base64
import bz2
import email.message
import email.policy
import gzip
import io
import itertools
import lzma
import random
import struct
import tarfile
import zipfile
import zlib

from . import message, ole2
from .av_signatures import EICAR

MIB = 1024 * 1024
DATE = (2026, 1, 2, 3, 4, 6)
_count = itertools.count(1)

# ------------------------------------------------------------------ mails


def mail(*files, text="Hello Alice, see what is attached.\r\n", encoding="base64"):
    """A message with these files attached, (name, content) each."""
    boundary = f"x_{next(_count)}"
    parts = ["Content-Type: text/plain; charset=utf-8\r\n\r\n" + text]
    for name, content in files:
        parts.append(
            f"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: {encoding}\r\n"
            f'Content-Disposition: attachment; filename="{name}"\r\n\r\n' + _encoded(content, encoding)
        )
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    extra = f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n'
    return message.build("Ann <ann@author.example>", subject="Files", body=body.encode("latin-1"),
                         extra=extra.encode())  # fmt: skip


def _encoded(content, encoding):
    if encoding == "base64":
        return base64.encodebytes(content).decode().replace("\n", "\r\n")
    if encoding == "quoted-printable":
        return "".join(f"={octet:02X}" + ("=\r\n" if n % 20 == 19 else "")
                       for n, octet in enumerate(content)) + "\r\n"  # fmt: skip
    return content.decode("latin-1") + "\r\n"


def plain(content):
    """A message whose text is the content."""
    return message.build("Ann <ann@author.example>", subject="Text", body=content + b"\r\n")


def random_octets(size, seed=7):
    return random.Random(seed).randbytes(size)


# ------------------------------------------------------------------ archives


def zipped(*files, stored=False):
    """A zip of (name, content)."""
    out = io.BytesIO()
    kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w", kind) as archive:
        for name, content in files:
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = kind
            archive.writestr(info, content)
    return out.getvalue()


def nested_zip(content, depth, name="content.com"):
    for level in range(depth):
        content = zipped((name, content))
        name = f"level{level}.zip"
    return content


def zip_of_many(count):
    """Small files, each with a content of its own."""
    return zipped(*((f"f{n}", b"%d" % n) for n in range(count)), stored=True)


def encrypted_zip(name, content, password=b"secret"):
    """By the traditional encryption of PKWARE's APPNOTE 6.1."""
    plain_crc = zlib.crc32(content)
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc_step(crc, octet):
        return _CRC[(crc ^ octet) & 0xFF] ^ (crc >> 8)

    def update(octet):
        keys[0] = crc_step(keys[0], octet)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc_step(keys[2], keys[1] >> 24)

    for octet in password:
        update(octet)
    out = bytearray()
    for octet in random_octets(11) + bytes([plain_crc >> 24]) + content:
        word = (keys[2] | 2) & 0xFFFF
        out.append(octet ^ (((word * (word ^ 1)) >> 8) & 0xFF))
        update(octet)
    return _raw_zip(name.encode(), bytes(out), plain_crc, len(content), flags=1)


def _raw_zip(name, octets, crc, size, flags=0):
    """One entry, stored."""
    common = struct.pack("<HHHHHIIIHH", 20, flags, 0, 0x1862, 0x5C22, crc, len(octets), size, len(name), 0)
    local = b"PK\x03\x04" + common + name + octets
    central = b"PK\x01\x02\x14\0" + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    return local + central + b"PK\x05\x06" + struct.pack(
        "<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)  # fmt: skip


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    return table


_CRC = _crc_table()


def tarred(name, content):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def gzip_bomb(size):
    return gzip.compress(bytes(size), 9)


def bzip2_bomb(size):
    return bz2.compress(bytes(size))


def zip_bomb(size):
    return zipped(("zeros.bin", bytes(size)))


def layered_zip_bomb(width, depth, size=10 * MIB):
    """Archives in archives: width ^ depth files of `size` octets come out of a few kilobytes."""
    content, name = zip_bomb(size), "z.zip"
    for _ in range(depth):
        content = zipped(*((f"{n}{name}", content) for n in range(width)))
    return content


# ------------------------------------------------------------------ documents


def tnef(name, content):
    """A winmail.dat (MS-OXTNEF) with one attachment."""

    def attribute(level, number, octets):
        check = sum(octets) & 0xFFFF
        return struct.pack("<BII", level, number, len(octets)) + octets + struct.pack("<H", check)

    return struct.pack("<IH", 0x223E9F78, 1) + b"".join([
        attribute(1, 0x00089006, struct.pack("<I", 0x00010000)),
        attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0"),
        attribute(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0)),
        attribute(2, 0x00018010, name.encode() + b"\0"),
        attribute(2, 0x0006800F, content),
    ])  # fmt: skip


def pdf(name, content):
    """A PDF with one embedded file (ISO 32000-1 §7.11.4)."""
    packed = zlib.compress(content)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(f) 4 0 R] >> >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        b"<< /Type /Filespec /F (%s) /EF << /F 5 0 R >> >>" % name.encode(),
        b"<< /Type /EmbeddedFile /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
        + packed + b"\nendstream",
    ]  # fmt: skip
    out, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + text + b"\nendobj\n"
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in places)
    return out + table + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)


def docm():
    """A Word document of today with a macro."""
    types = (b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
             b'content-types"><Default Extension="xml" ContentType="application/xml"/><Default '
             b'Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>')  # fmt: skip
    return zipped(("[Content_Types].xml", types), ("word/document.xml", b"<document/>"),
                  ("word/vbaProject.bin", ole2.compound_file(ole2.vba_project())))  # fmt: skip


# ------------------------------------------------------------------ damage


def archives():
    """Name -> a sound archive of each kind that Python can write, with EICAR inside."""
    seven = b"7z\xbc\xaf\x27\x1c\0\x04" + random_octets(200)  # none that opens
    rar = b"Rar!\x1a\x07\x01\0" + random_octets(200)
    return {
        "a.zip": zipped(("a.com", EICAR), ("b.txt", random_octets(3000))),
        "a.gz": gzip.compress(EICAR + random_octets(3000)),
        "a.bz2": bz2.compress(EICAR + random_octets(3000)),
        "a.xz": lzma.compress(EICAR + random_octets(3000)),
        "a.tgz": tarred("a.com", EICAR + random_octets(3000)),
        "a.7z": seven,
        "a.rar": rar,
    }


def truncated(content, share=0.6):
    return content[: int(len(content) * share)]


def corrupt(content, seed=3, flips=12):
    """Some octets after the first eight are others."""
    rng, out = random.Random(seed), bytearray(content)
    for _ in range(flips):
        out[rng.randrange(8, len(out))] ^= 1 + rng.randrange(255)
    return bytes(out)


def damaged():
    """Name -> archives cut off and archives with wrong octets, for every kind."""
    found = {}
    for name, content in archives().items():
        found["cut-" + name] = truncated(content)
        for seed in range(3):
            found[f"wrong{seed}-{name}"] = corrupt(content, seed)
    found["lying.zip"] = _lying_zip()
    return found


def _lying_zip():
    """Sizes that are not true, a name that leaves the directory, and a flag without encryption."""
    octets = bytearray(zipped(("../../../../tmp/x", EICAR)))
    octets[6] |= 1
    octets[22:26] = b"\xff\xff\xff\x7f"
    return bytes(octets)


def holding(content):
    """Name -> mail that carries the content where a scanner has to look for it."""
    return {
        "plain": plain(content),
        "quoted-printable": mail(("a.com", content), encoding="quoted-printable"),
        "base64": mail(("a.com", content)),
        "zip": mail(("a.zip", zipped(("a.com", content)))),
        "nested zip": mail(("a.zip", nested_zip(content, 4))),
        "tar.gz": mail(("a.tgz", tarred("a.com", content))),
        "tnef": mail(("winmail.dat", tnef("a.com", content))),
        "pdf": mail(("a.pdf", pdf("a.com", content))),
        "second of three": mail(("a.bin", random_octets(5000)), ("b.zip", zipped(("b.com", content))),
                                ("c.bin", random_octets(5000, 8))),
        "forwarded": message.build(
            "Ann <ann@author.example>", subject="Fwd", body=mail(("a.com", content)),
            extra=b"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n"),
    }  # fmt: skip


def user_mail(*files, text="See what is attached.\n"):
    """As programs of users write it: its one Content-Type is multipart/mixed. libclamav finds what is
    attached, which it does not in each mail()."""
    made = email.message.EmailMessage(policy=email.policy.SMTP)
    made["From"], made["To"], made["Subject"] = "ann@example.org", "bob@example.org", "Files"
    made.set_content(text)
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()
