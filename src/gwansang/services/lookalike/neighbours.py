"""Nearest-neighbour search for the people of a gallery: exact, or approximate in a very large gallery.

Both searches are immutable once built, so that any number of threads can use one while a newer one is built.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gwansang.services.lookalike.cohort import Numbers, Rows, Vectors

APPROXIMATE_FROM = 200_000  # photos
_SLACK = np.float32(1e-5)  # of rounding, when a bound is compared with a similarity
_KEPT_VARIANCE = 0.85
_DIMENSION_STEP = 16
_SAMPLE = 20_000  # rows from which directions are computed
_CHUNK = 65_536  # rows processed at once
_SHORT = 24  # directions that the shortlist is chosen by
_TRIALS, _TRIED = 100, 10  # searches that recall is measured on, and people in each result


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A person by position in the gallery, and the cosine similarity of their nearest photo, never shown to callers."""

    person: int
    similarity: float


class NeighbourSearch(Protocol):
    """Search by a (d,) float32 vector of length 1, centred as the gallery's vectors were."""

    @property
    def approximate(self) -> bool: ...

    def nearest(self, vector: Vectors, k: int) -> tuple[Neighbour, ...]:
        """Return the k most similar people, the best first, equals in the order of the gallery; none for k < 1."""


class ExactSearch:
    """Exact search.

    The vectors are rotated to their principal directions, so that the first few hold most of the variance. Those are
    compared for all photos; the Cauchy-Schwarz bound on the rest rules out nearly every photo, and only those that
    remain are compared in full. The result is that of comparing everything, at a fraction of the memory traffic, which
    is what takes time in a large gallery. Memory: 4 bytes a dimension and 12 a photo.
    """

    approximate = False

    def __init__(self, vectors: Vectors, owners: Rows) -> None:
        """vectors (n, d): rows of length 1, modified in place; owners (n,): each row's person, ascending."""
        self._owners = owners
        self._rotation, kept = _rotation_for(vectors)
        rotated = vectors if kept == vectors.shape[1] else _rotate(vectors, self._rotation)
        self._near = np.ascontiguousarray(rotated[:, :kept])
        self._far = np.ascontiguousarray(rotated[:, kept:])
        self._far_length = np.sqrt(np.einsum("nd,nd->n", self._far, self._far)) if self._far.size else None

    def nearest(self, vector: Vectors, k: int) -> tuple[Neighbour, ...]:
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


class ShortlistSearch:
    """Approximate search by the first few principal directions of all photos, then by a shortlist in full.

    `recall` is measured on photos of the gallery when it is built: the share of the ten nearest other people, by exact
    search, that are found. The shortlist is as long as `wanted_recall` takes. Memory of a photo: 4 bytes for each of
    the first directions, 2 for each of the others, and 8. K-means cells were measured against it: on vectors spread
    like those of faces, they had to search most of their cells for the same recall.
    """

    approximate = True

    def __init__(self, vectors: Vectors, owners: Rows, *, seed: int = 0, wanted_recall: float = 0.99) -> None:
        """vectors (n, d): rows of length 1, modified in place; owners (n,): each row's person, ascending."""
        self._owners = owners
        rows = np.random.default_rng(seed).choice(len(vectors), min(_TRIALS, len(vectors)), replace=False)
        truth = [_nearest_of_row(vectors, owners, row) for row in rows]
        self._rotation = _principal_directions(vectors)[1]
        rotated = _rotate(vectors, self._rotation)
        self._near = np.ascontiguousarray(rotated[:, :_SHORT])
        self._far = rotated[:, _SHORT:].astype(np.float16)
        self.length, self.recall = self._calibrate(rotated[rows], owners[rows], truth, wanted_recall)

    def nearest(self, vector: Vectors, k: int) -> tuple[Neighbour, ...]:
        if not len(self._owners) or k < 1:
            return ()
        rows, similar = self._compare(vector @ self._rotation, max(self.length, 4 * k), k)
        return _best(self._owners[rows], similar, np.arange(len(rows)), k)

    def _compare(self, rotated: Vectors, length: int, k: int) -> tuple[Rows, Numbers]:
        """Return the rows of the shortlist and their similarities."""
        rough = self._near @ rotated[:_SHORT]
        rows = _top_rows(self._owners, rough, k, length)
        return rows, rough[rows] + self._far[rows].astype(np.float32) @ rotated[_SHORT:]

    def _calibrate(
        self, rotated: Vectors, own: Rows, truth: list[tuple[Neighbour, ...]], wanted: float
    ) -> tuple[int, float]:
        length = 128
        while True:
            found = [self._nearest_others(vector, person, length) for vector, person in zip(rotated, own, strict=True)]
            recall = float(np.mean([_share_found(*pair) for pair in zip(found, truth, strict=True)]))
            if recall >= wanted or length >= len(self._owners):
                return length, recall
            length *= 2

    def _nearest_others(self, rotated: Vectors, own: int, length: int) -> tuple[Neighbour, ...]:
        rows, similar = self._compare(rotated, length, _TRIED)
        owners = self._owners[rows]
        return _best(owners, similar, np.flatnonzero(owners != own), _TRIED)


def _nearest_of_row(vectors: Vectors, owners: Rows, row: int) -> tuple[Neighbour, ...]:
    """Return the ten nearest other people of a photo, by exact search."""
    similar = vectors @ vectors[row]
    similar[owners == owners[row]] = -np.inf
    rows = _top_rows(owners, similar, _TRIED)
    return _best(owners, similar, rows[similar[rows] > -np.inf], _TRIED)


def _share_found(found: tuple[Neighbour, ...], truth: tuple[Neighbour, ...]) -> float:
    people = {near.person for near in truth}
    return len(people & {near.person for near in found}) / max(len(people), 1)


def _best(owners: Rows, similar: Numbers, rows: Rows, k: int) -> tuple[Neighbour, ...]:
    """Return the k people with the most similar photo among these rows."""
    order = rows[np.lexsort((owners[rows], -similar[rows]))]
    _, firsts = np.unique(owners[order], return_index=True)
    return tuple(Neighbour(int(owners[row]), float(similar[row])) for row in order[np.sort(firsts)[:k]])


def _top_rows(owners: Rows, scores: Numbers, k: int, count: int = 0) -> Rows:
    """Return at least `count` rows with the highest scores, of at least k people; all rows if there are not so many."""
    wanted = max(4 * k, count)
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


def _principal_directions(vectors: Vectors) -> tuple[Numbers, Vectors]:
    """Return the variance of each principal direction, descending, and the rotation (d, d) of these columns."""
    sample = vectors[:: max(len(vectors) // _SAMPLE, 1)]
    spread, directions = np.linalg.eigh(sample.T @ sample)
    return spread[::-1], np.ascontiguousarray(directions[:, ::-1], dtype=np.float32)


def _rotation_for(vectors: Vectors) -> tuple[Vectors, int]:
    """Return a rotation (d, d) and how many of its columns hold _KEPT_VARIANCE; identity if that saves little."""
    dimensions = vectors.shape[1]
    spread, directions = _principal_directions(vectors)
    enough = int(np.searchsorted(spread.cumsum() / max(float(spread.sum()), 1e-12), _KEPT_VARIANCE)) + 1
    kept = -(-enough // _DIMENSION_STEP) * _DIMENSION_STEP
    if len(vectors) < _CHUNK or kept > 0.75 * dimensions:
        return np.eye(dimensions, dtype=np.float32), dimensions
    return directions, kept


def _rotate(vectors: Vectors, rotation: Vectors) -> Vectors:
    for start in range(0, len(vectors), _CHUNK):
        vectors[start : start + _CHUNK] = vectors[start : start + _CHUNK] @ rotation
    return vectors
