#!/usr/bin/env python3
"""Checks that no two files define classes of one name in one namespace (the one-definition rule).

Compilers do not see it, linkers keep one of the two in silence, and the program then runs with the
constructor of one and the size of the other. What stands in an unnamed namespace or within a class
is free to have any name; programs, and tests of different modules, are not linked together. Exit
status 1 and one line per offence.
"""

import pathlib
import re
import sys

FOLDERS = ["lib", "milters", "policy-daemon", "dovecot-plugins", "cli", "bench", "tests", "tools"]

NOISE = re.compile(r"""
    R"(?P<mark>\w*)\(.*?\)(?P=mark)"    # raw string
  | //[^\n]* | /\*.*?\*/
  | "(?:[^"\\\n]|\\.)*"
  | (?<![0-9A-Fa-f])'(?:[^'\\\n]|\\.)+' # character, not the mark between digits
  | ^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*      # preprocessor line with its continuations
""", re.VERBOSE | re.DOTALL | re.MULTILINE)
NAMESPACE = re.compile(r"\bnamespace\b\s*(?:\[\[.*?\]\]\s*)?([\w:]*)\s*$")
CLASS = re.compile(r"\b(?:class|struct|union|enum(?:\s+class|\s+struct)?)\s+(?:\[\[.*?\]\]\s*)?"
                   r"([A-Za-z_]\w*)\s*(?:\bfinal\b\s*)?(?::(?!:).*)?$", re.DOTALL)


def definitions(text):
    """(line, full name) of each class or enumeration defined in a named namespace."""
    text = NOISE.sub(lambda match: "\n" * match[0].count("\n") or " ", text)
    scopes = []  # of each open brace: the name of its namespace, "" for an unnamed one, None for others
    start = 0  # of the declaration that is being read
    for match in re.finditer(r"[{};]", text):
        mark, head = match[0], text[start:match.start()]
        start = match.end()
        if mark == "}" and scopes:
            scopes.pop()
        if mark != "{":
            continue
        namespace = NAMESPACE.search(head)
        defined = CLASS.search(head)
        if defined and not namespace and all(scopes):
            yield text.count("\n", 0, match.start()) + 1, "::".join([*scopes, defined[1]])
        scopes.append(namespace[1] if namespace else None)


def program(path):
    """What a file is linked into: "lib", a program, or the tests of one module."""
    parts = path.split("/")
    return "/".join(parts[:-1]) if parts[0] == "tests" else parts[0]


def are_linked(path, other):
    """Whether two files may end in one program."""
    one, two = sorted([program(path), program(other)])
    return one == two or "lib" in (one, two) or (
        "tests/support" in (one, two) and one.startswith("tests/") and two.startswith("tests/"))


def offences(sources):
    """Lines about classes defined twice. \\param sources  Path -> text."""
    places = {}
    for path, text in sources.items():
        for line, name in definitions(text):
            places.setdefault(name, []).append((path, line))
    for name, found in sorted(places.items()):
        for index, (path, line) in enumerate(found):
            for other, other_line in found[:index]:
                if other != path and are_linked(path, other):
                    yield f"{path}:{line}: {name} is also defined in {other}:{other_line}"


def main():
    files = sorted(p for folder in FOLDERS for p in pathlib.Path(folder).rglob("*.[ch]pp"))
    sources = {str(path): path.read_text() for path in files}
    found = list(offences(sources))
    count = sum(1 for text in sources.values() for _ in definitions(text))
    print("\n".join(found) or f"{len(files)} files, {count} classes, no offence")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
