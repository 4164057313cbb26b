"""What the rules were matched against: where two sides differ, and how that is shown."""

import difflib
import math

PARTS = ["headers", "relays", "envelope_from", "mime", "flags", "html", "body", "rawbody", "uris"]
TOLERANCE = 1e-9  # of ratios: both sides divide the same integers, but print them by themselves


def differing(sa, ours):
    """Names of the inputs that differ, such as headers.Subject or body, in the order of PARTS."""
    found = []
    for part in PARTS:
        if part not in sa or part not in ours:
            continue  # one side does not tell: not compared, which the report says
        if part in ("headers", "relays"):
            names = sorted(set(sa[part]) | set(ours[part]))
            found += [
                f"{part}.{n}" for n in names if not equal(sa[part].get(n), ours[part].get(n))
            ]
            continue
        if part == "body" and "body_after" in sa:
            after = ours.get("body_after", ours["body"])
            found += [] if equal(sa["body_after"], after) else ["body_after"]
        if not equal(canonical(part, sa[part]), canonical(part, ours[part])):
            found.append(part)
    return found


def not_compared(sa, ours):
    """Parts that only one of the two tells."""
    return [part for part in PARTS if (part in sa) != (part in ours)]


def canonical(part, value):
    """The value as it is compared: URIs and flags have no order and occur once."""
    if part == "uris":
        return sorted({string[1] for string in value})
    return sorted(value) if part == "flags" else value


def equal(left, right):
    """Whether two values are the same; of strings the bytes count, not Perl's kind."""
    if is_string(left) and is_string(right):
        return left[1] == right[1]
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return all(equal(left.get(key), right.get(key)) for key in left.keys() | right.keys())
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return left == right


def is_string(value):
    """Whether a value is [kind, bytes]; [1, 2] of other lists is not."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and value[0] in (0, 1)
        and isinstance(value[1], str)
    )


def kinds_differing(sa, ours):
    """How many strings are characters for one side and bytes for the other."""
    count = 0
    for part in ("body", "rawbody", "uris"):
        kinds = [{string[1]: string[0] for string in side.get(part, [])} for side in (sa, ours)]
        count += sum(
            kinds[0][text] != kinds[1][text] for text in kinds[0].keys() & kinds[1].keys()
        )
    return count


def show(sa, ours):
    """A readable difference of all inputs, line by line; empty if there is none."""
    lines = []
    for name in differing(sa, ours):
        part, _, key = name.partition(".")
        whole = [side.get(part, side.get("body")) for side in (sa, ours)]  # body_after may be absent
        values = [value.get(key) if key else canonical(part, value) for value in whole]
        lines += [f"== {name}"]
        lines += difflib.unified_diff(
            *map(readable, values), "SpamAssassin", "ours", lineterm="", n=1
        )
    return lines


def readable(value, name=""):
    """The value as lines of printable text."""
    if is_string(value):
        kind = "characters" if value[0] else "bytes"
        pieces = value[1].split("\n")
        ends = ["\\n"] * (len(pieces) - 1) + [""]
        return [f"{name}{kind} {piece!r}{end}" for piece, end in zip(pieces, ends) if piece or end]
    if isinstance(value, dict):
        return [line for key in sorted(value) for line in readable(value[key], f"{name}{key}: ")]
    if isinstance(value, list) and any(isinstance(item, (list, dict)) for item in value):
        return [line for i, item in enumerate(value) for line in readable(item, f"{name}{i}: ")]
    return [f"{name}{value!r}"]
