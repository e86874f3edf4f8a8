"""From shapes to numbers. One law for all shapes: none is worth more than another, only differently given.

Part score   78 + 8 * harmony + 4 * clarity; harmony (-1..1) is how evenly the part lies left and right and how well it
             agrees with the face's own energies; clarity is the share of its leading shape.
Energies     each part adds what its shapes stand for, by its weight and by how well a mesh can show it at all; the
             shapes are seen through a window of one SD, so that no border makes them jump. The sum is placed among
             simulated faces so that 10/20/40/20/10 % of them reach the steps 1 to 5.
Overall      75 + 8.6 * harmony, 50 to 98: whether the three zones, the five mountains, the organs and the surroundings
             of the eyes agree with one another, seen through the same window; harmony in SDs among simulated faces.

Two photos of one person gave r = 0.57 for the left-right evenness and 0.56 for the clarity of the shapes, against 0.88
and more for the four agreements: evenness and clarity colour the parts, and stay out of the overall score.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist, pvariance
from typing import TypedDict

from gwansang.reading.knowledge import load_knowledge
from gwansang.reading.model import ENERGIES, Energy
from gwansang.reading.shapes import ShapeClassification, classify_shapes
from gwansang.reading.taxonomy import Part

_NORMAL = NormalDist()
_STEPS = (1.0, 1.5, 2.5, 3.5, 4.5, 5.0)
_FAR = 2.5  # standard scores beyond which one side of the harmony counts no further
_WINDOW = 1.0  # in standard scores
_LEAST, _MIDDLE, _STEP, _MOST = 50, 75, 8.6, 98
_AGREEMENTS: Mapping[str, tuple[str, ...]] = {
    "mountains": ("FH", "NL", "CJ", "CL"),  # 五嶽: forehead, nose, the two cheekbones, chin
    "organs": ("BA", "EW", "NL", "NA"),  # 五官 as far as they hold still: brows, eyes, nose
    "surroundings": ("BE", "EW", "EO", "NL"),  # 田宅: the eyes with what lies around them
}
_EVEN_EFFECT = 1.5  # a class that gives every energy the same


class Moments(TypedDict):
    """Where a quantity lies among the faces of the calibration."""

    mean: float
    sd: float


class Scales(TypedDict):
    """The constants that place a face among others; `source` says which others."""

    source: str
    energies: dict[Energy, list[float]]
    harmony: dict[str, Moments]
    asymmetry: dict[str, Moments]
    elements: dict[str, Moments]
    element_offsets: dict[str, float]


@cache
def default_scales() -> Scales:
    """The scales that belong to the shipped norms."""
    return load_knowledge("calibration", Scales)


@dataclass(frozen=True, slots=True)
class FaceScores:
    """`seen`: the shapes as through the window."""

    overall: int
    energy_values: Mapping[Energy, float]
    parts: Mapping[str, int]
    reliability: Mapping[str, float]
    seen: Mapping[str, ShapeClassification]


def smooth_shapes(z: Mapping[str, float]) -> dict[str, ShapeClassification]:
    """The shapes of a face as through a window of one SD, so that no border makes what rests on them jump."""
    return classify_shapes(z, dict.fromkeys(z, _WINDOW))


def part_reliability(part: Part, sigma: Mapping[str, float]) -> float:
    """How far a photo supports a part, 0-1: what the mesh can show of it at all, less by the errors of this photo."""
    spread = sum(sigma[key] ** 2 for key in part.measures) / len(part.measures)
    return part.reliability / (1.0 + spread)


def energy_sums(seen: Mapping[str, ShapeClassification]) -> dict[Energy, float]:
    """The weighted mean of what all shapes of a face, seen through the window, stand for (0-3, even is 1.5)."""
    return {energy: _energy_sum(energy, seen.values()) for energy in ENERGIES}


def _energy_sum(energy: Energy, shapes: Iterable[ShapeClassification]) -> float:
    total = weight = 0.0
    for shape in shapes:
        share = shape.part.weights[energy] * shape.part.reliability
        total += share * expected_effect(shape, energy)
        weight += share
    return total / weight


def expected_effect(shape: ShapeClassification, energy: Energy) -> float:
    classes = zip(shape.probabilities, shape.part.classes, strict=True)
    return sum(p * c.effects[energy] for p, c in classes)


def energy_value(energy: Energy, total: float, scales: Scales) -> float:
    """The energy on its scale from 1 to 5, by the quantiles of the calibration."""
    knots = scales["energies"][energy]
    if total <= knots[0]:
        return _STEPS[0]
    for i in range(len(knots) - 1):
        if total <= knots[i + 1]:
            share = (total - knots[i]) / (knots[i + 1] - knots[i])
            return _STEPS[i] + share * (_STEPS[i + 1] - _STEPS[i])
    return _STEPS[-1]


def round_energy(value: float) -> int:
    return max(1, min(5, math.floor(value + 0.5)))


def harmony_terms(z: Mapping[str, float]) -> dict[str, float]:
    """The four sides of a face's harmony; more is calmer."""
    apart = {name: pvariance([z[key] for key in keys]) for name, keys in _AGREEMENTS.items()}
    apart["zones"] = (z["U"] ** 2 + z["M"] ** 2 + z["L"] ** 2) / 3
    return {name: -math.sqrt(apart[name] + _WINDOW**2) for name in ("zones", *_AGREEMENTS)}


def harmony(terms: Mapping[str, float], centres: Mapping[str, Moments]) -> float:
    """The mean of the four sides among other faces; each is bounded, so that no single one decides."""
    return sum(_bounded((value - centres[name]["mean"]) / centres[name]["sd"]) for name, value in terms.items()) / len(
        terms
    )


def _bounded(z: float) -> float:
    return max(-_FAR, min(_FAR, z))


def overall_score(terms: Mapping[str, float], scales: Scales) -> int:
    centres = scales["harmony"]
    total = (harmony(terms, centres) - centres["total"]["mean"]) / centres["total"]["sd"]
    return round(max(_LEAST, min(_MOST, _MIDDLE + _STEP * total)))


def score_face(
    z: Mapping[str, float],
    sigma: Mapping[str, float],
    shapes: Mapping[str, ShapeClassification],
    asymmetry: Mapping[str, float],
    scales: Scales | None = None,
) -> FaceScores:
    """All numbers of a reading from standard scores, their errors, the shapes and the left-right differences.

    The scales are those of the norms that gave the standard scores; the shipped ones where none are given.
    """
    scales = scales or default_scales()
    trust = {key: part_reliability(shape.part, sigma) for key, shape in shapes.items()}
    seen = smooth_shapes(z)
    energies = {energy: energy_value(energy, total, scales) for energy, total in energy_sums(seen).items()}
    parts = {key: _part_score(shape, energies, asymmetry, scales) for key, shape in shapes.items()}
    return FaceScores(overall_score(harmony_terms(z), scales), energies, parts, trust, seen)


def _part_score(
    shape: ShapeClassification, energies: Mapping[Energy, float], asymmetry: Mapping[str, float], scales: Scales
) -> int:
    region = shape.part.region
    accord = _accord(shape, energies)
    calm = accord if region is None else (_evenness(asymmetry[region], scales["asymmetry"][region]) + accord) / 2
    return round(78 + 8 * calm + 4 * shape.clarity)


def _accord(shape: ShapeClassification, energies: Mapping[Energy, float]) -> float:
    """Whether a part leans the way the whole face leans (-1..1); an even shape agrees with every face half-way."""
    own = [expected_effect(shape, energy) - _EVEN_EFFECT for energy in ENERGIES]
    whole = [energies[energy] - 3.0 for energy in ENERGIES]
    size = math.hypot(*own) * math.hypot(*whole)
    return sum(a * b for a, b in zip(own, whole, strict=True)) / size if size > 1e-9 else 0.0


def _asymmetry_z(value: float, centre: Moments) -> float:
    return _bounded((math.log(max(value, 1e-6)) - centre["mean"]) / centre["sd"])


def _evenness(value: float, centre: Moments) -> float:
    return 1.0 - 2.0 * _NORMAL.cdf(_asymmetry_z(value, centre))
