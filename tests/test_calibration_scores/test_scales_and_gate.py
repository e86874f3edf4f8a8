"""Scales of the sums, scores, and the gate of several photos."""

from dataclasses import replace

import numpy as np
import pytest
from calibration.scores import meanings
from calibration.scores.belief import fit_truth
from calibration.scores.gate import evidence_of_pairs, fit_gate
from calibration.scores.meanings import fit_weights
from calibration.scores.norms import balanced_norms, population_correlations, shipped_norms
from calibration.scores.rules import all_probabilities, rated_parts
from calibration.scores.sample import INDEX, KEYS, Sample
from calibration.scores.scales import (
    Scales,
    fit_scales,
    palace_levels,
    part_scores,
)

from gwansang.reading.gate import REFUSE_ABOVE, WARN_ABOVE
from tests.test_calibration_scores.simulated import simulate_sample


@pytest.fixture(scope="module")
def sample() -> Sample:
    return simulate_sample(120)


@pytest.fixture(scope="module")
def scales(sample: Sample) -> Scales:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meanings, "_SIMULATED", 1000)
        return fit_scales(fit_weights(sample, rated_parts()), population_correlations(sample), 4000, 1)


def test_norms_weigh_both_sexes_alike_however_many_there_are() -> None:
    values = np.concatenate([np.random.default_rng(1).normal(size=(900, 1)), np.full((99, 1), 4.0)])
    values[900:] += np.random.default_rng(2).normal(size=(99, 1))
    median, sd = balanced_norms(values, np.arange(999) < 900)
    assert median[0] == pytest.approx(2, abs=0.2)
    assert sd[0] == pytest.approx(np.sqrt(1 + 2**2), rel=0.1)


def test_norms_lie_between_the_portraits_and_east_asian_adults(sample: Sample) -> None:
    others = sample.take(np.flatnonzero(sample.group != "east_asian"))
    medians, _ = balanced_norms(others.measured, others.women)
    rows = shipped_norms(others)
    assert rows["BE"]["median"] > medians[INDEX["BE"]], "published: brows further from the eyes"
    assert rows["CL"]["median"] < medians[INDEX["CL"]], "published: a shorter chin"
    assert all(row["p05"] < row["p25"] < row["median"] < row["p75"] < row["p95"] for row in rows.values())


def test_norms_follow_portraits_of_a_group_where_the_published_figures_miss_a_difference(sample: Sample) -> None:
    own = sample.group == "east_asian"
    medians, sds = balanced_norms(sample.measured[~own], sample.women[~own])
    moved = sample.measured.copy()
    moved[own, INDEX["ES"]] = medians[INDEX["ES"]] + 3 * sds[INDEX["ES"]]
    rows = shipped_norms(replace(sample, measured=moved))
    shift = (rows["ES"]["median"] - medians[INDEX["ES"]]) / sds[INDEX["ES"]]
    assert 0.5 < shift < 1.5  # at most half of it: half the norms are of other people


def test_sums_are_standard_scores_and_each_lead_is_as_frequent(sample: Sample, scales: Scales) -> None:
    correlations = population_correlations(sample)
    z = np.random.default_rng(9).multivariate_normal(np.zeros(len(KEYS)), correlations, 20000, method="eigh")
    scores = scales.scores.standardize(z)
    assert scores.std(axis=0) == pytest.approx(np.ones(5), abs=0.02)
    between = np.corrcoef(scores[:, :4].T)[np.triu_indices(4, 1)]
    assert np.abs(between).max() < 0.25, "four energies, not one"
    for scale in (scales.elements, scales.archetypes):
        leads = np.bincount(scale.standardize(z).argmax(axis=1), minlength=5) / len(z)
        assert leads == pytest.approx(np.full(5, 0.2), abs=0.03)
    levels = palace_levels(scales.palaces.standardize(z))
    assert min(np.bincount(column, minlength=3).min() for column in levels.T) / len(z) > 0.25


def test_scores_hardly_differ_between_the_sexes(sample: Sample, scales: Scales) -> None:
    medians, sds = balanced_norms(sample.measured, sample.women)
    scores = scales.scores.standardize((sample.measured - medians) / sds)
    differences = scores[sample.women].mean(axis=0) - scores[~sample.women].mean(axis=0)
    assert np.abs(differences).max() < 0.3


def test_a_part_scores_by_what_the_face_is_strong_in() -> None:
    parts = rated_parts()
    z = np.random.default_rng(2).normal(size=(1, len(KEYS)))
    probabilities = all_probabilities(parts, z, np.full_like(z, 0.3))
    strong, weak = np.array([[5.0, 3, 3, 3]]), np.array([[1.0, 3, 3, 3]])
    one, other = (part_scores(parts, probabilities, energies) for energies in (strong, weak))
    assert (one != other).any()
    assert ((one >= 60) & (one <= 98)).all()
    even = part_scores(parts, probabilities, np.full((1, 4), 3.0))
    assert even == pytest.approx(80 + 6 * (probabilities.max(axis=2) - 0.5), abs=0.51)


def test_the_gate_rarely_stops_an_honest_second_photo_and_mostly_strangers(sample: Sample) -> None:
    truth = fit_truth(sample)
    gate = fit_gate(sample, balanced_norms(sample.measured, sample.women)[1], truth)
    fresh = simulate_sample(300, seed=77)
    evidence = evidence_of_pairs(gate, fresh.measured, fresh.smiling, fresh.measured_error, fresh.smiling_error)
    assert (evidence > REFUSE_ABOVE).mean() <= 0.01
    assert (evidence > WARN_ABOVE).mean() <= 0.03
    shifted = np.roll(np.arange(300), 2)
    strangers = evidence_of_pairs(
        gate, fresh.measured, fresh.smiling[shifted], fresh.measured_error, fresh.smiling_error[shifted]
    )
    assert (strangers > WARN_ABOVE).mean() > 0.5
    worse = evidence_of_pairs(
        gate, fresh.measured, fresh.smiling[shifted], 3 * fresh.measured_error, 3 * fresh.smiling_error[shifted]
    )
    assert worse.mean() < strangers.mean(), "uncertain photos are less evidence"
