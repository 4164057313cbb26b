"""One message, two results: which rules differ, and in which layer the cause lies.

Layers, in the order of the machine: inputs, regex, eval, meta, score, verdict. A difference
belongs to the first layer that explains it: a regex whose input differs is the input's, a meta
is its dependencies'.
"""

import dataclasses

from . import inputs

LAYERS = ["failed", "inputs", "regex", "eval", "meta", "score", "verdict"]
REGEX = ("header", "body", "rawbody", "uri", "full", "mimeheader")
REQUIRED = 5.0
ROUNDING = 0.0006  # scores are rounded to three decimals


@dataclasses.dataclass
class Difference:
    """One rule that differs in one message."""

    rule: str
    sa: float
    ours: float
    layer: str
    because: str  # the differing input, or the differing dependencies of a meta; else empty


@dataclasses.dataclass
class Comparison:
    """Everything in which a message differs."""

    file: str
    inputs: list = dataclasses.field(default_factory=list)
    not_compared: list = dataclasses.field(default_factory=list)
    kinds: int = 0
    rules: list = dataclasses.field(default_factory=list)
    score: tuple = (0.0, 0.0)
    error: str = ""

    @property
    def score_difference(self):
        """Ours above SpamAssassin's."""
        return round(self.score[1] - self.score[0], 3)

    @property
    def flips(self):
        """Whether one side says spam and the other does not."""
        return not self.error and (self.score[0] >= REQUIRED) != (self.score[1] >= REQUIRED)

    def layers(self):
        """Every layer with a difference of its own, the first cause first."""
        if self.error:
            return ["failed"]
        found = {difference.layer for difference in self.rules}
        found |= {"inputs"} if self.inputs else set()
        found |= {"score"} if abs(self.score_difference) > ROUNDING else set()
        found |= {"verdict"} if self.flips else set()
        return [layer for layer in LAYERS if layer in found]

    def first(self):
        """(layer, name) of the first difference, or None: what minimising keeps alive."""
        layers = self.layers()
        if not layers:
            return None
        if layers[0] == "inputs" and self.inputs:
            return "inputs", self.inputs[0]
        return layers[0], next((d.rule for d in self.rules if d.layer == layers[0]), "")

    def has(self, target):
        """Whether a difference that first() told of another message is in this one, too."""
        layer, name = target
        if layer not in self.layers():
            return False
        return (
            not name
            or name in self.inputs
            or any(d.rule == name and d.layer == layer for d in self.rules)
        )


def compare(sa, ours, rules):
    """Compares two results of one message; rules is what tools/sa-oracle --rules tells."""
    found = Comparison(sa["file"])
    if ours is None or "error" in ours or "error" in sa:
        found.error = failure(sa, ours)
        return found
    found.score = (sa["score"], ours["score"])
    if "inputs" in sa and "inputs" in ours:
        found.inputs = inputs.differing(sa["inputs"], ours["inputs"])
        found.not_compared = inputs.not_compared(sa["inputs"], ours["inputs"])
        found.kinds = inputs.kinds_differing(sa["inputs"], ours["inputs"])
    names = sorted(sa["rules"].keys() | ours["rules"].keys())
    different = {n for n in names if sa["rules"].get(n, 0) != ours["rules"].get(n, 0)}
    for name in sorted(different):
        layer, because = cause(rules.get(name, {}), different, found.inputs)
        values = (side["rules"].get(name, 0) for side in (sa, ours))
        found.rules.append(Difference(name, *values, layer, because))
    return found


def failure(sa, ours):
    """Why a message has no two results; empty if both failed, which is agreement of a kind."""
    if ours is None:
        return "ours has no result"
    if "error" in sa and "error" in ours:
        return ""
    return f"SpamAssassin: {sa['error']}" if "error" in sa else f"ours: {ours['error']}"


def cause(rule, different, different_inputs):
    """(layer, because) of a differing rule."""
    kind = rule.get("type", "unknown")
    if kind in REGEX:
        found = [name for name in inputs_of(kind, rule) if name in different_inputs]
        return ("inputs", ", ".join(found)) if found else ("regex", "")
    if kind == "meta":
        dependencies = [name for name in rule.get("depends", []) if name in different]
        return "meta", ", ".join(dependencies)
    return ("inputs", ", ".join(different_inputs)) if different_inputs else ("eval", "")


def inputs_of(kind, rule):
    """The inputs that a regex rule is matched against, as inputs.differing names them."""
    if kind == "header":
        return [f"headers.{rule.get('header', '')}"]
    found = {"body": ["body", "body_after"], "mimeheader": ["mime"], "uri": ["uris"]}
    return found.get(kind, [kind])
