"""Scores of a face. All shapes are worth the same; each distributes the same effects over the energies differently.

Part score   78 + 8 * agreement + 4 * probability. agreement (-1..1): evenness of left and right, and the cosine of the
             part's effects with the face's energies; probability: of the part's shape.
Energies     Weighted mean of the effects of all shapes, by the part's weight and its visibility in a mesh. The
             probabilities are smoothed over one SD, so that no border between shapes makes an energy jump. Quantiles
             among simulated faces map the mean to the scale, so that 10/20/40/20/10 % reach the steps 1 to 5.
Overall      75 + 8.6 * harmony, between 50 and 98. harmony: agreement within the three zones, the five mountains, the
             organs and the surroundings of the eyes, smoothed in the same way, in SDs among simulated faces.

Two photos of one person gave r = 0.57 for the left-right evenness and 0.56 for the probability of the shapes, against
0.88 and more for the four agreements: so the former two affect the part scores, but not the overall score.
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
_MAX_Z = 2.5  # of one term of the harmony; larger standard scores are clipped
_SMOOTHING = 1.0  # SD, in standard scores
# Of the overall score: over 104 photos they give a median of 81, and 66 and 88 as the 5th and 95th percentile
# (docs/how-a-reading-is-made.md, "Numbers").
_LEAST, _MIDDLE, _STEP, _MOST = 50, 75, 8.6, 98
_AGREEMENTS: Mapping[str, tuple[str, ...]] = {
    "mountains": ("FH", "NL", "CJ", "CL"),  # 五嶽: forehead, nose, the two cheekbones, chin
    "organs": ("BA", "EW", "NL", "NA"),  # 五官 as far as they hold still: brows, eyes, nose
    "surroundings": ("BE", "EW", "EO", "NL"),  # 田宅: the eyes with their surroundings
}
_EVEN_EFFECT = 1.5  # effect of a shape that gives every energy the same
_NEUTRAL_ENERGY = 3.0


class Moments(TypedDict):
    """Mean and SD of a quantity among the faces of the calibration."""

    mean: float
    sd: float


class Scales(TypedDict):
    """The constants that place a face among others; source: of these others."""

    source: str
    energies: dict[Energy, list[float]]
    harmony: dict[str, Moments]
    asymmetry: dict[str, Moments]
    elements: dict[str, Moments]
    element_offsets: dict[str, float]


@cache
def default_scales() -> Scales:
    """Return the scales of the shipped norms."""
    return load_knowledge("measures", "scales", Scales)


@dataclass(frozen=True, slots=True)
class FaceScores:
    """The scores of a face; parts and reliability by part key, smoothed_shapes: the basis of the energies."""

    overall: int
    energy_values: Mapping[Energy, float]
    parts: Mapping[str, int]
    reliability: Mapping[str, float]
    smoothed_shapes: Mapping[str, ShapeClassification]


def score_face(
    z: Mapping[str, float],
    sigma: Mapping[str, float],
    shapes: Mapping[str, ShapeClassification],
    asymmetry: Mapping[str, float],
    scales: Scales | None = None,
) -> FaceScores:
    """Return all scores of a face.

    z: standard scores by measure; sigma: their errors, one SD; shapes: classified from both; asymmetry: by region, in
    distances of the outer eye corners; scales: of the norms that gave the standard scores, else the shipped ones.
    """
    scales = scales or default_scales()
    smoothed = smooth_shapes(z)
    energies = {energy: energy_value(energy, mean, scales) for energy, mean in energy_means(smoothed).items()}
    return FaceScores(
        overall=overall_score(harmony_terms(z), scales),
        energy_values=energies,
        parts={key: _part_score(shape, energies, asymmetry, scales) for key, shape in shapes.items()},
        reliability={key: part_reliability(shape.part, sigma) for key, shape in shapes.items()},
        smoothed_shapes=smoothed,
    )


def smooth_shapes(z: Mapping[str, float]) -> dict[str, ShapeClassification]:
    """Classify the shapes with an error of one SD in every measure, so that what rests on them never jumps."""
    return classify_shapes(z, dict.fromkeys(z, _SMOOTHING))


def part_reliability(part: Part, sigma: Mapping[str, float]) -> float:
    """Return the support of a part by a photo, 0-1: its visibility in a mesh / (1 + mean squared error)."""
    variance = sum(sigma[key] ** 2 for key in part.measures) / len(part.measures)
    return part.reliability / (1.0 + variance)


def energy_means(smoothed: Mapping[str, ShapeClassification]) -> dict[Energy, float]:
    """Return the weighted mean of the effects of all smoothed shapes on each energy (0-3, even is 1.5)."""
    return {energy: _energy_mean(energy, smoothed.values()) for energy in ENERGIES}


def _energy_mean(energy: Energy, shapes: Iterable[ShapeClassification]) -> float:
    total = weights = 0.0
    for shape in shapes:
        weight = shape.part.weights[energy] * shape.part.reliability
        total += weight * _expected_effect(shape, energy)
        weights += weight
    return total / weights


def _expected_effect(shape: ShapeClassification, energy: Energy) -> float:
    classes = zip(shape.probabilities, shape.part.classes, strict=True)
    return sum(p * c.effects[energy] for p, c in classes)


def energy_value(energy: Energy, mean: float, scales: Scales) -> float:
    """Map the mean effect to the scale from 1 to 5, linearly between the quantiles of the calibration."""
    knots = scales["energies"][energy]
    if mean <= knots[0]:
        return _STEPS[0]
    for i in range(len(knots) - 1):
        if mean <= knots[i + 1]:
            share = (mean - knots[i]) / (knots[i + 1] - knots[i])
            return _STEPS[i] + share * (_STEPS[i + 1] - _STEPS[i])
    return _STEPS[-1]


def round_energy(value: float) -> int:
    """Round an energy to a whole step from 1 to 5, halves up."""
    return max(1, min(5, math.floor(value + 0.5)))


def harmony_terms(z: Mapping[str, float]) -> dict[str, float]:
    """Return the four terms of a face's harmony, larger is more harmonious: -sqrt(variance within the group + 1)."""
    variances = {name: pvariance([z[key] for key in keys]) for name, keys in _AGREEMENTS.items()}
    variances["zones"] = (z["U"] ** 2 + z["M"] ** 2 + z["L"] ** 2) / 3
    return {name: -math.sqrt(variances[name] + _SMOOTHING**2) for name in ("zones", *_AGREEMENTS)}


def mean_harmony(terms: Mapping[str, float], moments: Mapping[str, Moments]) -> float:
    """Return the mean of the standardised terms; each is clipped, so that no single one decides."""
    standardised = (_clip((value - moments[name]["mean"]) / moments[name]["sd"]) for name, value in terms.items())
    return sum(standardised) / len(terms)


def _clip(z: float) -> float:
    return max(-_MAX_Z, min(_MAX_Z, z))


def overall_score(terms: Mapping[str, float], scales: Scales) -> int:
    """Return the overall score, 50-98, from the terms of the harmony."""
    moments = scales["harmony"]
    harmony = (mean_harmony(terms, moments) - moments["total"]["mean"]) / moments["total"]["sd"]
    return round(max(_LEAST, min(_MOST, _MIDDLE + _STEP * harmony)))


def _part_score(
    shape: ShapeClassification, energies: Mapping[Energy, float], asymmetry: Mapping[str, float], scales: Scales
) -> int:
    region = shape.part.region
    agreement = _energy_agreement(shape, energies)
    if region is not None:
        agreement = (_evenness(asymmetry[region], scales["asymmetry"][region]) + agreement) / 2
    return round(78 + 8 * agreement + 4 * shape.probability)


def _energy_agreement(shape: ShapeClassification, energies: Mapping[Energy, float]) -> float:
    """Return the cosine of a part's effects with the face's energies, -1..1; 0 if either is even."""
    effects = [_expected_effect(shape, energy) - _EVEN_EFFECT for energy in ENERGIES]
    face = [energies[energy] - _NEUTRAL_ENERGY for energy in ENERGIES]
    length = math.hypot(*effects) * math.hypot(*face)
    return sum(a * b for a, b in zip(effects, face, strict=True)) / length if length > 1e-9 else 0.0


def _evenness(asymmetry: float, moments: Moments) -> float:
    """Return 1 for the most even of all people, -1 for the least even."""
    z = _clip((math.log(max(asymmetry, 1e-6)) - moments["mean"]) / moments["sd"])
    return 1.0 - 2.0 * _NORMAL.cdf(z)
