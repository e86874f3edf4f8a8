"""Calibration of the scales in knowledge/measures.json on simulated faces, so that they are fair among them.

For renewing the constants after a change of norms, shapes or weights; a reading does not use it.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from statistics import fmean, stdev
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.elements import ELEMENT_SHARPNESS, ELEMENTS, prototype_similarities
from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.model import ENERGIES, Energy
from gwansang.reading.norms import Norms
from gwansang.reading.scores import Moments, Scales, energy_means, harmony_terms, mean_harmony, smooth_shapes

_QUANTILES = (0.002, 0.1, 0.3, 0.7, 0.9, 0.998)  # 10/20/40/20/10 % on the steps 1 to 5
_ITERATIONS = 300
_LEARNING_RATE = 0.5


class Population(TypedDict):
    """Correlations of measures among people, in the order of keys, and moments of the log asymmetry by region."""

    source: str
    keys: list[str]
    correlations: list[list[float]]
    asymmetry: dict[str, Moments]


@cache
def default_population() -> Population:
    """Return the population of the shipped scales; the file names its source."""
    return load_knowledge("measures", "population", Population)


def correlation_matrix(keys: Sequence[str], population: Population) -> NDArray[np.float64]:
    """Return the correlations of the measures; one that the population lacks is independent of all others."""
    known = {key: index for index, key in enumerate(population["keys"])}
    matrix = np.eye(len(keys))
    rows = [row for row, key in enumerate(keys) if key in known]
    columns = [known[keys[row]] for row in rows]
    matrix[np.ix_(rows, rows)] = np.array(population["correlations"])[np.ix_(columns, columns)]
    return matrix


def simulate_faces(count: int, seed: int, population: Population | None = None) -> Iterator[dict[str, float]]:
    """Yield standard scores of simulated faces: multivariate normal with the correlations of the population."""
    population = population or default_population()
    keys = tuple(MEASURES_BY_KEY)
    draws = np.random.default_rng(seed).multivariate_normal(
        np.zeros(len(keys)), correlation_matrix(keys, population), count, method="eigh"
    )
    for row in draws:
        yield dict(zip(keys, row.tolist(), strict=True))


def calibrate_scales(norms: Norms, count: int, seed: int, population: Population | None = None) -> Scales:
    """Return the scales for `norms` from `count` simulated faces of a population, by default the shipped one."""
    population = population or default_population()
    faces = list(simulate_faces(count, seed, population))
    means: dict[Energy, list[float]] = {energy: [] for energy in ENERGIES}
    terms: dict[str, list[float]] = {}
    for z in faces:
        for energy, mean in energy_means(smooth_shapes(z)).items():
            means[energy].append(mean)
        for name, value in harmony_terms(z).items():
            terms.setdefault(name, []).append(value)
    moments, offsets = _elements(faces)
    return {
        "source": f"Simulated: {count} faces in the norms {norms.id}, seed {seed}. {population['source']}",
        "energies": {energy: _round(np.quantile(values, _QUANTILES).tolist()) for energy, values in means.items()},
        "harmony": _harmony(terms),
        "asymmetry": population["asymmetry"],
        "elements": moments,
        "element_offsets": offsets,
    }


def _round(values: list[float]) -> list[float]:
    return [round(value, 4) for value in values]


def _moments(values: list[float]) -> Moments:
    return {"mean": round(fmean(values), 4), "sd": round(stdev(values), 4)}


def _harmony(terms: Mapping[str, list[float]]) -> dict[str, Moments]:
    moments = {name: _moments(values) for name, values in terms.items()}
    faces = [dict(zip(terms, values, strict=True)) for values in zip(*terms.values(), strict=True)]
    return moments | {"total": _moments([mean_harmony(face, moments) for face in faces])}


def _elements(faces: list[dict[str, float]]) -> tuple[dict[str, Moments], dict[str, float]]:
    """Return the moments of the similarities, and offsets by which each element leads in a fifth of all faces."""
    similarities = [prototype_similarities(z) for z in faces]
    moments = {name: _moments([face[name] for face in similarities]) for name in ELEMENTS}
    standardised = np.array(
        [[(face[n] - moments[n]["mean"]) / moments[n]["sd"] for n in ELEMENTS] for face in similarities]
    )
    offsets: NDArray[np.float64] = np.zeros(len(ELEMENTS))
    for _ in range(_ITERATIONS):
        primaries = (standardised + offsets).argmax(axis=1)
        shares = np.bincount(primaries, minlength=len(ELEMENTS)) / len(faces)
        offsets -= _LEARNING_RATE / ELEMENT_SHARPNESS * (shares - 1.0 / len(ELEMENTS))
    return moments, {name: round(float(value), 3) for name, value in zip(ELEMENTS, offsets, strict=True)}
