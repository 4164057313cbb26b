"""Strict readers of what postern-milter writes: Authentication-Results by RFC 8601 §2.2,
X-Postern-Verdict, and the grammar of a log line.

Whatever the grammar does not allow is an error, so that an injected word cannot pass unnoticed.
"""

import dataclasses
import re


class ResultsError(ValueError):
    """A text is no Authentication-Results field by RFC 8601 §2.2."""


@dataclasses.dataclass
class Statement:
    method: str
    result: str
    reason: str
    properties: list  # (ptype.property, value)

    def value(self, name):
        values = [v for n, v in self.properties if n == name]
        assert len(values) <= 1, (name, values)
        return values[0] if values else None


_FOLD = re.compile(r"\n(?=[ \t])")
_TOKEN = re.compile(r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+")  # RFC 2045 §5.1
_KEYWORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")  # RFC 5321 §4.1.2, Ldh-str
_DOT_ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*"
_DOMAIN = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*)(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)*"
_MAILBOX = re.compile(rf"(?:{_DOT_ATOM})?@{_DOMAIN}(?=[\s;]|$)")


class ResultsReader:
    """A strict reader of RFC 8601 §2.2: whatever the grammar does not allow is an error."""

    def __init__(self, text):
        text = _FOLD.sub("", text)
        if any(not (" " <= c <= "~" or c == "\t") for c in text):
            raise ResultsError(f"octets outside printable ASCII: {text!r}")
        self.text, self.at = text, 0

    def fail(self, what):
        raise ResultsError(f"{what} at {self.at}: {self.text[self.at:self.at + 40]!r}")

    def peek(self):
        return self.text[self.at : self.at + 1]

    def cfws(self):
        """White space and comments; whether there were any."""
        start = self.at
        while self.peek() and self.peek() in " \t(":
            self.comment() if self.peek() == "(" else self.skip(1)
        return self.at > start

    def skip(self, count):
        self.at += count

    def comment(self):
        depth = 0
        while True:
            c = self.peek()
            if not c:
                self.fail("comment without end")
            self.skip(2 if c == "\\" else 1)
            depth += (c == "(") - (c == ")")
            if depth == 0:
                return

    def expect(self, literal):
        if not self.text.startswith(literal, self.at):
            self.fail(f"no {literal!r}")
        self.skip(len(literal))

    def match(self, pattern, what):
        found = pattern.match(self.text, self.at)
        if not found:
            self.fail("no " + what)
        self.at = found.end()
        return found.group()

    def quoted(self):
        out = ""
        self.expect('"')
        while self.peek() != '"':
            if not self.peek():
                self.fail("quoted-string without end")
            self.skip(self.peek() == "\\")
            out += self.peek()
            self.skip(1)
        self.skip(1)
        return out

    def value(self):
        return self.quoted() if self.peek() == '"' else self.match(_TOKEN, "value")

    def pvalue(self):
        if self.peek() != '"' and _MAILBOX.match(self.text, self.at):
            return self.match(_MAILBOX, "mailbox")
        return self.value()

    def statement(self):
        self.cfws()
        method = self.match(_KEYWORD, "method")
        self.cfws()
        self.expect("=")
        self.cfws()
        statement = Statement(method, self.match(_KEYWORD, "result"), "", [])
        while self.cfws() and self.peek() not in ("", ";"):
            name = self.match(_KEYWORD, "ptype or reason")
            if name == "reason" and not statement.properties and not statement.reason:
                self.cfws(), self.expect("="), self.cfws()
                statement.reason = self.value()
                continue
            self.cfws(), self.expect("."), self.cfws()
            name += "." + self.match(_KEYWORD, "property")
            self.cfws(), self.expect("="), self.cfws()
            statement.properties.append((name, self.pvalue()))
        return statement

    def field(self):
        self.cfws()
        identifier = self.value()
        self.cfws()
        statements = []
        while self.peek():
            self.expect(";")
            if not statements and re.fullmatch(r"\s*none\s*", self.text[self.at :]):
                return identifier, []
            statements.append(self.statement())
        if not statements:
            self.fail("no result")
        return identifier, statements


def read_results(text):
    """(authserv-id, [Statement]) of a field value; ResultsError if RFC 8601 does not allow it."""
    if any(len(line) > 998 for line in text.split("\n")):  # RFC 5322 §2.1.1
        raise ResultsError("line of more than 998 octets")
    if re.search(r"\n(?![ \t])", text) or re.search(r"\n[ \t]*(?:\n|$)", text):
        raise ResultsError("line end that is no folding")
    return ResultsReader(text).field()


def read_verdict(text):
    """X-Postern-Verdict as {name: [value, ...]}."""
    pairs = {}
    for name, value in re.findall(r'([a-z]+)=("[^"]*"|[^;]*)', _FOLD.sub("", text)):
        pairs.setdefault(name, []).append(value.strip('"'))
    return pairs


LOG_LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (?:info|warning|error) event=[a-z-]+"
    r'(?: [a-z_]+=(?:[!#-<>-\[\]-~]+|"(?:[ !#-\[\]-~]|\\["\\]|\\x[0-9a-f]{2})*"))*'
)
