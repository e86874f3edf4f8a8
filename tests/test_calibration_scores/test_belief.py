"""The belief about true measures, and the errors of photos."""

import numpy as np
import pytest
from calibration.scores.belief import SHARPNESS, Truth, believe, fit_truth
from calibration.scores.photo_errors import SHARED_VARIANCE, add_unknown_origin, error_of_mean
from calibration.scores.sample import INDEX, KEYS

from tests.test_calibration_scores.simulated import TRUTH, simulate_sample

EVERY = np.ones((1, len(KEYS)))


def truth(r: float, sigma: float = 0.3) -> Truth:
    return Truth(np.full(len(KEYS), r), np.full(len(KEYS), sigma))


def test_a_measured_extreme_is_believed_to_be_less_extreme() -> None:
    mean, sd = believe(2 * EVERY, 0.3 * EVERY, truth(0.7))
    assert mean == pytest.approx(2 * 0.7 * EVERY)
    assert sd == pytest.approx(SHARPNESS * np.sqrt(1 - 0.7**2) * EVERY)


def test_a_worse_photo_moves_the_belief_to_the_middle_and_widens_it() -> None:
    mean, sd = believe(2 * EVERY, 0.3 * EVERY, truth(0.7))
    worse_mean, worse_sd = believe(2 * EVERY, 1.0 * EVERY, truth(0.7))
    assert (worse_mean < mean).all()
    assert (worse_sd > sd).all()
    better_mean, _ = believe(2 * EVERY, 0.1 * EVERY, truth(0.7))
    assert better_mean == pytest.approx(mean), "a better photo than the usual ones is not truer than they were"


@pytest.mark.parametrize("extra_variance", [0.0, 0.5])
def test_beliefs_are_right_on_average_and_as_wide_as_their_mistakes(extra_variance: float) -> None:
    random, r = np.random.default_rng(1), 0.7
    true = random.normal(size=(4000, len(KEYS)))
    measured = r * true + np.sqrt(1 - r**2) * random.normal(size=true.shape)
    measured += np.sqrt(extra_variance) * random.normal(size=true.shape)
    sigma = np.full_like(true, np.sqrt(0.3**2 + extra_variance))
    mean, sd = believe(measured, sigma, truth(r))
    high = mean > 0.5
    assert (true - mean)[high].mean() == pytest.approx(0, abs=0.01)
    assert ((true - mean) / sd).std() * SHARPNESS == pytest.approx(1, abs=0.01)


def test_truth_is_the_correlation_with_hand_marks_or_between_two_photos() -> None:
    fitted = fit_truth(simulate_sample(2000, sex_difference=0.0))
    noise = 1 - TRUTH**2
    repeated = TRUTH**2 + np.sqrt(0.8 * 0.7) * noise
    assert fitted.r[INDEX["JW"]] == pytest.approx(TRUTH, abs=0.03)
    assert fitted.r[INDEX["FW"]] == pytest.approx(np.sqrt(repeated), abs=0.03)
    assert set(fitted.rows()) == set(KEYS)


def test_photos_of_unknown_origin_decide_less_and_many_photos_never_everything() -> None:
    assert (add_unknown_origin(0.3 * EVERY) > 0.3).all()
    assert error_of_mean(0.5, 1) == pytest.approx(0.5)
    assert error_of_mean(0.5, 5) < error_of_mean(0.5, 2) < 0.5
    assert error_of_mean(0.5, 10**6) == pytest.approx(0.5 * np.sqrt(SHARED_VARIANCE), rel=1e-3)
