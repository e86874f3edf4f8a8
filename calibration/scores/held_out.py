"""Readings of people by norms, truth, weights and gate that were fitted on other people."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calibration.scores.belief import fit_truth
from calibration.scores.fair_weights import Vector
from calibration.scores.gate import fit_gate
from calibration.scores.meanings import fit_weights
from calibration.scores.norms import balanced_norms, population_correlations, shipped_norms
from calibration.scores.rules import Labels, all_probabilities, classify_hand, mute_unmarked
from calibration.scores.sample import UNMARKED_COLUMNS, Rows, Sample, Table
from calibration.scores.scales import (
    Scales,
    energy_steps,
    energy_values,
    fit_scales,
    overall_scores,
    palace_levels,
    part_scores,
)
from gwansang.reading.archetypes import SHAPE_LIFT, archetype_definitions
from gwansang.reading.belief import Validity, regress
from gwansang.reading.gate import Gate
from gwansang.reading.model import ENERGIES
from gwansang.reading.photo_errors import UNKNOWN_ORIGIN
from gwansang.reading.taxonomy import Part

FOLDS = 5
_FACES = 4000


@dataclass(frozen=True, slots=True)
class Photos:
    """Readings of one kind of photo of n people; NaN or -1 for people without it.

    probabilities: (n, parts, most classes); labels: (n, parts); scores: (n, 5) standard scores of the energies and the
    overall score; steps: (n, 4).
    """

    probabilities: Table
    labels: Labels
    scores: Table
    steps: Labels


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of n people, each by fits on others.

    unknown_origin: probabilities of the neutral photo if its origin were unknown; hand_labels,
    hand_scores: by the same norms of hand marks; overall, parts, palaces, element, archetype, reasons: of
    the neutral photo; reasons: shapes of the reading that speak for the leading archetype; gates: by fold.
    """

    sample: Sample
    parts: tuple[Part, ...]
    fold: Labels
    neutral: Photos
    smiling: Photos
    unknown_origin: Table
    hand_labels: Labels
    hand_scores: Table
    overall: Table
    part_scores: Table
    palaces: Labels
    element: Labels
    archetype: Labels
    reasons: Labels
    gates: list[Gate] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Fit:
    medians: Vector
    sds: Vector
    hand_means: Vector
    hand_sds: Vector
    truth: Validity
    scales: Scales


def read_held_out(sample: Sample, rules_by_fold: Sequence[tuple[Part, ...]]) -> Readings:
    """Return readings of everybody from FOLDS fits on other people; rules_by_fold: the parts with their rules."""
    fold = np.arange(len(sample)) % FOLDS
    readings = _empty(sample, rules_by_fold[0], fold)
    for index in range(FOLDS):
        others, own = np.flatnonzero(fold != index), np.flatnonzero(fold == index)
        train, parts = sample.take(others), rules_by_fold[index]
        fit = _fit(train, parts)
        _read(readings, own, fit, parts)
        sds = np.array([row["sd"] for row in shipped_norms(train).values()])
        readings.gates.append(fit_gate(train, sds, fit.truth))
    return readings


def _fit(train: Sample, parts: tuple[Part, ...]) -> _Fit:
    medians, sds = balanced_norms(train.measured, train.women)
    hand_sds = train.hand.std(axis=0)
    hand_sds[UNMARKED_COLUMNS] = 1.0
    weights = fit_weights(train, parts)
    scales = fit_scales(weights, population_correlations(train), _FACES, 1)
    return _Fit(medians, sds, train.hand.mean(axis=0), hand_sds, fit_truth(train), scales)


def _empty(sample: Sample, parts: tuple[Part, ...], fold: Labels) -> Readings:
    n, most = len(sample), max(len(part.classes) for part in parts)

    def photos() -> Photos:
        return Photos(
            np.full((n, len(parts), most), np.nan), _labels(n, len(parts)), _numbers(n, 5), _labels(n, len(ENERGIES))
        )

    return Readings(
        sample=sample,
        parts=parts,
        fold=fold,
        neutral=photos(),
        smiling=photos(),
        unknown_origin=np.full((n, len(parts), most), np.nan),
        hand_labels=_labels(n, len(parts)),
        hand_scores=_numbers(n, 5),
        overall=np.full(n, np.nan),
        part_scores=_numbers(n, len(parts)),
        palaces=_labels(n, 10),
        element=np.full(n, -1, dtype=np.intp),
        archetype=np.full(n, -1, dtype=np.intp),
        reasons=np.full(n, -1, dtype=np.intp),
    )


def _labels(n: int, columns: int) -> Labels:
    return np.full((n, columns), -1, dtype=np.intp)


def _numbers(n: int, columns: int) -> Table:
    return np.full((n, columns), np.nan)


def _read(readings: Readings, own: Rows, fit: _Fit, parts: tuple[Part, ...]) -> None:
    sample = readings.sample
    hand = mute_unmarked((sample.hand[own] - fit.hand_means) / fit.hand_sds)
    readings.hand_labels[own] = classify_hand(parts, hand)
    readings.hand_scores[own] = fit.scales.scores.standardize(hand)
    z, sigma = (sample.measured[own] - fit.medians) / fit.sds, sample.measured_error[own] / fit.sds
    _read_photos(readings.neutral, own, z, sigma, fit, parts)
    readings.unknown_origin[own] = all_probabilities(parts, *regress(z, np.hypot(sigma, UNKNOWN_ORIGIN), fit.truth))
    twice = own[sample.twice[own]]
    smiling = (sample.smiling[twice] - fit.medians) / fit.sds
    _read_photos(readings.smiling, twice, smiling, sample.smiling_error[twice] / fit.sds, fit, parts)
    scores, probabilities = readings.neutral.scores[own], readings.neutral.probabilities[own]
    readings.overall[own] = overall_scores(scores[:, -1])
    readings.part_scores[own] = part_scores(parts, probabilities, energy_values(scores[:, :-1]))
    readings.palaces[own] = palace_levels(fit.scales.palaces.standardize(z))
    readings.element[own] = fit.scales.elements.standardize(z).argmax(axis=1)
    support, count = _supporting_labels(parts, readings.neutral.labels[own])
    lifted = fit.scales.archetypes.standardize(z) + SHAPE_LIFT * (support - support.mean(axis=1, keepdims=True))
    readings.archetype[own] = lifted.argmax(axis=1)
    readings.reasons[own] = count[np.arange(len(own)), readings.archetype[own]]


def _read_photos(photos: Photos, own: Rows, z: Table, sigma: Table, fit: _Fit, parts: tuple[Part, ...]) -> None:
    photos.probabilities[own] = all_probabilities(parts, *regress(z, sigma, fit.truth))
    photos.labels[own] = photos.probabilities[own].argmax(axis=2)
    photos.scores[own] = fit.scales.scores.standardize(z)
    photos.steps[own] = energy_steps(photos.scores[own][:, : len(ENERGIES)])


def _supporting_labels(parts: tuple[Part, ...], labels: Labels) -> tuple[Table, Labels]:
    """Return the weight and the number of a reading's shapes that support each archetype, (n, 5) each."""
    definitions = archetype_definitions()
    weights = np.array(
        [
            [
                [definition.shapes.get(part.key, {}).get(part.classes[label].id, 0.0) for definition in definitions]
                for part, label in zip(parts, row, strict=True)
            ]
            for row in labels
        ]
    )
    return weights.sum(axis=1), (weights > 0).sum(axis=1)
