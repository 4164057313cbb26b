"""Delta debugging: the smallest message with a difference, by lines first, then by bytes."""

BY_BYTES = 3000  # a message of at most so many bytes is minimised by bytes, too


def minimise(text, first_of, budget):
    """The smallest text found.

    first_of takes texts and tells the index of the first that still shows the difference, or None;
    it is asked about no more than `budget` texts.
    """
    remaining = Budget(first_of, budget)
    text = b"".join(reduce(text.splitlines(keepends=True), remaining))
    if len(text) <= BY_BYTES:
        text = b"".join(reduce([bytes([byte]) for byte in text], remaining))
    return text


class Budget:
    """Asks as long as it may."""

    def __init__(self, first_of, budget):
        self.first_of, self.left = first_of, budget

    def __call__(self, texts):
        texts = texts[: self.left]
        self.left -= len(texts)
        return self.first_of(texts) if texts else None


def reduce(items, first_of):
    """Leaves out one of n pieces while that keeps the difference, then smaller pieces (ddmin)."""
    pieces = 2
    while len(items) >= 2:
        size = -(-len(items) // pieces)
        starts = range(0, len(items), size)
        shorter = [items[:start] + items[start + size :] for start in starts]
        found = first_of([b"".join(candidate) for candidate in shorter])
        if found is not None:
            items, pieces = shorter[found], max(pieces - 1, 2)
        elif pieces >= len(items):
            break
        else:
            pieces = min(pieces * 2, len(items))
    return items
