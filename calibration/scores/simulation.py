"""Simulated people with two photos each, as many women as men, for the tuning of rules."""

from dataclasses import dataclass

import numpy as np

from calibration.scores.belief import SHARPNESS
from calibration.scores.fair_weights import Vector, center_sexes, sex_difference
from calibration.scores.rules import mute_unmarked
from calibration.scores.sample import INDEX, KEYS, UNMARKED, UNMARKED_COLUMNS, Mask, Sample, Table, zones
from gwansang.reading.agreement import correlations

_SHRINK = 0.2  # of correlations between measures
_LEAST_DIFFERENCE = 0.3  # of a difference of the sexes that is kept at least
_LEAST_VARIANCE = 0.2  # within a sex
_SHARED_NOISE = 0.3  # how far errors of measures go together as the measures do
_SMILE = 0.97  # of the truth of an unmarked measure
_MOST_SHARED = 0.98


@dataclass(frozen=True, slots=True)
class Crowd:
    """Simulated people, (n, 31) each: true standard scores, beliefs about them of two photos; women: (n,)."""

    true: Table
    neutral: tuple[Table, Table]
    smiling: tuple[Table, Table]
    women: Mask


def simulate_crowd(sample: Sample, count: int, seed: int = 1) -> Crowd:
    """Return people with the moments of a sample, as many women as men; mean and SD of each belief."""
    random = np.random.default_rng(seed)
    women = np.where(np.arange(count) % 2 == 0, 1.0, -1.0)
    difference, within = _sexes(sample)
    variances = np.maximum(1 - difference**2 / 4, _LEAST_VARIANCE)
    zero, even = np.zeros(len(KEYS)), np.eye(len(KEYS))
    true = random.multivariate_normal(zero, within, count, method="eigh") * np.sqrt(variances)
    true = true + women[:, None] * difference / 2
    shared = (1 - _SHARED_NOISE) * even + _SHARED_NOISE * within
    first = random.multivariate_normal(zero, shared, count, method="eigh")
    neutral, smiling, repeated = _truths(sample)
    both = (repeated - neutral * smiling) / np.sqrt((1 - neutral**2) * (1 - smiling**2))
    both = np.clip(both, 0.0, _MOST_SHARED)
    second = np.random.default_rng(seed + 4).normal(size=first.shape) * np.sqrt(1 - both**2) + both * first
    return Crowd(true, _beliefs(true, neutral, first), _beliefs(true, smiling, second), women > 0)


def _beliefs(true: Table, r: Vector, noise: Table) -> tuple[Table, Table]:
    measured = r * true + np.sqrt(1 - r**2) * noise
    return r * measured, np.broadcast_to(SHARPNESS * np.sqrt(1 - r**2), measured.shape)


def _truths(sample: Sample) -> tuple[Vector, Vector, Vector]:
    """Return r with hand marks of neutral and of smiling photos, and r between the two, (31,) each."""
    twice = sample.twice
    hand = mute_unmarked(sample.hand)
    hand[:, INDEX["M"]] = sample.hand[:, INDEX["M"]]
    repeated = np.maximum(correlations(sample.measured[twice], sample.smiling[twice]), 0.0)
    unmarked = np.array([key in UNMARKED for key in KEYS])
    neutral = np.where(unmarked, np.sqrt(repeated), correlations(sample.measured, hand))
    smiling = np.where(unmarked, _SMILE * np.sqrt(repeated), correlations(sample.smiling[twice], hand[twice]))
    return neutral, smiling, repeated


def _sexes(sample: Sample) -> tuple[Vector, Table]:
    """Return the difference women - men of hand marks in SDs, a weak one shrunk, and correlations within the sexes."""
    z, women = _known_scores(sample), sample.women
    difference = sex_difference(z, women)
    pooled = (z[women].var(axis=0) + z[~women].var(axis=0)) / 2
    noise = 2 * (1 / women.sum() + 1 / (~women).sum())
    difference = difference * np.clip(1 - noise * pooled / np.maximum(difference**2, 1e-9), _LEAST_DIFFERENCE, 1.0)
    within = np.corrcoef(center_sexes(z, women).T)
    return difference, (1 - _SHRINK) * within + _SHRINK * np.eye(len(KEYS))


def _known_scores(sample: Sample) -> Table:
    """Return standard scores of hand marks, those of unmarked measures as measured."""
    values = sample.hand.copy()
    values[:, UNMARKED_COLUMNS] = sample.measured[:, UNMARKED_COLUMNS]
    ratio = sample.hand[:, INDEX["L"]] - sample.hand[:, INDEX["M"]]
    for key, column in zip("UML", zones(ratio, values[:, INDEX["U"]]), strict=True):
        values[:, INDEX[key]] = column
    scores: Table = (values - np.median(values, axis=0)) / values.std(axis=0)
    return scores
