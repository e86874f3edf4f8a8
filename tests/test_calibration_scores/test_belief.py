"""How true the measures are."""

import numpy as np
import pytest
from calibration.scores.belief import SHARPNESS, fit_truth, truth_rows
from calibration.scores.sample import INDEX, KEYS

from tests.test_calibration_scores.simulated import TRUTH, simulate_sample


def test_truth_is_the_correlation_with_hand_marks_or_between_two_photos() -> None:
    fitted = fit_truth(simulate_sample(2000, sex_difference=0.0))
    noise = 1 - TRUTH**2
    repeated = TRUTH**2 + np.sqrt(0.8 * 0.7) * noise
    assert fitted.r[INDEX["JW"]] == pytest.approx(TRUTH, abs=0.03)
    assert fitted.r[INDEX["FW"]] == pytest.approx(np.sqrt(repeated), abs=0.03)
    assert set(truth_rows(fitted)) == set(KEYS)
    assert fitted.sharpness == SHARPNESS
