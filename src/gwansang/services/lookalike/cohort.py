"""What a distance between faces means: little by itself, much among other people.

The network that makes embeddings spreads people unevenly: whole populations lie close together. So a face is compared
after the gallery's own mean is taken out of it, and a similarity is told as its place among the similarities of people
of the gallery to each other; never as a number of its own.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]  # (n, dimensions), or (dimensions,)
Numbers = NDArray[np.float32]
Rows = NDArray[np.intp]

_CHUNK = 65_536  # rows that are worked on at once, so that no second gallery has to fit into the memory
_HALF_KNOWN = 10  # people; the mean of fewer says more about them than about people
_SAMPLE = 1024  # people whose similarities stand for all: half a million pairs


def cohort_mean(vectors: Vectors, starts: Rows) -> Vectors:
    """The mean of people, each counted once, drawn towards nothing where there are few of them.

    vectors (n, d): photos, those of a person together; starts (p,): the first row of each person.
    """
    if not len(starts):
        return np.zeros(vectors.shape[1], dtype=np.float32)
    photos = np.diff(np.append(starts, len(vectors)))
    weights = np.repeat(1.0 / photos, photos)
    total = np.zeros(vectors.shape[1])
    for first in range(0, len(vectors), _CHUNK):
        total += weights[first : first + _CHUNK] @ vectors[first : first + _CHUNK]
    mean: Vectors = (total / (len(starts) + _HALF_KNOWN)).astype(np.float32)
    return mean


def centred(vectors: Vectors, mean: Vectors) -> Vectors:
    """One vector or rows of them without what all have in common, at length 1."""
    rest = vectors - mean
    rest /= np.maximum(np.linalg.norm(rest, axis=-1, keepdims=True), np.float32(1e-12))
    return rest


def centre(vectors: Vectors, mean: Vectors) -> None:
    """The same for a whole gallery (n, d), in place."""
    for first in range(0, len(vectors), _CHUNK):
        vectors[first : first + _CHUNK] = centred(vectors[first : first + _CHUNK], mean)


class Scale:
    """How similar people of a gallery are to each other, to place a similarity among them."""

    def __init__(self, similarities: Numbers) -> None:
        """similarities: of pairs of different people, in any order."""
        self._similarities = np.sort(similarities)

    def percentile(self, similarity: float) -> float:
        """0-100, never quite either: of the pairs of different people in the gallery, so many are less alike."""
        below = int(np.searchsorted(self._similarities, np.float32(similarity)))
        return 100.0 * (below + 0.5) / (len(self._similarities) + 1)


def scale_of(rows: Callable[[Rows], Vectors], starts: Rows, photos: int) -> Scale:
    """The scale of a gallery: photos of people, as centred rows. A person is compared by the first photo with the
    nearest photo of another, as a caller is."""
    chosen = np.unique(np.linspace(0, len(starts) - 1, min(len(starts), _SAMPLE)).astype(np.intp))
    if len(chosen) < 2:
        return Scale(np.empty(0, dtype=np.float32))
    ends = np.append(starts, photos)[chosen + 1]
    members = [np.arange(first, last) for first, last in zip(starts[chosen], ends, strict=True)]
    counts = np.array([len(rows_of_one) for rows_of_one in members])
    begins = np.concatenate([[0], counts.cumsum()[:-1]])
    everyone = rows(np.concatenate(members))
    nearest = np.maximum.reduceat(everyone[begins] @ everyone.T, begins, axis=1)
    return Scale(nearest[~np.eye(len(chosen), dtype=bool)])
