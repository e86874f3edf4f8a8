"""What is known of a photo's origin, and what several photos of a face average out."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.model import CaptureConditions
from gwansang.reading.photo_errors import SHARED_VARIANCE, change_errors, error_of_mean, unknown_origin_share

WORST = {"face_width_px": 100.0, "yaw_deg": -16.0, "pitch_deg": 20.0, "light_asymmetry": 0.6, "distance_cm": 30.0}
KNOWN = {"face_width_px": 200.0, "yaw_deg": -6.0, "pitch_deg": 12.0, "light_asymmetry": 0.3, "distance_cm": 60.0}


def test_a_guided_photo_is_like_those_the_measuring_knows() -> None:
    assert unknown_origin_share(CaptureConditions()) == 0
    assert unknown_origin_share(CaptureConditions(**KNOWN)) == 0


@pytest.mark.parametrize("name", WORST)
def test_each_condition_alone_can_make_the_origin_unknown(name: str) -> None:
    middle = (WORST[name] + KNOWN[name]) / 2
    assert unknown_origin_share(CaptureConditions(**{**KNOWN, name: WORST[name]})) == 1
    assert unknown_origin_share(CaptureConditions(**{**KNOWN, name: middle})) == pytest.approx(0.5)


def test_points_without_their_picture_are_of_unknown_origin() -> None:
    assert unknown_origin_share(CaptureConditions()) == 0
    assert unknown_origin_share(CaptureConditions(without_picture=True)) == 1


@given(
    st.floats(20, 2000),
    st.floats(-40, 40),
    st.floats(-40, 40),
    st.floats(0, 1) | st.none(),
    st.floats(5, 200) | st.none(),
)
def test_the_share_moves_smoothly_within_its_bounds(
    width: float, yaw: float, pitch: float, light: float | None, distance: float | None
) -> None:
    def share(moved: float) -> float:
        return unknown_origin_share(
            CaptureConditions(
                face_width_px=width + 0.1 * moved,
                yaw_deg=yaw + 0.01 * moved,
                pitch_deg=pitch,
                light_asymmetry=light,
                distance_cm=distance,
            )
        )

    assert 0 <= share(0) <= 1
    assert abs(share(1) - share(0)) < 0.005


def test_several_photos_have_smaller_errors_but_never_none() -> None:
    assert error_of_mean(0.5, 1) == pytest.approx(0.5)
    assert error_of_mean(0.5, 5) < error_of_mean(0.5, 2) < 0.5
    assert error_of_mean(0.5, 10**6) == pytest.approx(0.5 * math.sqrt(SHARED_VARIANCE), rel=1e-3)


def test_the_errors_of_several_changes_do_not_depend_on_their_order() -> None:
    warnings = ("MONOCHROME", "STRETCHED", "UNNATURAL_COLOUR", "LOW_DYNAMIC_RANGE", "COMPRESSION_ARTIFACTS")
    told = [change_errors(order) for order in itertools.permutations(warnings)]
    assert all(one == told[0] for one in told)
