"""Exact nearest-neighbour search for the people of a gallery.

A search is immutable once built, so that any number of threads can use one while a newer one is built.
"""

from dataclasses import dataclass

import numpy as np

from gwansang.services.lookalike.cohort import Numbers, Rows, Vectors

_SLACK = np.float32(1e-5)  # of rounding, when a bound is compared with a similarity
_KEPT_VARIANCE = 0.85
_DIMENSION_STEP = 16
_SAMPLE = 20_000  # rows from which directions are computed
_CHUNK = 65_536  # rows processed at once


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A person by position in the gallery, and the cosine similarity of their nearest photo, never shown to callers."""

    person: int
    similarity: float


class ExactSearch:
    """Search by a (d,) float32 vector of length 1, centred as the gallery's vectors were.

    The vectors are rotated to their principal directions, so that the first few hold most of the variance. Those are
    compared for all photos; the Cauchy-Schwarz bound on the rest rules out nearly every photo, and only those that
    remain are compared in full. The result is that of comparing everything, at a fraction of the memory traffic, which
    is what takes time in a large gallery. Memory: 4 bytes a dimension and 12 a photo.
    """

    def __init__(self, vectors: Vectors, owners: Rows) -> None:
        """vectors (n, d): rows of length 1, modified in place; owners (n,): each row's person, ascending."""
        self._owners = owners
        self._rotation, kept = _rotation_for(vectors)
        rotated = vectors if kept == vectors.shape[1] else _rotate(vectors, self._rotation)
        self._near = np.ascontiguousarray(rotated[:, :kept])
        self._far = np.ascontiguousarray(rotated[:, kept:])
        self._far_length = np.sqrt(np.einsum("nd,nd->n", self._far, self._far)) if self._far.size else None

    def nearest(self, vector: Vectors, k: int) -> tuple[Neighbour, ...]:
        """Return the k most similar people, the best first, equals in the order of the gallery; none for k < 1."""
        if not len(self._owners) or k < 1:
            return ()
        near, far = np.split(vector @ self._rotation, [self._near.shape[1]])
        similar = self._near @ near
        if self._far_length is None:
            return _best(self._owners, similar, _top_rows(self._owners, similar, k), k)
        bounds = self._far_length * np.linalg.norm(far)
        bounds += similar
        rows = _top_rows(self._owners, bounds, k)
        similar[rows] += self._far[rows] @ far
        least = _best(self._owners, similar, rows, k)[-1].similarity
        bounds[rows] = -np.inf  # compared already
        open_rows = np.flatnonzero(bounds >= least - _SLACK)
        similar[open_rows] += self._far[open_rows] @ far
        return _best(self._owners, similar, np.concatenate([rows, open_rows]), k)


def _best(owners: Rows, similar: Numbers, rows: Rows, k: int) -> tuple[Neighbour, ...]:
    """Return the k people with the most similar photo among these rows."""
    order = rows[np.lexsort((owners[rows], -similar[rows]))]
    _, firsts = np.unique(owners[order], return_index=True)
    return tuple(Neighbour(int(owners[row]), float(similar[row])) for row in order[np.sort(firsts)[:k]])


def _top_rows(owners: Rows, scores: Numbers, k: int) -> Rows:
    """Return some rows with the highest scores, of at least k people; all rows if there are not so many."""
    wanted = 4 * k
    while wanted < len(scores):
        rows = np.flatnonzero(scores >= _level(scores, wanted))
        if len(rows) < len(scores) and len(np.unique(owners[rows])) >= k:
            return rows
        wanted *= 4
    return np.arange(len(scores))


def _level(scores: Numbers, count: int) -> np.float32:
    """Return a level that at least `count` scores reach and few more, from the maxima of stretches in one pass."""
    stretch = max(len(scores) // (16 * count), 1)
    highest = np.maximum.reduceat(scores, np.arange(0, len(scores), stretch)) if stretch > 1 else scores
    level: np.float32 = np.partition(highest, len(highest) - count)[len(highest) - count]
    return level


def _rotation_for(vectors: Vectors) -> tuple[Vectors, int]:
    """Return the rotation (d, d) to principal directions and how many of them hold _KEPT_VARIANCE; identity if that
    saves little."""
    dimensions = vectors.shape[1]
    sample = vectors[:: max(len(vectors) // _SAMPLE, 1)]
    spread, directions = np.linalg.eigh(sample.T @ sample)
    shares = spread[::-1].cumsum() / max(float(spread.sum()), 1e-12)
    kept = -(-(int(np.searchsorted(shares, _KEPT_VARIANCE)) + 1) // _DIMENSION_STEP) * _DIMENSION_STEP
    if len(vectors) < _CHUNK or kept > 0.75 * dimensions:
        return np.eye(dimensions, dtype=np.float32), dimensions
    return np.ascontiguousarray(directions[:, ::-1], dtype=np.float32), kept


def _rotate(vectors: Vectors, rotation: Vectors) -> Vectors:
    for start in range(0, len(vectors), _CHUNK):
        vectors[start : start + _CHUNK] = vectors[start : start + _CHUNK] @ rotation
    return vectors
