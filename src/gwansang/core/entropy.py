"""An upper estimate of the entropy of a secret, which reveals those that nobody drew at random."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise


def entropy_bits(secret: str | bytes) -> float:
    """Return an estimate in bits: 0 for a repeated character, at most some tens for repeated words and for sequences,
    and 88 or more for 32 random hexadecimal digits. A phrase of a book passes, too."""
    values = list(secret.encode()) if isinstance(secret, str) else list(secret)
    steps = [(after - before) % 256 for before, after in pairwise(values)]
    return min(_bits(values), _bits(steps))


def _bits(values: Sequence[int]) -> float:
    """Return the entropy of one value, by their frequencies, times the number of different triples."""
    shares = [count / len(values) for count in Counter(values).values()]
    triples = {tuple(values[start : start + 3]) for start in range(len(values) - 2)}
    return -sum(share * math.log2(share) for share in shares) * (len(triples) + 2)
