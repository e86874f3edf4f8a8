"""Immutable index of a gallery's embeddings that finds the people nearest to a face."""

from dataclasses import dataclass

import numpy as np

from gwansang.services.lookalike.cohort import (
    Rows,
    SimilarityScale,
    Vectors,
    build_similarity_scale,
    cohort_mean,
    subtract_mean,
    subtract_mean_in_place,
)
from gwansang.services.lookalike.neighbours import ExactSearch


@dataclass(frozen=True, slots=True)
class Likeness:
    """A person by position in the gallery.

    percentile: 0-100, share of pairs of different people in the gallery that are less alike than this person and the
    face.
    """

    person: int
    percentile: float


class LikenessIndex:
    """Search by cosine similarity after subtraction of the gallery's mean; the nearest photo of a person counts."""

    def __init__(self, mean: Vectors, neighbours: ExactSearch, scale: SimilarityScale) -> None:
        self._mean = mean
        self._neighbours = neighbours
        self._scale = scale

    def nearest(self, embedding: Vectors, k: int) -> tuple[Likeness, ...]:
        """Return the k people nearest to the (d,) embedding, the nearest first; fewer if the gallery has fewer."""
        neighbours = self._neighbours.nearest(subtract_mean(embedding, self._mean), k)
        return tuple(Likeness(near.person, self._scale.percentile(near.similarity)) for near in neighbours)


def build_likeness_index(vectors: Vectors, owners: Rows) -> LikenessIndex:
    """Build the index of a gallery's photos.

    vectors (n, d) float32, modified in place; owners (n,): each photo's person, counted from 0, ascending.
    """
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    mean = cohort_mean(vectors, starts)
    subtract_mean_in_place(vectors, mean)
    scale = build_similarity_scale(vectors, starts)
    return LikenessIndex(mean, ExactSearch(vectors, owners), scale)
