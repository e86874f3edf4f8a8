"""Scales that place the sums of a face among people, in closed form from the correlations of the measures.

For renewing the constants after a change of norms or weights; a reading does not use it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.archetypes import ARCHETYPE_SHARPNESS
from gwansang.reading.elements import ELEMENT_SHARPNESS
from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.palaces import PALACE_WEIGHTS
from gwansang.reading.scores import Moments, Scales, SumWeights, Weights, shipped_weights

_ITERATIONS = 300
_LEARNING_RATE = 0.5
_KEYS = tuple(MEASURES_BY_KEY)

_Table = NDArray[np.float64]


class Population(TypedDict):
    """Correlations of measures among people, in the order of keys."""

    source: str
    keys: list[str]
    correlations: list[list[float]]


@cache
def default_population() -> Population:
    """Return the population of the shipped scales; the file names its source."""
    return load_knowledge("measures", "population", Population)


def correlation_matrix(keys: Sequence[str], population: Population) -> _Table:
    """Return the correlations of the measures; one that the population lacks is independent of all others."""
    known = {key: index for index, key in enumerate(population["keys"])}
    matrix = np.eye(len(keys))
    rows = [row for row, key in enumerate(keys) if key in known]
    columns = [known[keys[row]] for row in rows]
    matrix[np.ix_(rows, rows)] = np.array(population["correlations"])[np.ix_(columns, columns)]
    return matrix


def calibrate_scales(name: str, count: int, seed: int, population: Population | None = None) -> Scales:
    """Return the scales for the norms `name` in a population, by default the shipped one.

    count: of simulated faces by which the offsets of elements and archetypes are found.
    """
    population = population or default_population()
    source = f"{count} simulated faces in the norms {name}, seed {seed}. {population['source']}"
    return fit_scales(shipped_weights(), correlation_matrix(_KEYS, population), count, seed, source)


def fit_scales(weights: SumWeights, correlations: _Table, count: int, seed: int, source: str) -> Scales:
    """Return the scales of weighted sums among people with these (m, m) correlations of the measures."""
    draws = np.random.default_rng(seed).multivariate_normal(np.zeros(len(_KEYS)), correlations, count, method="eigh")
    return {
        "source": source,
        "scores": _moments(weights.scores, correlations),
        "palaces": _moments(PALACE_WEIGHTS, correlations),
        "elements": _moments(weights.elements, correlations),
        "element_offsets": _offsets(weights.elements, draws, ELEMENT_SHARPNESS),
        "archetypes": _moments(weights.archetypes, correlations),
        "archetype_offsets": _offsets(weights.archetypes, draws, ARCHETYPE_SHARPNESS),
    }


def weight_rows(weights: Weights) -> _Table:
    """Return weights as a table (sums, m) in the order of MEASURES_BY_KEY."""
    return np.array([[row.get(key, 0.0) for key in _KEYS] for row in weights.values()])


def _moments(weights: Weights, correlations: _Table) -> dict[str, Moments]:
    rows = weight_rows(weights)
    sds = np.sqrt(np.einsum("si,ij,sj->s", rows, correlations, rows))
    return {name: {"mean": 0.0, "sd": round(float(sd), 4)} for name, sd in zip(weights, sds, strict=True)}


def _offsets(weights: Mapping[str, Mapping[str, float]], draws: _Table, sharpness: float) -> dict[str, float]:
    """Return offsets by which each sum leads for the same share of faces."""
    sums = draws @ weight_rows(weights).T
    sums = sums / sums.std(axis=0)
    offsets = np.zeros(len(weights))
    for _ in range(_ITERATIONS):
        shares = np.bincount((sums + offsets).argmax(axis=1), minlength=len(offsets)) / len(draws)
        offsets -= _LEARNING_RATE / sharpness * (shares - 1.0 / len(offsets))
    return dict(zip(weights, np.round(offsets, 3).tolist(), strict=True))
