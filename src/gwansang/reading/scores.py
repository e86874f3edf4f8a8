"""Scores of a face. All shapes are worth the same; each distributes the same effects over the energies differently.

Energies     Weighted sums of standard scores in SDs among people, on a scale by normal quantiles: 10/20/40/20/10 %
             reach the steps 1 to 5. The weights (knowledge/scores.json) start at what the shapes mean; calibration
             takes out what differs between sexes or origins, or between two photos of a person.
Overall      79 + 7.5 SDs of such a sum, between 60 and 98.
Part score   80 + 22 * agreement + 6 * (probability - 0.5), between 60 and 98. agreement: softened cosine of the part's
             expected effects with the energies of the face, near 0 if either is even.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TypedDict

from gwansang.reading.belief import support
from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.model import ENERGIES, Energy
from gwansang.reading.shapes import ShapeClassification
from gwansang.reading.taxonomy import Part

OVERALL = "overall"
_KNOTS = (-2.8782, -1.2816, -0.5244, 0.5244, 1.2816, 2.8782)  # normal quantiles of 0.2, 10, 30, 70, 90 and 99.8 %
_STEPS = (1.0, 1.5, 2.5, 3.5, 4.5, 5.0)
_LEAST, _MIDDLE, _STEP, _MOST = 60, 79, 7.5, 98
PART_MIDDLE, _AGREEMENT, _CERTAINTY = 80, 22, 6
_EVEN_EFFECT = 1.5  # effect of a shape that gives every energy the same
_NEUTRAL_ENERGY = 3.0
_GUESS_FROM = 0.4  # share of covered weights
_SOFT = 0.25  # product of effects and energies below which their agreement is faint

Weights = Mapping[str, Mapping[str, float]]  # by name of the sum and key of the measure


class Moments(TypedDict):
    """Mean and SD of a sum among people."""

    mean: float
    sd: float


class Scales(TypedDict):
    """The constants that place the sums of a face among others; source: of these others.

    scores: of the four energies and "overall"; offsets: by which each element and archetype leads for a fifth of them.
    """

    source: str
    scores: dict[str, Moments]
    palaces: dict[str, Moments]
    elements: dict[str, Moments]
    element_offsets: dict[str, float]
    archetypes: dict[str, Moments]
    archetype_offsets: dict[str, float]


@dataclass(frozen=True, slots=True)
class SumWeights:
    """Weights of the sums of standard scores: of the four energies and "overall", the elements, the archetypes."""

    scores: Weights
    elements: Weights
    archetypes: Weights


@cache
def default_scales() -> Scales:
    """Return the scales of the shipped norms."""
    return load_knowledge("scores", "scales", Scales)


@cache
def shipped_weights() -> SumWeights:
    """Return the weights of the sums; the file names how they were made."""
    scores, elements, archetypes = (
        load_knowledge("scores", name, dict[str, dict[str, float]]) for name in ("weights", "elements", "archetypes")
    )
    return SumWeights(scores, elements, archetypes)


def place_sums(weights: Weights, moments: Mapping[str, Moments], z: Mapping[str, float]) -> dict[str, float]:
    """Return each weighted sum of standard scores in SDs from its mean among people."""
    return {
        name: (math.fsum(weight * z[key] for key, weight in row.items()) - moments[name]["mean"]) / moments[name]["sd"]
        for name, row in weights.items()
    }


def is_mostly_unseen(weights: Weights, unseen: Collection[str]) -> bool:
    """Return whether covered measures carry so much of some sums that what they say is a guess."""
    weighed = [(key in unseen, abs(weight)) for row in weights.values() for key, weight in row.items()]
    return math.fsum(w for hidden, w in weighed if hidden) >= _GUESS_FROM * math.fsum(w for _, w in weighed)


def lead_shares(places: Mapping[str, float], sharpness: float) -> dict[str, float]:
    """Return shares that sum to 1: a softmax of places among people."""
    most = max(places.values())
    weights = {name: math.exp(sharpness * (place - most)) for name, place in places.items()}
    total = math.fsum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


@dataclass(frozen=True, slots=True)
class FaceScores:
    """The scores of a face; parts and reliability by part key."""

    overall: int
    energy_values: Mapping[Energy, float]
    parts: Mapping[str, int]
    reliability: Mapping[str, float]


def score_face(
    z: Mapping[str, float],
    sigma: Mapping[str, float],
    shapes: Mapping[str, ShapeClassification],
    scales: Scales | None = None,
) -> FaceScores:
    """Return all scores of a face.

    z: standard scores by measure; sigma: their errors, one SD in those of the shipped norms; shapes: classified from
    both; scales: of the norms that gave the standard scores, else the shipped ones.
    """
    scales = scales or default_scales()
    places = place_sums(shipped_weights().scores, scales["scores"], z)
    energies: dict[Energy, float] = {energy: energy_value(places[energy]) for energy in ENERGIES}
    supports = support(sigma)
    return FaceScores(
        overall=overall_score(places[OVERALL]),
        energy_values=energies,
        parts={key: part_score(shape.part, shape.probabilities, energies) for key, shape in shapes.items()},
        reliability={key: part_reliability(shape.part, supports) for key, shape in shapes.items()},
    )


def part_reliability(part: Part, supports: Mapping[str, float]) -> float:
    """Return the support of a part by a photo, 0-1: the mean over its measures of what tells of the face."""
    return sum(supports[key] for key in part.measures) / len(part.measures)


def energy_value(place: float) -> float:
    """Map an energy's place among people to the scale from 1 to 5, linearly between normal quantiles."""
    if place <= _KNOTS[0]:
        return _STEPS[0]
    for (low, high), (step, next_step) in zip(pairwise(_KNOTS), pairwise(_STEPS), strict=True):
        if place <= high:
            return step + (place - low) / (high - low) * (next_step - step)
    return _STEPS[-1]


def round_energy(value: float) -> int:
    """Round an energy to a whole step from 1 to 5, halves up."""
    return max(1, min(5, math.floor(value + 0.5)))


def overall_score(place: float) -> int:
    """Return the overall score, 60-98, from its place among people."""
    return round(max(_LEAST, min(_MOST, _MIDDLE + _STEP * place)))


def part_score(part: Part, probabilities: Sequence[float], energies: Mapping[Energy, float]) -> int:
    """Return how far a part carries what the face is strong in, 60-98."""
    effects = [-_EVEN_EFFECT] * len(ENERGIES)
    for probability, shape in zip(probabilities, part.classes, strict=True):
        if probability > 0:
            for index, energy in enumerate(ENERGIES):
                effects[index] += probability * shape.effects[energy]
    face = [energies[energy] - _NEUTRAL_ENERGY for energy in ENERGIES]
    length = math.hypot(*effects) * math.hypot(*face)
    agreement = sum([effect * energy for effect, energy in zip(effects, face, strict=True)]) / (length + _SOFT)
    score = PART_MIDDLE + _AGREEMENT * agreement + _CERTAINTY * (max(probabilities) - 0.5)
    return round(max(_LEAST, min(_MOST, score)))
