"""Directions that the sums start from: meanings of shapes, prototypes of elements and archetypes, published origins."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from calibration.scores.fair_weights import (
    Origin,
    Vector,
    balanced_covariance,
    decorrelate,
    fit_fair_weights,
    scale_rows,
    standardize_people,
)
from calibration.scores.norms import east_asian_shift, population_correlations
from calibration.scores.rules import class_probabilities
from calibration.scores.sample import KEYS, SCORED, SCORED_COLUMNS, UNMARKED_COLUMNS, Sample, Table
from gwansang.reading.archetypes import archetype_definitions
from gwansang.reading.elements import ELEMENTS
from gwansang.reading.model import ENERGIES
from gwansang.reading.scores import OVERALL, SumWeights
from gwansang.reading.taxonomy import Part

Support = Mapping[str, Mapping[str, float]]  # weight by part and class
# After the verse 「木瘦金方水主肥 土形敦厚背如龜 上尖下闊名為火」 of the 麻衣相法.
_ELEMENT_PROTOTYPES: Support = {
    "wood": {"FL": 1.1, "JW": -0.6, "CW": -0.4},
    "fire": {"FW": -1.0, "JW": 0.7},
    "earth": {"FL": -0.5, "JW": 0.6, "CW": 0.7, "CL": 0.4, "NA": 0.5},
    "metal": {"JA": -1.0, "FW": 0.6, "JW": 0.3},
    "water": {"FL": -0.8, "JA": 1.0, "CW": 0.5, "LF": 0.3},
}
_SIMULATED, _SEED = 6000, 7
_RIDGE = 0.05
_ELEMENT_SHARE = 0.4  # of an archetype's element, in SDs of its support
_FIRE_WITHOUT_FOREHEAD = -0.2  # FL in place of the unmarked FW, which is all but one measure of fire
# Signs of published differences (Porter & Olson 2001: nose shorter and wider, lower face longer, eye fissure wider;
# Wilson et al. 2023: lips fuller), in SDs; a rough guess each, drawn to the portraits.
_BLACK = {"NA": 0.8, "NL": -0.8, "LF": 0.8, "L": 0.4, "M": -0.4, "EW": 0.4}


class Weights(NamedTuple):
    """Weights over SCORED by name: of the four energies and `overall`, of the elements, of the archetypes."""

    scores: dict[str, Vector]
    elements: dict[str, Vector]
    archetypes: dict[str, Vector]

    def by_key(self) -> SumWeights:
        """Return the weights as the reading has them, rounded as in scores.json."""
        scores, elements, archetypes = (
            {name: dict(zip(SCORED, np.round(row, 4).tolist(), strict=True)) for name, row in rows.items()}
            for rows in self
        )
        return SumWeights(scores, elements, archetypes)


def published_origins() -> tuple[Origin, ...]:
    """Return what is published about the origins of the portraits; West Asians are drawn to no difference."""
    asia = east_asian_shift()
    return (
        Origin("east_asian", np.array([asia[key] for key in SCORED]), 0.25),
        Origin("black", np.array([_BLACK.get(key, 0.0) for key in SCORED]), 0.5),
        Origin("west_asian", np.zeros(len(SCORED)), 0.3),
    )


def expected_slopes(tables: Sequence[Support], parts: Sequence[Part], correlations: Table) -> Table:
    """Return slopes of the expected support on true standard scores, (tables, k).

    By regression among simulated faces, whose probabilities are smoothed over one SD; unmarked measures are usual.
    """
    random = np.random.default_rng(_SEED)
    z = random.multivariate_normal(np.zeros(len(KEYS)), correlations, _SIMULATED, method="eigh")
    z[:, UNMARKED_COLUMNS] = 0.0
    support = np.zeros((len(z), len(tables)))
    for part in parts:
        weights = np.array([[table.get(part.key, {}).get(shape.id, 0.0) for table in tables] for shape in part.classes])
        support += class_probabilities(part, z, np.ones_like(z)) @ weights
    x = z[:, SCORED_COLUMNS] - z[:, SCORED_COLUMNS].mean(axis=0)
    gram = x.T @ x / len(x) + _RIDGE * np.eye(x.shape[1])
    return np.asarray(np.linalg.solve(gram, x.T @ (support - support.mean(axis=0)) / len(x)).T)


def energy_tables(parts: Sequence[Part]) -> list[Support]:
    """Return for each energy the effects of all shapes by the weight and the visibility of their parts."""
    return [
        {
            part.key: {
                shape.id: part.weights[energy] * part.reliability * shape.effects[energy] for shape in part.classes
            }
            for part in parts
        }
        for energy in ENERGIES
    ]


def element_directions() -> Table:
    """Return the prototypes of the elements over SCORED, (5, k); fire rests on a short face without its forehead."""
    rows = {name: dict(_ELEMENT_PROTOTYPES[name]) for name in ELEMENTS}
    rows["fire"]["FL"] = rows["fire"].get("FL", 0.0) + _FIRE_WITHOUT_FOREHEAD
    return np.array([[row.get(key, 0.0) for key in SCORED] for row in rows.values()])


def fit_weights(sample: Sample, parts: Sequence[Part]) -> Weights:
    """Fit the weights of all sums on people."""
    people, origins = standardize_people(sample), published_origins()
    definitions, covariance = archetype_definitions(), balanced_covariance(people)
    tables = [*energy_tables(parts), *(archetype.shapes for archetype in definitions)]
    slopes = expected_slopes(tables, parts, population_correlations(sample))
    energies = decorrelate(fit_fair_weights(slopes[: len(ENERGIES)], people, origins), covariance)
    overall = fit_fair_weights(energies.sum(axis=0, keepdims=True), people, origins)
    elements = fit_fair_weights(element_directions(), people, origins)
    support = scale_rows(slopes[len(ENERGIES) :], covariance)
    support += _ELEMENT_SHARE * elements[[ELEMENTS.index(archetype.element) for archetype in definitions]]
    archetypes = fit_fair_weights(support, people, origins)
    return Weights(
        dict(zip((*ENERGIES, OVERALL), [*energies, overall[0]], strict=True)),
        dict(zip(ELEMENTS, elements, strict=True)),
        dict(zip([archetype.id for archetype in definitions], archetypes, strict=True)),
    )
