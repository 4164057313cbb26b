"""Writes compound files (MS-CFB) as old Office documents are, small and without mini streams."""

import struct

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
NONE = 0xFFFFFFFF
MIN_STREAM = 4096  # a shorter one would have to be a mini stream


class _Entry:
    def __init__(self, name, kind, content=b""):
        self.name, self.kind, self.content = name, kind, content
        self.child = self.left = self.right = NONE
        self.start, self.size = END, len(content)

    def octets(self):
        name = self.name.encode("utf-16-le") + b"\0\0" if self.name else b""
        return (name.ljust(64, b"\0") + struct.pack("<HBB", len(name), self.kind, 1)
                + struct.pack("<III", self.left, self.right, self.child) + bytes(16) + bytes(4)
                + bytes(16) + struct.pack("<IQ", self.start, self.size))  # fmt: skip


def _collect(tree, entries):
    """Adds a storage's entries, as a chain of right siblings; the number of the first, or NONE."""
    first = last = NONE
    for name, content in sorted(tree.items(), key=lambda item: (len(item[0]), item[0].upper())):
        number = len(entries)
        if isinstance(content, dict):
            entry = _Entry(name, 1)
            entries.append(entry)
            entry.child = _collect(content, entries)
        else:
            entries.append(_Entry(name, 2, content.ljust(MIN_STREAM, b"\0")))
        if last == NONE:
            first = number
        else:
            entries[last].right = number
        last = number
    return first


def compound_file(tree):
    """`tree`: name -> octets of a stream, or another such dictionary for a storage."""
    entries = [_Entry("Root Entry", 5)]
    entries[0].child = _collect(tree, entries)
    while len(entries) % 4:
        entries.append(_Entry("", 0))
    table, sectors = [FAT], []  # the first sector holds the table

    def add(content):
        content += bytes(-len(content) % SECTOR)
        start, count = len(table), len(content) // SECTOR
        table.extend([*range(start + 1, start + count), END])
        sectors.append(content)
        return start

    for entry in entries:
        if entry.kind == 2:
            entry.start = add(entry.content)
    directory = add(b"".join(entry.octets() for entry in entries))
    assert len(table) <= SECTOR // 4, "more than one sector of table is not needed here"
    table += [FREE] * (SECTOR // 4 - len(table))
    header = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
              + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
              + struct.pack("<IIIIIIIII", 0, 1, directory, 0, MIN_STREAM, END, 0, END, 0)
              + struct.pack("<I", 0) + struct.pack("<I", FREE) * 108)  # fmt: skip
    return header + struct.pack("<128I", *table) + b"".join(sectors)


def _literal(content):
    """A compressed container (MS-OVBA 2.4.1) of one chunk, made of nothing but literal tokens."""
    tokens = b"".join(b"\0" + content[at : at + 8] for at in range(0, len(content), 8))
    assert len(content) <= 3000, "one chunk is all that is needed here"
    return b"\x01" + struct.pack("<H", 0xB000 | (len(tokens) - 1)) + tokens


def _record(number, content):
    return struct.pack("<HI", number, len(content)) + content


MODULE = b'Attribute VB_Name = "Module1"\r\nSub AutoOpen()\r\n  MsgBox "Hello"\r\nEnd Sub\r\n'


def vba_project():
    """Storage -> streams of a project with one module."""
    name = b"Module1"
    directory = b"".join([
        _record(0x01, struct.pack("<I", 1)), _record(0x02, struct.pack("<I", 0x409)),
        _record(0x14, struct.pack("<I", 0x409)), _record(0x03, struct.pack("<H", 1252)),
        _record(0x04, b"Project"), _record(0x05, b""), _record(0x40, b""), _record(0x06, b""),
        _record(0x3D, b""), _record(0x07, struct.pack("<I", 0)), _record(0x08, struct.pack("<I", 0)),
        struct.pack("<HIIH", 0x09, 4, 1, 1), _record(0x0C, b""), _record(0x3C, b""),
        _record(0x0F, struct.pack("<H", 1)), _record(0x13, struct.pack("<H", 0xFFFF)),
        _record(0x19, name), _record(0x47, name.decode().encode("utf-16-le")), _record(0x1A, name),
        _record(0x32, name.decode().encode("utf-16-le")), _record(0x1C, b""), _record(0x48, b""),
        _record(0x31, struct.pack("<I", 0)), _record(0x1E, struct.pack("<I", 0)),
        _record(0x2C, struct.pack("<H", 0xFFFF)), _record(0x21, b""), _record(0x2B, b""),
        struct.pack("<HI", 0x10, 0),
    ])  # fmt: skip
    return {
        "VBA": {
            "_VBA_PROJECT": b"\xcc\x61\xff\xff\0\0\0",
            "dir": _literal(directory),
            "Module1": _literal(MODULE),
        },
        "PROJECT": b'ID="{00000000-0000-0000-0000-000000000000}"\r\nModule=Module1\r\nName="Project"\r\n',
    }


def document_with_macro():
    """A .doc."""
    return compound_file({"WordDocument": b"\xec\xa5" + bytes(100), "Macros": vba_project()})


def document_without_macro():
    return compound_file({"WordDocument": b"\xec\xa5" + bytes(100), "1Table": b""})
