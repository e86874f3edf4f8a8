"""Agreement of measured people with their marks."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from gwansang.reading.hand_marks import MARKED_KEYS, comparable_values
from gwansang.reading.measurements import MEASURES_BY_KEY, MeasuredValue, Measures
from gwansang.reading.norms import default_norms
from gwansang.reading.truth import Truth, measure_truth
from gwansang.reading.truth_sample import MarkedPerson, sample_people

KEYS = tuple(MEASURES_BY_KEY)


def measures(values: Sequence[float], error: float = 0.01) -> Measures:
    return Measures({key: MeasuredValue(v, error) for key, v in zip(KEYS, values, strict=True)})


def marked(values: Sequence[float]) -> dict[str, float]:
    return dict(zip(MARKED_KEYS, comparable_values(dict(zip(KEYS, values, strict=True))), strict=True))


def crowd(noise: float, people: int = 30) -> list[MarkedPerson]:
    """Return people whose marks are exact; their measures differ from them by noise of some SDs."""
    random = np.random.default_rng(1)
    truth = random.normal(size=(people, len(KEYS)))
    photos = [truth + noise * random.normal(size=truth.shape) for _ in range(2)]
    return [
        MarkedPerson(
            hand=marked(row),
            photo=measures(photo),
            drawn=marked(2 * photo),
            other=measures(other),
            sex="female" if number % 2 else "male",
        )
        for number, (row, photo, other) in enumerate(zip(truth.tolist(), *photos, strict=True))
    ]


@pytest.fixture(scope="module")
def exact() -> Truth:
    return measure_truth(crowd(0.0), default_norms())


def test_measures_that_equal_the_marks_are_true_in_every_figure(exact: Truth) -> None:
    for figure in ("same_median", "same_within", "across_median", "across_worst", "icc_median", "rank_1"):
        assert exact.summary[figure] == pytest.approx(1), figure
        assert exact.intervals[figure] == pytest.approx((1, 1)), figure
    assert exact.parts["eyelid"].across > 0.6, "a belief about a measure is nearer to the middle than the measure"
    assert exact.parts["glabella"].same > 0.6
    assert exact.parts["jaw"].decisive == ("JW", "CW", "JA", "CL")
    assert exact.parts["samjeong"].decisive == ("L-M",)
    assert exact.measures["MW"].drawn == pytest.approx(1), "a drawing twice as long goes with the value"
    assert exact.measures["MW"].drawn_difference > 10, "and is many errors away from it"
    assert exact.summary["decided_right"] > 0.85, "unmarked measures decide a few classes"
    assert exact.summary["directions"] > 15
    assert len(exact.parts) == 13


def test_noise_lowers_every_figure(exact: Truth) -> None:
    noisy = measure_truth(crowd(1.5), default_norms())
    assert noisy.summary["rank_1"] < 1
    for figure in ("same_median", "across_within", "icc_median", "class_truth", "brier_skill"):
        assert noisy.summary[figure] < exact.summary[figure] - 0.2, figure
        low, high = noisy.intervals[figure]
        assert low < noisy.summary[figure] < high, figure


def test_the_class_of_marks_is_judged_by_the_peoples_own_mean_and_sd() -> None:
    people = crowd(0.0)
    shifted = [
        replace(person, photo=measures([one.value + 5 for one in person.photo.values.values()])) for person in people
    ]
    own, given = sample_people(shifted), sample_people(shifted, default_norms())
    assert (own.outcomes == given.outcomes).all()
    glabella = 3  # its classes are ordered by the gap alone
    assert len(set(own.probabilities[:, 0, glabella].argmax(axis=1).tolist())) == 4
    assert len(set(given.probabilities[:, 0, glabella].argmax(axis=1).tolist())) < 4


def test_figures_that_need_another_photo_or_the_sex_are_unknown_without_them() -> None:
    people = [replace(person, other=None, sex="") for person in crowd(0.5)]
    truth = measure_truth(people, default_norms())
    assert (truth.people, truth.pairs) == (30, 0)
    for figure in ("across_median", "across_worst", "directions", "icc_median", "class_truth", "rank_1", "same_within"):
        assert math.isnan(truth.summary[figure]), figure
    for figure in ("same_median", "ece", "brier_skill", "parts_decided"):
        assert math.isfinite(truth.summary[figure]), figure


def test_two_people_are_too_few() -> None:
    with pytest.raises(ValueError, match="it takes 3 people with hand-marked photos, and there are 2"):
        measure_truth(crowd(0.0, people=2), default_norms())
