"""Embeddings of a gallery, ready to be asked whom a face resembles; immutable."""

from dataclasses import dataclass

import numpy as np

from gwansang.services.lookalike.cohort import Rows, Scale, Vectors, centre, centred, cohort_mean, scale_of
from gwansang.services.lookalike.neighbours import APPROXIMATE_FROM, ExactNeighbours, Neighbours, ShortlistNeighbours


@dataclass(frozen=True, slots=True)
class Likeness:
    """A person by position in the gallery. percentile: 0-100, of pairs of different people in it, how many are less
    alike than this person and the face."""

    person: int
    percentile: float


class LikenessIndex:
    """Nearest people by cosine similarity without the gallery's mean; a person is as near as their nearest photo."""

    def __init__(self, mean: Vectors, neighbours: Neighbours, scale: Scale) -> None:
        self._mean = mean
        self._neighbours = neighbours
        self._scale = scale

    @property
    def approximate(self) -> bool:
        return self._neighbours.approximate

    def nearest(self, embedding: Vectors, k: int) -> tuple[Likeness, ...]:
        """The k people whom the (d,) embedding resembles most, the best first; fewer where the gallery has fewer."""
        found = self._neighbours.nearest(centred(embedding, self._mean), k)
        return tuple(Likeness(one.person, self._scale.percentile(one.similarity)) for one in found)


def likeness_index(vectors: Vectors, owners: Rows, *, approximate_from: int = APPROXIMATE_FROM) -> LikenessIndex:
    """The index of a gallery's photos.

    vectors (n, d) float32, which are taken over; owners (n,): each photo's person, counted from 0, ascending.
    """
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    mean = cohort_mean(vectors, starts)
    centre(vectors, mean)
    scale = scale_of(vectors.__getitem__, starts, len(vectors))
    many = len(vectors) >= approximate_from
    neighbours = ShortlistNeighbours(vectors, owners) if many else ExactNeighbours(vectors, owners)
    return LikenessIndex(mean, neighbours, scale)
