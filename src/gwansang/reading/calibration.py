"""How the constants of knowledge/calibration.json are made: from many simulated faces, so that the scales are fair.

Only for whoever renews the constants, after a change of norms, shapes or weights; a reading never comes here.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from statistics import fmean, stdev
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.elements import ELEMENT_SHARPNESS, ELEMENTS, prototype_similarities
from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.model import ENERGIES, Energy
from gwansang.reading.norms import Norms
from gwansang.reading.scores import Moments, Scales, energy_sums, harmony, harmony_terms, smooth_shapes

_STEP_SHARES = (0.002, 0.1, 0.3, 0.7, 0.9, 0.998)  # 10/20/40/20/10 % on the steps 1 to 5
_ROUNDS = 300
_RATE = 0.5


class Population(TypedDict):
    """How measures go together among people, and how uneven faces are."""

    source: str
    keys: list[str]
    correlations: list[list[float]]
    asymmetry: dict[str, Moments]


@cache
def default_population() -> Population:
    """The population of the shipped scales; the file names where it comes from."""
    return load_knowledge("population", Population)


def simulate_faces(count: int, seed: int, population: Population | None = None) -> Iterator[dict[str, float]]:
    """Standard scores of plausible faces: normal, with the correlations that measures have among people."""
    people = population or default_population()
    draws = np.random.default_rng(seed).multivariate_normal(
        np.zeros(len(people["keys"])), np.array(people["correlations"]), count, method="eigh"
    )
    for row in draws:
        yield dict(zip(people["keys"], row.tolist(), strict=True))


def calibrate_scales(norms: Norms, count: int, seed: int, population: Population | None = None) -> Scales:
    """The scales for `norms` from `count` simulated faces of a population, else of the shipped one."""
    population = population or default_population()
    faces = list(simulate_faces(count, seed, population))
    sums: dict[Energy, list[float]] = {energy: [] for energy in ENERGIES}
    terms: dict[str, list[float]] = {}
    for z in faces:
        for energy, total in energy_sums(smooth_shapes(z)).items():
            sums[energy].append(total)
        for name, value in harmony_terms(z).items():
            terms.setdefault(name, []).append(value)
    centres, offsets = _elements(faces)
    return {
        "source": f"Simulated: {count} faces in the norms {norms.id}, seed {seed}. {population['source']}",
        "energies": {energy: _rounded(np.quantile(values, _STEP_SHARES).tolist()) for energy, values in sums.items()},
        "harmony": _harmony(terms),
        "asymmetry": population["asymmetry"],
        "elements": centres,
        "element_offsets": offsets,
    }


def _rounded(values: list[float]) -> list[float]:
    return [round(value, 4) for value in values]


def _centre(values: list[float]) -> Moments:
    return {"mean": round(fmean(values), 4), "sd": round(stdev(values), 4)}


def _harmony(terms: Mapping[str, list[float]]) -> dict[str, Moments]:
    centres = {name: _centre(values) for name, values in terms.items()}
    faces = [dict(zip(terms, values, strict=True)) for values in zip(*terms.values(), strict=True)]
    return centres | {"total": _centre([harmony(face, centres) for face in faces])}


def _elements(faces: list[dict[str, float]]) -> tuple[dict[str, Moments], dict[str, float]]:
    """Centres of the likenesses, and offsets by which each element leads in a fifth of all faces."""
    raw = [prototype_similarities(z) for z in faces]
    centres = {name: _centre([face[name] for face in raw]) for name in ELEMENTS}
    standard = np.array([[(face[n] - centres[n]["mean"]) / centres[n]["sd"] for n in ELEMENTS] for face in raw])
    offsets: NDArray[np.float64] = np.zeros(len(ELEMENTS))
    for _ in range(_ROUNDS):
        leads = np.bincount((standard + offsets).argmax(axis=1), minlength=len(ELEMENTS)) / len(faces)
        offsets -= _RATE / ELEMENT_SHARPNESS * (leads - 1.0 / len(ELEMENTS))
    return centres, {name: round(float(value), 3) for name, value in zip(ELEMENTS, offsets, strict=True)}
