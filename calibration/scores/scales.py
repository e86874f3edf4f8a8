"""Scales that place a sum among people, as tables for many people at once: see `gwansang.reading.calibration`."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from calibration.scores.fair_weights import Vector
from calibration.scores.meanings import Weights
from calibration.scores.rules import Labels
from calibration.scores.sample import Table
from gwansang.reading import scores
from gwansang.reading.calibration import fit_scales as fit_scales_by_name
from gwansang.reading.calibration import weight_rows
from gwansang.reading.model import ENERGIES, Energy
from gwansang.reading.palaces import PALACE_WEIGHTS
from gwansang.reading.taxonomy import Part
from gwansang.reading.zones import ZoneLevel, zone_level

_LEVELS: tuple[ZoneLevel, ...] = ("low", "middle", "high")


@dataclass(frozen=True, slots=True)
class Scale:
    """Named weighted sums over KEYS, (s, 31); sds: among people; offsets: by which each leads for an equal share."""

    names: tuple[str, ...]
    rows: Table
    sds: Vector
    offsets: Vector

    def standardize(self, z: Table) -> Table:
        """Return the sums of standard scores (n, 31) in SDs from their mean, plus the offsets, (n, s)."""
        places: Table = z @ self.rows.T / self.sds + self.offsets
        return places


@dataclass(frozen=True, slots=True)
class Scales:
    """The scales of all sums."""

    scores: Scale
    palaces: Scale
    elements: Scale
    archetypes: Scale


def fit_scales(weights: Weights, correlations: Table, count: int, seed: int) -> Scales:
    """Return the scales in a population of these correlations; offsets by `count` simulated faces."""
    sums = weights.by_key()
    scales = fit_scales_by_name(sums, correlations, count, seed, "")
    return Scales(
        _scale(sums.scores, scales["scores"], {}),
        _scale(PALACE_WEIGHTS, scales["palaces"], {}),
        _scale(sums.elements, scales["elements"], scales["element_offsets"]),
        _scale(sums.archetypes, scales["archetypes"], scales["archetype_offsets"]),
    )


def _scale(weights: scores.Weights, moments: Mapping[str, scores.Moments], offsets: Mapping[str, float]) -> Scale:
    names = tuple(weights)
    sds = np.array([moments[name]["sd"] for name in names])
    return Scale(names, weight_rows(weights), sds, np.array([offsets.get(name, 0.0) for name in names]))


def energy_values(places: Table) -> Table:
    """Map places among people to 1-5."""
    values: Table = np.vectorize(scores.energy_value, otypes=[np.float64])(places)
    return values


def energy_steps(places: Table) -> Labels:
    """Return the whole steps 1-5 of places among people."""
    steps: Labels = np.vectorize(scores.round_energy, otypes=[np.intp])(energy_values(places))
    return steps


def overall_scores(places: Table) -> Table:
    """Return the overall scores of places among people."""
    values: Table = np.vectorize(scores.overall_score, otypes=[np.float64])(places)
    return values


def part_scores(parts: tuple[Part, ...], probabilities: Table, energies: Table) -> Table:
    """Return the scores of all parts, (n, parts), from (n, parts, classes) and the energies (n, 4)."""
    rows = []
    for own, values in zip(probabilities, energies.tolist(), strict=True):
        face: dict[Energy, float] = dict(zip(ENERGIES, values, strict=True))
        rows.append(
            [
                scores.part_score(part, row[: len(part.classes)].tolist(), face)
                for part, row in zip(parts, own, strict=True)
            ]
        )
    return np.array(rows, dtype=np.float64)


def palace_levels(places: Table) -> Labels:
    """Return the text of each palace: 0 low, 1 even, 2 high."""
    return np.array([[_LEVELS.index(zone_level(place)) for place in row] for row in places.tolist()], dtype=np.intp)
