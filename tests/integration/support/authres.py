"""Reading header fields, Authentication-Results, and the milter's log lines, as a test needs them.

A second, independent reading on purpose: nothing here shares code with the program under test.
"""

import dataclasses
import re


def header_fields(raw):
    """The header section as [(name, unfolded value)], top first."""
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "surrogateescape")
    fields = []
    for line in head.split("\n"):
        if line[:1] in " \t" and fields:
            fields[-1][1] += " " + line.strip()
        else:
            name, _, value = line.partition(":")
            fields.append([name, value.strip()])
    return [(name, value) for name, value in fields]


def values_of(raw, name):
    """The values of every field with this name, top first."""
    return [value for field, value in header_fields(raw) if field.strip().lower() == name.lower()]


@dataclasses.dataclass
class MethodResult:
    """One `method=result` statement of a field (RFC 8601 §2.2)."""

    method: str
    result: str
    reason: str = ""
    properties: dict = dataclasses.field(default_factory=dict)


# A quoted string, a separator, or a run of other characters.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|;|[^\s;"]+')


def _without_comments(text):
    out, depth, quoted, i = [], 0, False, 0
    while i < len(text):
        if text[i] == "\\" and (quoted or depth):
            out.append("" if depth else text[i : i + 2])
            i += 2
            continue
        if text[i] == '"' and not depth:
            quoted = not quoted
        if text[i] == "(" and not quoted:
            depth += 1
        if not depth:
            out.append(text[i])
        if text[i] == ")" and not quoted and depth:
            depth -= 1
        i += 1
    return "".join(out)


def _unquoted(text):
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def parse_results(value):
    """(authserv-id, [MethodResult]) of one Authentication-Results value."""
    statements, current, last = [], [], None
    for token in _TOKEN.findall(_without_comments(value)):
        if token == ";":
            statements.append(current)
            current = []
        elif token.startswith('"') and last is not None and last.endswith("="):
            current[-1] += token
        else:
            current.append(token)
        last = current[-1] if current else None
    statements.append(current)
    identifier = statements[0][0].lower() if statements[0] else ""
    results = []
    for words in statements[1:]:
        pairs = [word.partition("=") for word in words if "=" in word]
        if not pairs:
            continue
        item = MethodResult(pairs[0][0].lower(), pairs[0][2].lower())
        for name, _, text in pairs[1:]:
            if name.lower() == "reason":
                item.reason = _unquoted(text)
            else:
                item.properties[name.lower()] = _unquoted(text)
        results.append(item)
    return _unquoted(identifier), results


def best_of(results):
    """pass if it is there, else the first, else an empty string."""
    return "pass" if "pass" in results else results[0] if results else ""


class Results:
    """Our own Authentication-Results of one delivered message."""

    def __init__(self, raw, authserv_id):
        parsed = [parse_results(value) for value in values_of(raw, "Authentication-Results")]
        ours = [items for identifier, items in parsed if identifier == authserv_id.lower()]
        self.field_count = len(ours)
        self.items = ours[0] if ours else []

    def all(self, method):
        return [item for item in self.items if item.method == method]

    def of(self, method):
        """The result of a method, or an empty string.

        SPF: of MAIL FROM if there is a statement about it, else of HELO. Others: pass if any of
        the statements passes, else the first.
        """
        items = self.all(method)
        if method == "spf":
            items = [item for item in items if "smtp.mailfrom" in item.properties] or items
        return best_of([item.result for item in items])

    def __repr__(self):
        return f"Results({[(item.method, item.result, item.properties) for item in self.items]})"


_LOG_PAIR = re.compile(r'([A-Za-z_][\w.\-]*)=("(?:[^"\\]|\\.)*"|\S*)')


def parse_log_line(line):
    """The pairs of a logfmt line as a dictionary."""
    return {name: _unquoted(text) for name, text in _LOG_PAIR.findall(line)}


def logged_result(event, method):
    """The result of a method in a log line; dkim lists signatures as "fail/d1.example,pass/d2"."""
    words = [word.partition("/")[0] for word in event.get(method, "").split(",")]
    return best_of(words)
