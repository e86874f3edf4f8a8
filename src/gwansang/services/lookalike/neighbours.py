"""The people of a gallery that a face resembles most: every one compared, or, in a very large gallery, the likely ones.

Both ways are immutable once they are built, so any number of threads may ask them while a newer gallery is being made.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gwansang.services.lookalike.cohort import Numbers, Rows, Vectors

APPROXIMATE_FROM = 200_000  # photos
_SLACK = np.float32(1e-5)  # of rounding, when a bound is compared with a similarity
_KEPT_VARIANCE = 0.85
_DIMENSION_STEP = 16
_SAMPLE = 20_000  # rows from which directions and cells are learnt
_CHUNK = 65_536  # rows that are worked on at once
_SHORT = 24  # directions by which a shortlist is made
_TRIALS, _TRIED = 100, 10  # questions that recall is measured with, and people in each answer


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A person, by position in the gallery, and the cosine similarity of their nearest photo: not for callers' eyes."""

    person: int
    similarity: float


class Neighbours(Protocol):
    """Finds people by a (d,) float32 vector of length 1, prepared as the gallery's were."""

    @property
    def approximate(self) -> bool: ...

    def nearest(self, vector: Vectors, k: int) -> tuple[Neighbour, ...]:
        """The k most similar people, the best first; equals in the order of the gallery; none for no k."""


class ExactNeighbours:
    """Compares with every photo.

    The vectors are turned so that the first few directions hold most of what tells people apart. Those are compared
    for all; how much the rest could add at most (Cauchy and Schwarz) rules out nearly everyone, and only who remains is
    compared in full. The answer is that of comparing everything, from a fraction of the memory traffic that a large
    gallery's time goes into. Memory: 4 bytes a dimension and 12 a photo.
    """

    approximate = False

    def __init__(self, vectors: Vectors, owners: Rows) -> None:
        """vectors (n, d): rows of length 1, which are taken over; owners (n,): each row's person, ascending."""
        self._owners = owners
        self._turn, kept = _directions(vectors)
        turned = vectors if kept == vectors.shape[1] else _turned(vectors, self._turn)
        self._near = np.ascontiguousarray(turned[:, :kept])
        self._far = np.ascontiguousarray(turned[:, kept:])
        self._far_length = np.sqrt(np.einsum("nd,nd->n", self._far, self._far)) if self._far.size else None

    def nearest(self, vector: Vectors, k: int) -> tuple[Neighbour, ...]:
        if not len(self._owners) or k < 1:
            return ()
        near, far = np.split(vector @ self._turn, [self._near.shape[1]])
        similar = self._near @ near
        if self._far_length is None:
            return _best(self._owners, similar, _reached_by(self._owners, similar, k), k)
        bounds = self._far_length * np.linalg.norm(far)
        bounds += similar
        rows = _reached_by(self._owners, bounds, k)
        similar[rows] += self._far[rows] @ far
        least = _best(self._owners, similar, rows, k)[-1].similarity
        bounds[rows] = -np.inf  # they are done
        open_rows = np.flatnonzero(bounds >= least - _SLACK)
        similar[open_rows] += self._far[open_rows] @ far
        return _best(self._owners, similar, np.concatenate([rows, open_rows]), k)


class ShortlistNeighbours:
    """Compares the few directions that hold most, and in full only a shortlist of the photos that are alike in those.

    `recall` is measured when it is built, on photos of the gallery: how many of the ten other people whom comparing
    everything finds are found. The shortlist is as long as that takes. Memory of a photo: 4 bytes for each of the few
    directions, 2 for each of the others, and 8. Cells of k-means were measured against it: on vectors spread like those
    of faces they had to look into most of their cells for the same recall.
    """

    approximate = True

    def __init__(self, vectors: Vectors, owners: Rows, *, seed: int = 0, wanted_recall: float = 0.99) -> None:
        """vectors (n, d): rows of length 1, which are taken over; owners (n,): each row's person, ascending."""
        self._owners = owners
        rows = np.random.default_rng(seed).choice(len(vectors), min(_TRIALS, len(vectors)), replace=False)
        truth = [_all_nearest(vectors, owners, row) for row in rows]
        self._turn = _eigen(vectors)[1]
        turned = _turned(vectors, self._turn)
        self._near = np.ascontiguousarray(turned[:, :_SHORT])
        self._far = turned[:, _SHORT:].astype(np.float16)
        self.length, self.recall = self._calibrated(turned[rows], owners[rows], truth, wanted_recall)

    def nearest(self, vector: Vectors, k: int) -> tuple[Neighbour, ...]:
        if not len(self._owners) or k < 1:
            return ()
        rows, similar = self._compared(vector @ self._turn, max(self.length, 4 * k), k)
        return _best(self._owners[rows], similar, np.arange(len(rows)), k)

    def _compared(self, turned: Vectors, length: int, k: int) -> tuple[Rows, Numbers]:
        """The shortlist and its similarities."""
        rough = self._near @ turned[:_SHORT]
        rows = _reached_by(self._owners, rough, k, length)
        return rows, rough[rows] + self._far[rows].astype(np.float32) @ turned[_SHORT:]

    def _calibrated(
        self, turned: Vectors, own: Rows, truth: list[tuple[Neighbour, ...]], wanted: float
    ) -> tuple[int, float]:
        length = 128
        while True:
            found = [self._others(vector, person, length) for vector, person in zip(turned, own, strict=True)]
            recall = float(np.mean([_shared(one, two) for one, two in zip(found, truth, strict=True)]))
            if recall >= wanted or length >= len(self._owners):
                return length, recall
            length *= 2

    def _others(self, turned: Vectors, own: int, length: int) -> tuple[Neighbour, ...]:
        rows, similar = self._compared(turned, length, _TRIED)
        owners = self._owners[rows]
        return _best(owners, similar, np.flatnonzero(owners != own), _TRIED)


def _all_nearest(vectors: Vectors, owners: Rows, asking: int) -> tuple[Neighbour, ...]:
    """The ten people whom a photo of somebody else resembles most."""
    similar = vectors @ vectors[asking]
    similar[owners == owners[asking]] = -np.inf
    rows = _reached_by(owners, similar, _TRIED)
    return _best(owners, similar, rows[similar[rows] > -np.inf], _TRIED)


def _shared(found: tuple[Neighbour, ...], truth: tuple[Neighbour, ...]) -> float:
    known = {one.person for one in truth}
    return len(known & {one.person for one in found}) / max(len(known), 1)


def _best(owners: Rows, similar: Numbers, rows: Rows, k: int) -> tuple[Neighbour, ...]:
    """The k people with the most similar photo among these rows."""
    order = rows[np.lexsort((owners[rows], -similar[rows]))]
    _, firsts = np.unique(owners[order], return_index=True)
    return tuple(Neighbour(int(owners[row]), float(similar[row])) for row in order[np.sort(firsts)[:k]])


def _reached_by(owners: Rows, scores: Numbers, k: int, count: int = 0) -> Rows:
    """Rows with the highest scores, `count` or some more: all that reach a level which k people reach, or all rows."""
    wanted = max(4 * k, count)
    while wanted < len(scores):
        rows = np.flatnonzero(scores >= _level(scores, wanted))
        if len(rows) < len(scores) and len(np.unique(owners[rows])) >= k:
            return rows
        wanted *= 4
    return np.arange(len(scores))


def _level(scores: Numbers, count: int) -> np.float32:
    """A level that at least `count` scores reach and not many more: from the maxima of stretches, in one pass."""
    stretch = max(len(scores) // (16 * count), 1)
    highest = np.maximum.reduceat(scores, np.arange(0, len(scores), stretch)) if stretch > 1 else scores
    level: np.float32 = np.partition(highest, len(highest) - count)[len(highest) - count]
    return level


def _eigen(vectors: Vectors) -> tuple[Numbers, Vectors]:
    """How much each direction holds, the most first, and the rotation (d, d) whose columns are these directions."""
    sample = vectors[:: max(len(vectors) // _SAMPLE, 1)]
    spread, directions = np.linalg.eigh(sample.T @ sample)
    return spread[::-1], np.ascontiguousarray(directions[:, ::-1], dtype=np.float32)


def _directions(vectors: Vectors) -> tuple[Vectors, int]:
    """A rotation (d, d) whose first columns hold the most, and how many of them hold enough; all, where none do."""
    dimensions = vectors.shape[1]
    spread, directions = _eigen(vectors)
    enough = int(np.searchsorted(spread.cumsum() / max(float(spread.sum()), 1e-12), _KEPT_VARIANCE)) + 1
    kept = -(-enough // _DIMENSION_STEP) * _DIMENSION_STEP
    if len(vectors) < _CHUNK or kept > 0.75 * dimensions:
        return np.eye(dimensions, dtype=np.float32), dimensions
    return directions, kept


def _turned(vectors: Vectors, turn: Vectors) -> Vectors:
    for start in range(0, len(vectors), _CHUNK):
        vectors[start : start + _CHUNK] = vectors[start : start + _CHUNK] @ turn
    return vectors
