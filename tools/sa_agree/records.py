"""Results about messages, one JSON object a line: tools/sa-oracle and postern check write them."""

import gzip
import json


class Unusable(Exception):
    """What was given cannot be used; the text says where and what to do."""


def read(path):
    """Each result of a file, which may be gzipped."""
    try:
        with gzip.open(path, "rb") if str(path).endswith(".gz") else open(path, "rb") as stream:
            for number, line in enumerate(stream, 1):
                yield parse(line, f"{path}:{number}")
    except (OSError, EOFError) as problem:
        raise Unusable(
            f"{path}: cannot be read ({problem}); tools/sa-oracle makes such files"
        ) from problem


def read_list(path):
    """The paths that a file names, one a line."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as names:
            found = [name.rstrip("\n") for name in names]
    except OSError as problem:
        raise Unusable(
            f"{path}: {problem.strerror}; a list has the path of one message a line"
        ) from problem
    if not found:
        raise Unusable(f"{path}: names no message; a list has the path of one message a line")
    return found


def parse(line, where):
    """One result; refuses what is none, saying where it stands."""
    try:
        result = json.loads(line)
    except ValueError as problem:
        raise Unusable(f"{where}: no JSON ({problem}); make the file again") from problem
    if not isinstance(result, dict) or not isinstance(result.get("file"), str):
        raise Unusable(f'{where}: no result of a message, which has "file"; make the file again')
    if "error" not in result and not ("score" in result and isinstance(result.get("rules"), dict)):
        raise Unusable(
            f'{where}: a result has "score" and "rules", or "error"; make the file again'
        )
    return result


def pairs(golden, ours):
    """(SpamAssassin's result, ours or None) of each message; the order may differ."""
    waiting, ours = {}, iter(ours)
    for result in golden:
        name = result["file"]
        while name not in waiting:
            other = next(ours, None)
            if other is None:
                break
            waiting[other["file"]] = other
        yield result, waiting.pop(name, None)


def text(string):
    """The bytes of a string [kind, bytes as code points], or None."""
    return None if string is None else string[1].encode("latin-1")
