#!/usr/bin/env python3
"""Checks that files and functions stay small enough to have one subject.

No file over 500 lines; clang-tidy (readability-function-size) watches the functions. Also checks that
the first line of each source says what the file is, where the file has a header comment to give.
Exit status 1 and one line per offence.
"""

import pathlib
import sys

MAX_LINES = 500
FOLDERS = ["lib", "milters", "policy-daemon", "dovecot-plugins", "cli", "tests", "tools", "fuzz", "bench", "examples"]
NAMES = ["*.[ch]pp", "*.py"]
TABLES = {"tests/security/gencases.py"}  # one subject: a list of generated messages


def offences(path):
    lines = path.read_text().splitlines()
    if len(lines) > MAX_LINES and str(path) not in TABLES:
        yield f"{path}: {len(lines)} lines; give each subject a file of its own (at most {MAX_LINES})"
    if path.suffix == ".hpp" and lines and not lines[0].startswith("// "):
        yield f"{path}:1: the first line says what the file is"


def main():
    files = sorted(p for f in FOLDERS for n in NAMES for p in pathlib.Path(f).rglob(n))
    found = [offence for path in files for offence in offences(path)]
    print("\n".join(found) or f"{len(files)} files, no offence")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
