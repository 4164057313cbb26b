"""Damaged copies of messages through both engines; each kind of difference made small."""

import pathlib
import random

from . import comparison, minimise, mutations, records, tally

BATCH = 8  # candidates that both engines are asked about at once
BUDGET = 600  # candidates for one difference
SHOWN = 12  # kinds of differences that are minimised


def run(chosen, oracle, ours, rules, known):
    """Makes the messages, compares, minimises, and returns the tally."""
    chosen.out.mkdir(parents=True, exist_ok=True)
    paths = write_mutants(read_messages(chosen.golden), chosen.mutate, chosen.seed, chosen.out)
    counted, kinds = tally.Tally(rules, known, chosen.only), {}
    for path, sa, other in zip(paths, oracle.judge(paths), ours.judge(paths)):
        found = counted.add(sa, other)
        if found.first():
            kinds.setdefault(found.first(), path)
    for target, path in sorted(kinds.items())[:SHOWN]:
        small = Minimiser(oracle, ours, rules, target, chosen.out / "candidates").smallest(path)
        to = chosen.out / f"smallest-{'-'.join(filter(None, target)).replace('/', '_')}.eml"
        to.write_bytes(small)
        print(f"{target[0]} {target[1]}: {path.name} shows it; {to} does in {len(small)} bytes")
    if len(kinds) > SHOWN:
        print(f"… and {len(kinds) - SHOWN} more kinds of differences, which are not minimised")
    return counted


def read_messages(path):
    """The messages that a list names, as bytes."""
    try:
        return [pathlib.Path(name).read_bytes() for name in records.read_list(path)]
    except OSError as problem:
        raise records.Unusable(
            f"{path}: {problem.filename}: {problem.strerror}; make the list again"
        ) from problem


def write_mutants(originals, count, seed, folder):
    """The damaged messages as files, the same for the same seed."""
    paths = []
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        way = chance.choice(sorted(mutations.WAYS))
        paths.append(folder / f"{number:05}-{way}.eml")
        paths[-1].write_bytes(mutations.WAYS[way](chance, chance.choice(originals)))
    return paths


class Minimiser:
    """Asks both engines whether shorter messages still differ in the same way."""

    def __init__(self, oracle, ours, rules, target, folder):
        self.oracle, self.ours, self.rules, self.target, self.folder = (
            oracle,
            ours,
            rules,
            target,
            folder,
        )
        folder.mkdir(exist_ok=True)

    def smallest(self, path):
        """The smallest message found."""
        return minimise.minimise(path.read_bytes(), self.first_of, BUDGET)

    def first_of(self, texts):
        """The index of the first text with the difference, or None."""
        for start in range(0, len(texts), BATCH):
            paths = [self.folder / f"{i}.eml" for i in range(len(texts[start : start + BATCH]))]
            for path, text in zip(paths, texts[start:]):
                path.write_bytes(text)
            results = zip(self.oracle.judge(paths), self.ours.judge(paths))
            for i, (sa, ours) in enumerate(results):
                if comparison.compare(sa, ours, self.rules).has(self.target):
                    return start + i
        return None
