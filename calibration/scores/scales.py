"""Scales that place a sum among people, and what the sums become: steps, scores, leads."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from calibration.scores.fair_weights import Vector
from calibration.scores.meanings import Weights
from calibration.scores.rules import Labels
from calibration.scores.sample import KEYS, SCORED_COLUMNS, Table
from gwansang.reading.archetypes import ARCHETYPE_SHARPNESS
from gwansang.reading.elements import ELEMENT_SHARPNESS
from gwansang.reading.model import ENERGIES
from gwansang.reading.palaces import PALACES
from gwansang.reading.taxonomy import Part

_KNOTS = (-2.8782, -1.2816, -0.5244, 0.5244, 1.2816, 2.8782)  # normal quantiles of 0.2, 10, 30, 70, 90 and 99.8 %
_STEPS = (1.0, 1.5, 2.5, 3.5, 4.5, 5.0)
_LEAST, _MIDDLE, _STEP, _MOST = 60, 79, 7.5, 98
_PART_MIDDLE, _AGREEMENT, _CERTAINTY = 80, 22, 6
_EVEN_EFFECT, _NEUTRAL_ENERGY = 1.5, 3.0
_SOFT = 0.25  # product of effects and energies below which their agreement is faint
_PALACE_LEVEL = 0.5  # SDs from which a palace is high or low
_ITERATIONS, _LEARNING_RATE = 300, 0.5


@dataclass(frozen=True, slots=True)
class Scale:
    """Named weighted sums over KEYS, (s, 31); sds: among people; offsets: by which each leads for an equal share."""

    names: tuple[str, ...]
    rows: Table
    sds: Vector
    offsets: Vector

    def standardize(self, z: Table) -> Table:
        """Return the sums of standard scores (n, 31) in SDs from their mean, plus the offsets, (n, s)."""
        scores: Table = z @ self.rows.T / self.sds + self.offsets
        return scores


@dataclass(frozen=True, slots=True)
class Scales:
    """The scales of all sums."""

    scores: Scale
    palaces: Scale
    elements: Scale
    archetypes: Scale


def fit_scales(weights: Weights, correlations: Table, count: int, seed: int) -> Scales:
    """Return the scales in a population of these correlations; offsets by `count` simulated faces."""
    draws = np.random.default_rng(seed).multivariate_normal(np.zeros(len(KEYS)), correlations, count, method="eigh")
    palaces = {
        palace.id: np.array([palace.weights.get(key, 0.0) for key in KEYS]) for palace in PALACES if palace.weights
    }
    return Scales(
        _scale({name: _spread(row) for name, row in weights.scores.items()}, correlations),
        _scale(palaces, correlations),
        _lead_equally(weights.elements, correlations, draws, ELEMENT_SHARPNESS),
        _lead_equally(weights.archetypes, correlations, draws, ARCHETYPE_SHARPNESS),
    )


def _spread(row: Vector) -> Vector:
    """Return weights over SCORED as weights over KEYS."""
    spread = np.zeros(len(KEYS))
    spread[SCORED_COLUMNS] = row
    return spread


def _scale(rows: Mapping[str, Vector], correlations: Table) -> Scale:
    table = np.array(list(rows.values()))
    sds = np.sqrt(np.einsum("si,ij,sj->s", table, correlations, table))
    return Scale(tuple(rows), table, sds, np.zeros(len(table)))


def _lead_equally(weights: Mapping[str, Vector], correlations: Table, draws: Table, sharpness: float) -> Scale:
    scale = _scale({name: _spread(row) for name, row in weights.items()}, correlations)
    sums = draws @ scale.rows.T
    sums = sums / sums.std(axis=0)
    offsets = np.zeros(len(scale.names))
    for _ in range(_ITERATIONS):
        shares = np.bincount((sums + offsets).argmax(axis=1), minlength=len(offsets)) / len(draws)
        offsets -= _LEARNING_RATE / sharpness * (shares - 1.0 / len(offsets))
    return Scale(scale.names, scale.rows, scale.sds, offsets)


def energy_values(scores: Table) -> Table:
    """Map standard scores to 1-5, linearly between normal quantiles: 10/20/40/20/10 % reach the steps 1 to 5."""
    values: Table = np.interp(scores, _KNOTS, _STEPS)
    return values


def energy_steps(scores: Table) -> Labels:
    """Return the whole steps 1-5 of standard scores, halves up."""
    return np.floor(energy_values(scores) + 0.5).astype(np.intp)


def overall_scores(scores: Table) -> Table:
    """Return overall scores, 60-98: 79 + 7.5 SDs."""
    rounded: Table = np.asarray(np.round(np.clip(_MIDDLE + _STEP * scores, _LEAST, _MOST)), dtype=np.float64)
    return rounded


def part_scores(parts: tuple[Part, ...], probabilities: Table, energies: Table) -> Table:
    """Return the scores of all parts, (n, parts), 60-98: how far each carries what the face is strong in.

    80 + 22 * agreement + 6 * (probability - 0.5). agreement: softened cosine of the part's expected effects with the
    energies of the face, so that it is near 0 if either is even.
    """
    face = energies - _NEUTRAL_ENERGY
    columns: list[Table] = []
    for index, part in enumerate(parts):
        effects = np.array([[shape.effects[energy] for energy in ENERGIES] for shape in part.classes]) - _EVEN_EFFECT
        expected = probabilities[:, index, : len(part.classes)] @ effects
        lengths = np.linalg.norm(expected, axis=1) * np.linalg.norm(face, axis=1)
        columns.append((expected * face).sum(axis=1) / (lengths + _SOFT))
    scores = _PART_MIDDLE + _AGREEMENT * np.stack(columns, axis=1) + _CERTAINTY * (probabilities.max(axis=2) - 0.5)
    rounded: Table = np.round(np.clip(scores, _LEAST, _MOST))
    return rounded


def palace_levels(scores: Table) -> Labels:
    """Return the text of each palace: 0 low, 1 even, 2 high."""
    return np.where(scores > _PALACE_LEVEL, 2, np.where(scores < -_PALACE_LEVEL, 0, 1))
