"""How well embeddings know people again and how steadily they name look-alikes: figures from labelled photos."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwansang.services.lookalike.cohort import Rows, Vectors, centred, cohort_mean

_TOP = 5


@dataclass(frozen=True, slots=True)
class Recognition:
    """Shares 0-1 over all queries.

    rank_1, rank_5: the person themselves came first, among the first five. auc: a photo of the same person scores above
    one of another. With the person taken out of the gallery: same_top_1: a query and the person's gallery photos name
    the same nearest person; top_1_in_5: the query's nearest is among the gallery photos' five; shares_top_5: the two
    fives have someone in common; common_of_5: how much of the fives is common.
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
    """gallery: a block (m, d) of embeddings a person; queries: (embedding, whose), whose an index into the gallery."""

    gallery: Sequence[Vectors]
    queries: Sequence[tuple[Vectors, int]]


def recognition(trial: Trial, *, centre: bool) -> Recognition:
    """The figures, with or without the gallery's mean; raises ValueError for fewer than two people or no query."""
    if len(trial.gallery) < 2 or not trial.queries:
        raise ValueError("it takes a gallery of two people or more, and a query")
    photos = np.concatenate(trial.gallery)
    starts = np.cumsum([0, *(len(block) for block in trial.gallery[:-1])])
    mean = cohort_mean(photos, starts) if centre else np.zeros(photos.shape[1], dtype=np.float32)
    gallery = centred(photos, mean)
    asked = centred(np.array([vector for vector, _ in trial.queries]), mean)
    whose = np.array([person for _, person in trial.queries])
    scores = np.maximum.reduceat(asked @ gallery.T, starts, axis=1)
    among = np.maximum.reduceat(np.maximum.reduceat(gallery @ gallery.T, starts, axis=1), starts, axis=0)
    return _figures(scores, among, whose)


def _figures(scores: Vectors, among: Vectors, whose: Rows) -> Recognition:
    """scores (q, p) of queries with people; among (p, p) of people with each other."""
    rows = np.arange(len(whose))
    own = scores[rows, whose]
    mine = np.zeros(scores.shape, dtype=bool)
    mine[rows, whose] = True
    ranks = 1 + ((scores >= own[:, None]) & ~mine).sum(axis=1)
    asked = _top_others(np.where(mine, -np.inf, scores))
    known = _top_others(np.where(np.eye(len(among), dtype=bool), -np.inf, among))[whose]
    common = [len(np.intersect1d(one, two)) for one, two in zip(asked, known, strict=True)]
    return Recognition(
        rank_1=float((ranks == 1).mean()),
        rank_5=float((ranks <= _TOP).mean()),
        auc=_auc(own, scores[~mine]),
        same_top_1=float((asked[:, 0] == known[:, 0]).mean()),
        top_1_in_5=float((asked[:, :1] == known).any(axis=1).mean()),
        shares_top_5=float((np.array(common) > 0).mean()),
        common_of_5=float(np.mean(common)) / asked.shape[1],
    )


def _top_others(scores: Vectors) -> Rows:
    top: Rows = np.argsort(-scores, axis=1, kind="stable")[:, : min(_TOP, scores.shape[1] - 1)]
    return top


def _auc(same: Vectors, others: Vectors) -> float:
    """The chance that one of `same` is above one of `others`; equals count half (Mann and Whitney)."""
    ordered: NDArray[np.floating] = np.sort(others)
    below = np.searchsorted(ordered, same, side="left")
    not_above = np.searchsorted(ordered, same, side="right")
    return float((below + not_above).mean() / (2 * len(others)))
