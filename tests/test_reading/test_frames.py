"""Frames of one clip share a part of their error, which does not average out."""

import math

import pytest

from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.reading.photo_errors import error_of_mean
from gwansang.reading.profile import combine_frames, combine_photos


def frame(value: float, error: float = 1.0) -> Measures:
    return Measures({"FL": MeasuredValue(value, error)})


def error_of(*frames: Measures) -> float:
    return combine_frames(frames).values["FL"].error


def test_frames_that_agree_have_the_error_of_one_frame() -> None:
    assert error_of(*[frame(5.0)] * 9) == pytest.approx(1.0)
    assert combine_photos([frame(5.0)] * 9).values["FL"].error == pytest.approx(error_of_mean(1.0, 9))  # of photos


def test_only_the_error_that_varies_between_frames_averages_out() -> None:
    shaking = [frame(5.0 + 0.6 * (-1) ** index) for index in range(8)]  # variance 0.36 * 8 / 7
    varying = 0.36 * 8 / 7
    assert combine_frames(shaking).values["FL"].value == pytest.approx(5.0)
    assert error_of(*shaking) == pytest.approx(math.sqrt(1 - varying + varying / 8))


def test_frames_that_differ_by_more_than_their_errors_have_a_larger_error() -> None:
    wild = [frame(5.0 + 4 * (-1) ** index) for index in range(4)]
    assert error_of(*wild) > 1.0


def test_frames_with_smaller_errors_have_more_weight() -> None:
    assert combine_frames([frame(0.0, 1.0), frame(10.0, 3.0)]).values["FL"].value == pytest.approx(1.0)


def test_a_single_frame_has_the_error_of_a_photo() -> None:
    assert combine_frames([frame(4.0, 0.3)]) == frame(4.0, 0.3)
    with pytest.raises(ValueError, match="nothing to combine"):
        combine_frames([])
