"""Recognition rates and stability of look-alikes, measured on labelled photos."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwansang.services.lookalike.cohort import Rows, Vectors, cohort_mean, subtract_mean

_TOP = 5


@dataclass(frozen=True, slots=True)
class Recognition:
    """Shares 0-1 over all queries.

    rank_1, rank_5: the person is the first result, among the first five. auc: a photo of the same person scores above
    one of another. With the person left out of the gallery: same_top_1: a query and the person's gallery photos have
    the same nearest person; top_1_in_5: the query's nearest is among the gallery photos' five; shares_top_5: the two
    fives have a person in common; common_of_5: the common share of the fives.
    """

    rank_1: float
    rank_5: float
    auc: float
    same_top_1: float
    top_1_in_5: float
    shares_top_5: float
    common_of_5: float


@dataclass(frozen=True, slots=True)
class Trial:
    """Labelled embeddings: a gallery of blocks (m, d), one for each person; queries, each with its person's index."""

    gallery: Sequence[Vectors]
    queries: Sequence[tuple[Vectors, int]]


def measure_recognition(trial: Trial, *, centre: bool) -> Recognition:
    """Measure a trial with or without centring; raises ValueError for fewer than two people or no query."""
    if len(trial.gallery) < 2 or not trial.queries:
        raise ValueError("it takes a gallery of two people or more, and a query")
    photos = np.concatenate(trial.gallery)
    starts = np.cumsum([0, *(len(block) for block in trial.gallery[:-1])])
    mean = cohort_mean(photos, starts) if centre else np.zeros(photos.shape[1], dtype=np.float32)
    gallery = subtract_mean(photos, mean)
    queries = subtract_mean(np.array([vector for vector, _ in trial.queries]), mean)
    persons = np.array([person for _, person in trial.queries])
    scores = np.maximum.reduceat(queries @ gallery.T, starts, axis=1)
    among = np.maximum.reduceat(np.maximum.reduceat(gallery @ gallery.T, starts, axis=1), starts, axis=0)
    return _score(scores, among, persons)


def _score(scores: Vectors, among: Vectors, persons: Rows) -> Recognition:
    """Compute the shares from similarities: scores (q, p) of queries with people, among (p, p) of people."""
    rows = np.arange(len(persons))
    own = scores[rows, persons]
    is_own = np.zeros(scores.shape, dtype=bool)
    is_own[rows, persons] = True
    ranks = 1 + ((scores >= own[:, None]) & ~is_own).sum(axis=1)
    by_query = _top_others(np.where(is_own, -np.inf, scores))
    by_gallery = _top_others(np.where(np.eye(len(among), dtype=bool), -np.inf, among))[persons]
    common = [len(np.intersect1d(a, b)) for a, b in zip(by_query, by_gallery, strict=True)]
    return Recognition(
        rank_1=float((ranks == 1).mean()),
        rank_5=float((ranks <= _TOP).mean()),
        auc=_auc(own, scores[~is_own]),
        same_top_1=float((by_query[:, 0] == by_gallery[:, 0]).mean()),
        top_1_in_5=float((by_query[:, :1] == by_gallery).any(axis=1).mean()),
        shares_top_5=float((np.array(common) > 0).mean()),
        common_of_5=float(np.mean(common)) / by_query.shape[1],
    )


def _top_others(scores: Vectors) -> Rows:
    top: Rows = np.argsort(-scores, axis=1, kind="stable")[:, : min(_TOP, scores.shape[1] - 1)]
    return top


def _auc(same: Vectors, others: Vectors) -> float:
    """Return the probability that one of `same` is above one of `others`; equals count half (Mann-Whitney)."""
    ordered: NDArray[np.floating] = np.sort(others)
    below = np.searchsorted(ordered, same, side="left")
    not_above = np.searchsorted(ordered, same, side="right")
    return float((below + not_above).mean() / (2 * len(others)))
