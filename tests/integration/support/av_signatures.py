"""Databases of signatures that the tests make: one of each kind, with the harmless texts they match.

No package brings a database, and none may be fetched by a test.
"""

import hashlib
import random

# In two parts, so that a scanner of this tree has nothing to report.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"

# What each kind of signature matches. It is not in the source as it is in a mail: see `matched_by`.
MARKS = {kind: f"postern {kind} mark" for kind in ("ndb", "ldb", "yar")}

NAMES = {
    "eicar": "Postern.Eicar.UNOFFICIAL", "hdb": "Postern.Hash.UNOFFICIAL",
    "ndb": "Postern.Body.UNOFFICIAL", "ldb": "Postern.Logical.UNOFFICIAL",
    "yar": "YARA.PosternYara.UNOFFICIAL",
}  # fmt: skip


def matched_by(kind):
    """A file in which the signature of this kind matches."""
    if kind == "eicar":
        return EICAR
    if kind == "hdb":
        return b"This file is known by its hash.\n" * 20
    if kind == "ldb":  # both parts, in any order
        return b"second part of the ldb signature, and " + MARKS["ldb"].encode() + b"\n"
    return b"text before the " + MARKS[kind].encode() + b" and after it\n"


def hdb(name, content):
    return f"{hashlib.md5(content).hexdigest()}:{len(content)}:{name}\n"


def ndb(name, content, target=0):
    return f"{name}:{target}:*:{content.hex()}\n"


def ldb(name, *contents, target=0):
    """All of them, in any order."""
    needed = "&".join(str(number) for number in range(len(contents)))
    return f"{name};Engine:81-255,Target:{target};{needed};{';'.join(part.hex() for part in contents)}\n"


def yara(name, content):
    text = " ".join(f"{octet:02x}" for octet in content)
    return f"rule {name}\n{{\n  strings:\n    $a = {{ {text} }}\n  condition:\n    $a\n}}\n"


def make(directory, *files):
    """Writes one signature of each kind; `files`: contents that are known by their hash, too."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    hashes = hdb("Postern.Hash", matched_by("hdb"))
    hashes += "".join(hdb(f"Postern.File{number}", file) for number, file in enumerate(files))
    written = {
        "eicar.ndb": ndb("Postern.Eicar", EICAR),
        "hash.hdb": hashes,
        "body.ndb": ndb("Postern.Body", MARKS["ndb"].encode()),
        "logical.ldb": ldb("Postern.Logical", MARKS["ldb"].encode(), b"second part of the ldb"),
        "rule.yar": yara("PosternYara", MARKS["yar"].encode()),
    }
    for name, text in written.items():
        replace(directory / name, text)
    return directory


def filler(directory, count, seed=1):
    """Writes so many signatures of files that nobody has; quick to make, and alike in every run."""
    directory.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    lines = (f"{rng.getrandbits(128):032x}:{rng.randrange(20, 5_000_000)}:Postern.Filler-{number}\n"
             for number in range(count))  # fmt: skip
    replace(directory / "filler.hdb", "".join(lines))


def replace(path, text):
    """As freshclam does it: the new file takes the name of the old one at once."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(0o644)
    new.rename(path)
