"""All messages together: agreement of each layer and rule, and whether it is within bounds."""

import collections
import dataclasses
import math

from . import comparison

BOUND = 99.9  # per cent of the pairs (rule, message) that either side hits


@dataclasses.dataclass
class RuleCount:
    """One rule over all messages."""

    both: int = 0  # both hit, with the same value
    counts: int = 0  # both hit, a different number of times
    only_sa: int = 0
    only_ours: int = 0
    files: list = dataclasses.field(default_factory=list)
    layers: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    because: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    @property
    def hit(self):
        """Messages that either side hits."""
        return self.both + self.counts + self.only_sa + self.only_ours

    @property
    def differing(self):
        """Messages with different values."""
        return self.hit - self.both

    @property
    def agreement(self):
        """Per cent of the messages hit by either side."""
        return 100.0 * self.both / self.hit if self.hit else 100.0

    def kappa(self, messages):
        """Cohen's kappa of hit and no hit; 1.0 where both sides always say the same."""
        joint = self.both + self.counts
        neither = messages - self.hit
        sa, ours = joint + self.only_sa, joint + self.only_ours
        expected = (sa * ours + (messages - sa) * (messages - ours)) / messages**2
        return 1.0 if expected == 1 else ((joint + neither) / messages - expected) / (1 - expected)


class Tally:
    """Takes messages one by one; only=RULE leaves all other rules out."""

    def __init__(self, rules, known, only=None):
        self.rules, self.known, self.only = rules, known, only
        self.counts = collections.defaultdict(RuleCount)
        self.messages = self.kinds = self.identical = 0
        self.failures, self.flips, self.scores = [], [], []
        self.first, self.inputs, self.not_compared = (collections.Counter() for _ in range(3))
        self.with_layer = collections.Counter()

    def add(self, sa, ours):
        """Compares and counts one message; returns the comparison."""
        found = comparison.compare(sa, ours, self.rules)
        if self.only:
            found.rules = [d for d in found.rules if d.rule == self.only]
        self.messages += 1
        if found.error:
            self.failures.append((found.file, found.error))
            return found
        self._count_hits(sa, ours or {}, found)
        self._count_layers(found)
        return found

    def _count_hits(self, sa, ours, found):
        different = {difference.rule for difference in found.rules}
        for name in sa.get("rules", {}).keys() & ours.get("rules", {}).keys() - different:
            if self.only in (None, name):
                self.counts[name].both += 1
        for difference in found.rules:
            count = self.counts[difference.rule]
            kind = (
                "counts"
                if difference.sa and difference.ours
                else "only_sa"
                if difference.sa
                else "only_ours"
            )
            setattr(count, kind, getattr(count, kind) + 1)
            count.layers[difference.layer] += 1
            count.because.update([difference.because] if difference.because else [])
            count.files.append((found.file, difference.sa, difference.ours))

    def _count_layers(self, found):
        layers = found.layers()
        self.identical += not layers
        self.with_layer.update(layers)
        self.first.update(layers[:1])
        self.inputs.update(found.inputs)
        self.not_compared.update(found.not_compared)
        self.kinds += found.kinds
        self.scores.append(abs(found.score_difference))
        if found.flips:
            known = found.rules and all(self.cause_of(d.rule) for d in found.rules)
            self.flips.append((found.file, *found.score, bool(known)))

    def cause_of(self, rule):
        """The known cause of a rule's differences, or None."""
        return self.known.get(rule)

    # --- sums -----------------------------------------------------------------------------------

    @property
    def pairs(self):
        """(pairs hit by either side, of them the same)."""
        return sum(c.hit for c in self.counts.values()), sum(c.both for c in self.counts.values())

    @property
    def agreement(self):
        """Per cent of the pairs that either side hits."""
        hit, same = self.pairs
        return 100.0 * same / hit if hit else 100.0

    def weight(self, rule):
        """Score that the differences of a rule move, over all messages."""
        count = self.counts[rule]
        if rule.startswith("__"):
            return 0.0
        return abs(self.rules.get(rule, {}).get("score", 0.0)) * (count.only_sa + count.only_ours)

    def score_difference(self, share):
        """The difference of scores that this share of the messages does not exceed."""
        ordered = sorted(self.scores) or [0.0]
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    def differing_rules(self):
        """Rules with differences, what moves most first."""
        names = [name for name, count in self.counts.items() if count.differing]
        return sorted(names, key=lambda n: (-self.weight(n), -self.counts[n].differing, n))

    def beyond_bounds(self):
        """What is not within bounds, one sentence each."""
        unknown = {
            n: self.counts[n].layers["regex"]
            for n in self.differing_rules()
            if not self.cause_of(n)
        }
        regexes = sum(unknown.values())
        problems = []
        if self.failures:
            problems.append(f"{len(self.failures)} messages without two results")
        if self.agreement < BOUND:
            problems.append(
                f"{self.agreement:.3f} % of the pairs hit by either side agree; "
                f"the bound is {BOUND} %"
            )
        if regexes:
            problems.append(
                f"{regexes} differences of regexes that were matched against the same input"
            )
        flips = sum(not known for _, _, _, known in self.flips)
        if flips:
            problems.append(f"{flips} messages are spam for one side only")
        return problems
