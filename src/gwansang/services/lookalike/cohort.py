"""Similarities of faces relative to the gallery: they mean little as absolute numbers.

The embedding network spreads people unevenly: whole populations lie close together. So a face is compared after the
gallery's mean is subtracted, and a similarity is reported as a percentile among the similarities of people of the
gallery to each other, never as a number of its own.
"""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]  # (n, dimensions), or (dimensions,)
Numbers = NDArray[np.float32]
Rows = NDArray[np.intp]

_CHUNK = 65_536  # rows processed at once, so that memory need not hold a second gallery
_SHRINKAGE = 10  # people; the mean of fewer says more about them than about people in general
_SAMPLE = 1024  # people, whose half a million pairs stand for all


def cohort_mean(vectors: Vectors, starts: Rows) -> Vectors:
    """Return the mean of people, each counted once, shrunk towards zero for few people.

    vectors (n, d): photos, those of a person together; starts (p,): the first row of each person.
    """
    if not len(starts):
        return np.zeros(vectors.shape[1], dtype=np.float32)
    photos = np.diff(np.append(starts, len(vectors)))
    weights = np.repeat(1.0 / photos, photos)
    total = np.zeros(vectors.shape[1])
    for first in range(0, len(vectors), _CHUNK):
        total += weights[first : first + _CHUNK] @ vectors[first : first + _CHUNK]
    mean: Vectors = (total / (len(starts) + _SHRINKAGE)).astype(np.float32)
    return mean


def subtract_mean(vectors: Vectors, mean: Vectors) -> Vectors:
    """Return a vector, or rows of them, minus the mean and scaled to length 1."""
    rest = vectors - mean
    rest /= np.maximum(np.linalg.norm(rest, axis=-1, keepdims=True), np.float32(1e-12))
    return rest


def subtract_mean_in_place(vectors: Vectors, mean: Vectors) -> None:
    """Subtract the mean from a whole gallery (n, d) and scale its rows to length 1, in place."""
    for first in range(0, len(vectors), _CHUNK):
        vectors[first : first + _CHUNK] = subtract_mean(vectors[first : first + _CHUNK], mean)


class SimilarityScale:
    """Distribution of the similarities of people of a gallery to each other."""

    def __init__(self, similarities: Numbers) -> None:
        """similarities: of pairs of different people, in any order."""
        self._similarities = np.sort(similarities)

    def percentile(self, similarity: float) -> float:
        """Return the share of pairs of different people that are less alike, in (0, 100)."""
        below = int(np.searchsorted(self._similarities, np.float32(similarity)))
        return 100.0 * (below + 0.5) / (len(self._similarities) + 1)


def build_similarity_scale(vectors: Vectors, starts: Rows) -> SimilarityScale:
    """Return the scale of a gallery of centred photos; each person is compared by their first photo with the nearest
    photo of another, as a caller is.
    """
    sample = np.unique(np.linspace(0, len(starts) - 1, min(len(starts), _SAMPLE)).astype(np.intp))
    if len(sample) < 2:
        return SimilarityScale(np.empty(0, dtype=np.float32))
    ends = np.append(starts, len(vectors))[sample + 1]
    rows_of_each = [np.arange(first, last) for first, last in zip(starts[sample], ends, strict=True)]
    counts = np.array([len(rows_of_one) for rows_of_one in rows_of_each])
    first_rows = np.concatenate([[0], counts.cumsum()[:-1]])
    sampled = vectors[np.concatenate(rows_of_each)]
    nearest = np.maximum.reduceat(sampled[first_rows] @ sampled.T, first_rows, axis=1)
    return SimilarityScale(nearest[~np.eye(len(sample), dtype=bool)])
