"""Perl's regular expressions as a tree, as far as rules of SpamAssassin use them.

Nodes are tuples: ("set", bytes) one of these bytes; ("seq", nodes); ("alt", nodes);
("rep", node, least, most); ("group", number, node); ("ref", number or name); ("at", kind);
("look", ahead, negative, node).
"""

import re

ALL = frozenset(range(256))
DIGIT = frozenset(b"0123456789")
WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") | DIGIT
SPACE = frozenset(b" \t\n\r\f\v")
CLASSES = {
    "d": DIGIT,
    "w": WORD,
    "s": SPACE,
    "h": frozenset(b" \t"),
    "v": frozenset(b"\n\v\f\r"),
    "N": ALL - {10},
    "R": frozenset(b"\n"),
}
CLASSES.update({name.upper(): ALL - CLASSES[name] for name in "dwshv"})
CONTROL = {"t": 9, "n": 10, "r": 13, "f": 12, "e": 27, "a": 7}
POSIX = {
    "alpha": WORD - DIGIT - {95},
    "digit": DIGIT,
    "alnum": WORD - {95},
    "space": SPACE,
    "word": WORD,
    "upper": frozenset(range(65, 91)),
    "lower": frozenset(range(97, 123)),
    "blank": frozenset(b" \t"),
    "punct": frozenset(range(33, 127)) - (WORD - {95}),
    "xdigit": frozenset(b"0123456789abcdefABCDEF"),
    "print": frozenset(range(32, 127)),
    "graph": frozenset(range(33, 127)),
    "cntrl": frozenset([*range(32), 127]),
    "ascii": frozenset(range(128)),
}
ANCHORS = {"b": "b", "B": "B", "A": "A", "z": "z", "Z": "Z", "G": "A"}
INFINITE = 1 << 30


class Unsupported(Exception):
    """The regex uses what this parser does not know."""


class Parser:
    """Recursive over groups; rules come from the operator, so that depth is no concern."""

    def __init__(self, text, modifiers=""):
        self.text, self.at, self.groups, self.names = text, 0, 0, {}
        self.tree = self._alternatives(set(modifiers))
        if self.at < len(text):
            raise Unsupported(f"a ) too many at {self.at}")

    def _alternatives(self, flags):
        flags, branches, items = set(flags), [], []
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "|":
                self.at += 1
                branches.append(("seq", items))
                items = []
                continue
            node = self._atom(flags)
            if node is not None:
                items.append(self._quantified(node, flags))
        branches.append(("seq", items))
        return branches[0] if len(branches) == 1 else ("alt", branches)

    def _next(self):
        if self.at >= len(self.text):
            raise Unsupported("it ends early")
        self.at += 1
        return self.text[self.at - 1]

    def _atom(self, flags):
        char = self._next()
        if char == "(":
            return self._group(flags)
        if char == "[":
            return ("set", self._class())
        if char == "\\":
            return self._escape()
        if char == ".":
            return ("set", ALL if "s" in flags else ALL - {10})
        if char in "^$":
            return ("at", char + ("m" if "m" in flags else ""))
        if "x" in flags and char.isspace():
            return None
        if "x" in flags and char == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end + 1
            return None
        return ("set", frozenset([ord(char)]))

    def _quantified(self, node, flags):
        while self.at < len(self.text):
            least, most = self._quantifier(flags)
            if least is None:
                break
            node = ("rep", node, least, most)
            if self.text[self.at : self.at + 1] in ("?", "+") and self.at < len(self.text):
                self.at += 1  # lazy and possessive match strings that greedy ones match, mostly
        return node

    def _quantifier(self, flags):
        while "x" in flags and self.text[self.at : self.at + 1].isspace():
            self.at += 1
        char = self.text[self.at : self.at + 1]
        if char in ("*", "+", "?") and char:
            self.at += 1
            return {"*": (0, INFINITE), "+": (1, INFINITE), "?": (0, 1)}[char]
        end = self.text.find("}", self.at) if char == "{" else -1
        least, comma, most = (
            self.text[self.at + 1 : end].partition(",") if end > 0 else ("", "", "")
        )
        if not (least + most).isdigit():
            return None, None
        self.at = end + 1
        least = int(least or 0)
        return least, int(most) if most else INFINITE if comma else least

    def _group(self, flags):
        if self.text[self.at : self.at + 1] != "?":
            self.groups += 1
            return self._closed(("group", self.groups), flags)
        self.at += 1
        for start, ahead, negative in (("=", 1, 0), ("!", 1, 1), ("<=", 0, 0), ("<!", 0, 1)):
            if self.text.startswith(start, self.at):
                self.at += len(start)
                return self._closed(("look", bool(ahead), bool(negative)), flags)
        if self.text[self.at : self.at + 1] in (">", "|"):
            self.at += 1
            return self._closed((), flags)
        if self.text[self.at : self.at + 1] == "#":
            self.at = self.text.index(")", self.at) + 1
            return None
        name = self._group_name()
        if name:
            self.groups += 1
            self.names[name] = self.groups
            return self._closed(("group", self.groups), flags)
        return self._flags(flags)

    def _group_name(self):
        for start in ("<", "P<"):
            if self.text.startswith(start, self.at):
                end = self.text.index(">", self.at)
                name = self.text[self.at + len(start) : end]
                self.at = end + 1
                return name
        return None

    def _flags(self, flags):
        """(?i), which holds from here on, or (?i:…)."""
        inner, off = set(flags), False
        while (char := self._next()) not in ":)":
            if char == "^":
                inner -= set("imsx")
            elif char == "-":
                off = True
            elif char.isalpha():
                inner = inner - {char} if off else inner | {char}
            else:
                raise Unsupported(f"(?{char}")
        if char == ")":
            flags.clear()
            flags.update(inner)
            return None
        return self._closed((), inner)

    def _closed(self, start, flags):
        node = self._alternatives(flags)
        if self._next() != ")":
            raise Unsupported("a ) is missing")
        return (*start, node) if start else node

    def _escape(self):
        char = self._next()
        if char in ANCHORS:
            return ("at", ANCHORS[char])
        if char in "123456789" and not self._octal_follows(char):
            return ("ref", int(char))
        if char in "gk" and (found := self._reference()):
            return found
        if char in "KpPXQEG":
            raise Unsupported(f"\\{char}")
        return ("set", CLASSES[char] if char in CLASSES else frozenset([self._escaped(char)]))

    def _reference(self):
        for start, end in ("{}", "<>", "''"):
            if self.text[self.at : self.at + 1] == start:
                close = self.text.index(end, self.at + 1)
                name = self.text[self.at + 1 : close]
                self.at = close + 1
                return ("ref", int(name) if name.isdigit() else name)
        return None

    def _escaped(self, char):
        """The byte of \\xHH, \\n, \\0 and the like."""
        if char in CONTROL:
            return CONTROL[char]
        if char == "x":
            return self._hexadecimal()
        if char == "0" or self._octal_follows(char):
            digits = re.match("[0-7]{0,2}", self.text[self.at :])[0]
            self.at += len(digits)
            return int(char + digits, 8)
        return ord(char)

    def _octal_follows(self, char):
        return char in "123" and re.match("[0-7]{2}", self.text[self.at : self.at + 2]) is not None

    def _hexadecimal(self):
        if self.text[self.at : self.at + 1] == "{":
            end = self.text.index("}", self.at)
            digits, self.at = self.text[self.at + 1 : end], end + 1
        else:
            digits = self.text[self.at : self.at + 2]
            self.at += 2
        value = int(digits.strip(), 16)
        if value > 255:
            raise Unsupported(f"\\x{{{digits}}}")
        return value

    def _class(self):
        negative = self.text[self.at : self.at + 1] == "^"
        self.at += negative
        found, first = set(), True
        while first or self.text[self.at : self.at + 1] != "]":
            first = False
            low = self._class_item()
            if isinstance(low, frozenset):
                found |= low
                continue
            if self.text[self.at : self.at + 1] == "-" and self.text[
                self.at + 1 : self.at + 2
            ] not in ("]", ""):
                self.at += 1
                high = self._class_item()
                found |= (
                    {low, 45} | high if isinstance(high, frozenset) else set(range(low, high + 1))
                )
            else:
                found.add(low)
        self.at += 1
        return ALL - found if negative else frozenset(found)

    def _class_item(self):
        if self.text.startswith("[:", self.at) and (end := self.text.find(":]", self.at)) > 0:
            name = self.text[self.at + 2 : end]
            self.at = end + 2
            chosen = POSIX.get(name.lstrip("^"))
            if chosen is None:
                raise Unsupported(f"[:{name}:]")
            return ALL - chosen if name.startswith("^") else chosen
        char = self._next()
        if char != "\\":
            return ord(char)
        char = self._next()
        if char == "b":
            return 8
        return CLASSES[char] if char in CLASSES else self._escaped(char)
