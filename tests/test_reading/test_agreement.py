"""Statistics of agreement, against cases that are computed by hand."""

import numpy as np
import pytest

from gwansang.reading import agreement as a


def column(*numbers: float) -> a.Table:
    return np.array(numbers, dtype=np.float64)[:, None]


def test_r_is_pearsons_over_the_rows_that_are_complete() -> None:
    first = column(1, 2, 3, 4, np.nan)
    assert a.correlations(first, column(2, 1, 4, 3, 100)) == pytest.approx([0.6])
    assert np.isnan(a.correlations(first, column(7, 7, 7, 7, 7))).all()
    assert np.isnan(a.correlations(column(1, 2), column(3, 5))).all(), "two points always lie on a line"


def test_centering_leaves_what_differs_within_groups() -> None:
    table = column(1, 3, 10, 14, 5, 6, np.nan)
    groups = np.array(["f", "f", "m", "m", "alone", "", "f"])
    expected = [-1, 1, -2, 2, np.nan, np.nan, np.nan]
    assert a.center_within(table, groups)[:, 0] == pytest.approx(expected, nan_ok=True)


def test_icc_is_the_share_of_variance_between_people() -> None:
    # means 1, 3, 5: between 2 * 4 = 8; within (3 * 2^2) / 3 / 2 = 2
    assert a.pair_icc(column(0, 2, 4), column(2, 4, 6)) == pytest.approx([(8 - 2) / (8 + 2)])


def test_directions_are_counted_by_the_variance_that_both_photos_share() -> None:
    x, y = np.array([1.0, -1, 1, -1] * 2), np.array([1.0, 1, -1, -1] * 2)
    z = np.array([1.0, 1, 1, 1, -1, -1, -1, -1])
    assert a.shared_directions(np.column_stack([x, x, x]), np.column_stack([x, x, x])) == pytest.approx(1)
    assert a.shared_directions(np.column_stack([x, y, z]), np.column_stack([x, y, z])) == pytest.approx(3)
    # eigenvalues 2 and 1
    assert a.shared_directions(np.column_stack([x, x, y]), np.column_stack([x, x, y])) == pytest.approx(9 / 5)
    assert a.shared_directions(np.column_stack([x, y]), np.column_stack([x, z])) == pytest.approx(1), "noise counted"


def test_kappa_is_agreement_above_chance() -> None:
    # agreement 3/4; chance 1/2 * 1/4 + 1/2 * 3/4 = 1/2
    assert a.kappa(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])) == pytest.approx(0.5)
    assert np.isnan(a.kappa(np.array([2, 2]), np.array([2, 2])))
    tables = np.array([[0, 2], [0, 2], [1, 2], [1, 2]]), np.array([[0, 2], [1, 2], [1, 2], [1, 2]])
    assert a.mean_kappa(*tables) == pytest.approx(0.5), "a part with one class says nothing"


def test_rank_one_is_asked_within_the_group_only() -> None:
    references = column(0, 10, 0.1, 5, 6)
    groups = np.array(["f", "f", "m", "m", ""])
    hits = a.nearest_is_own(column(0.1, 1, 0, np.nan, 6), references, groups)
    assert hits == pytest.approx([1, 0, 1, np.nan, np.nan], nan_ok=True)


def test_calibration_error_is_weighted_over_ten_bins_of_equal_count() -> None:
    probabilities = np.repeat([0.5, 0.9], 50)
    right = np.concatenate([np.tile([True, False], 25), np.tile([True, True, True, True, False], 10)])
    bins = a.reliability_bins(probabilities, right)
    assert [one.count for one in bins] == [10] * 10
    assert bins[0] == a.Bin(0.5, 0.5, 10)
    assert (bins[-1].probability, bins[-1].right) == pytest.approx((0.9, 0.8))
    assert a.calibration_error(bins) == pytest.approx(0.05)
    assert a.calibration_error([a.Bin(0.5, 0.4, 10), a.Bin(0.9, 1.0, 30)]) == pytest.approx(0.1), "both sides count"
    assert np.isnan(a.calibration_error(a.reliability_bins(probabilities[:0], right[:0])))


def test_brier_skill_is_one_for_the_truth_and_nothing_for_base_rates() -> None:
    outcomes = np.array([[0], [0], [0], [1]])
    truth = np.eye(2)[outcomes]
    assert a.brier_skill(truth, outcomes) == pytest.approx(1)
    assert a.brier_skill(np.tile([0.75, 0.25], (4, 1, 1)), outcomes) == pytest.approx(0)
    # errors 3 * 2/4 + 2/4 = 2 against 3 * 2/16 + 2 * 9/16 = 1.5
    assert a.brier_skill(np.full((4, 1, 2), 0.5), outcomes) == pytest.approx(1 - 2 / 1.5)


def test_an_interval_holds_nine_tenths_of_the_draws_and_repeats() -> None:
    values = np.arange(100.0)
    low, high = a.bootstrap_interval(lambda rows: float(values[rows].mean()), 100)
    half = 1.645 * values.std() / 10
    assert (low, high) == pytest.approx((49.5 - half, 49.5 + half), abs=1)
    assert a.bootstrap_interval(lambda rows: float(values[rows].mean()), 100) == (low, high)
    assert np.isnan(a.bootstrap_interval(lambda _: float("nan"), 100)).all()
