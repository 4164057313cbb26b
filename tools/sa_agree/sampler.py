"""Strings that a regex may match: a random walk through its tree; others check the end."""

import string

from . import perl_regex

POOLS = [
    string.ascii_lowercase.encode(),
    string.digits.encode(),
    string.ascii_uppercase.encode(),
    b" ",
    bytes(range(33, 127)),
    bytes(range(160, 256)),
    bytes(range(128, 160)),
    b"\n\t",
    bytes(range(32)),
]
MORE = 4  # repetitions beyond the least, at most
LONGEST = 20000  # bytes: nested repetitions end there


class Sampler:
    """One string for each call of sample(); lookarounds are met by luck."""

    def __init__(self, tree, names, random):
        self.tree, self.names, self.random = tree, names, random

    def sample(self):
        """A string that matches with some luck."""
        self.out, self.captured, self.boundary = bytearray(), {}, None
        self.short = (
            self.random.random() < 0.7
        )  # mostly the fewest repetitions, which collide with fewest conditions
        self._walk(self.tree)
        return bytes(self.out)

    def _walk(self, node):
        getattr(self, f"_{node[0]}")(*node[1:])

    def _set(self, members):
        members = self._beside_boundary(members)
        self.boundary = None
        if not members:
            return
        if len(members) == 1:
            self.out.append(next(iter(members)))
            return
        pools = [found for pool in POOLS if (found := [byte for byte in pool if byte in members])]
        if not pools:
            pools = [sorted(members)]
        self.out.append(
            self.random.choice(
                pools[0] if self.random.random() < 0.8 else self.random.choice(pools[:4])
            )
        )

    def _beside_boundary(self, members):
        """What may follow a \\b or \\B."""
        if self.boundary is None:
            return members
        before = bool(self.out) and self.out[-1] in perl_regex.WORD
        wanted = (
            members & perl_regex.WORD if before != self.boundary else members - perl_regex.WORD
        )
        return wanted or members

    def _seq(self, nodes):
        for node in nodes:
            self._walk(node)

    def _alt(self, nodes):
        self._walk(self.random.choice(nodes))

    def _rep(self, node, least, most):
        count = least
        if not self.short or self.random.random() < 0.25:
            count = self.random.randint(least, max(least, min(most, least + MORE)))
        for _ in range(count):
            if len(self.out) > LONGEST:
                break
            self._walk(node)

    def _group(self, number, node):
        start = len(self.out)
        self._walk(node)
        self.captured[number] = bytes(self.out[start:])

    def _ref(self, number):
        self.out += self.captured.get(self.names.get(number, number), b"")

    def _at(self, kind):
        if kind in ("b", "B"):
            self.boundary = kind == "b"
        elif kind == "^m" and self.out and self.out[-1] != 10:
            self.out.append(10)

    def _look(self, ahead, negative, node):
        """What must follow is sometimes written out; what must precede always."""
        if not negative and (not ahead or self.random.random() < 0.5):
            self._walk(node)
