"""Measures of hand-marked points."""

import math

import numpy as np
import pytest

from gwansang.reading.hand_marks import (
    LOWER_TO_MIDDLE,
    MARKED_KEYS,
    TemplateError,
    comparable_values,
    complete_scores,
    measure_marks,
    parse_marks,
    shows_part,
)
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.taxonomy import load_taxonomy
from tests.support.hand_marks import drawn_marks, template

EYE = math.hypot(60, 4)
EXPECTED = {
    "MW": 100 / 80,
    "ES": 80 / EYE,
    "EO": 24 / EYE,
    "ET": math.degrees(math.atan2(4, 60)),
    "EW": EYE / 300,
    "NA": 60 / 80,
    "UL": 20 / 30,
    "LF": 50 / 100,
    "PL": 35 / 150,
    "PW": 24 / 100,
    "MC": math.degrees(math.atan2(5, 50)),
    "BS": 0.0,
    "BA": 1600 / (100**2 + 10**2),
    "BG": 40 / 200,
    "BE": 30 / EYE,
    "BO": (240 - 200) / 2 / 200,
    "FL": 300 / 300,
    "JW": 240 / 300,
    "CW": 80 / 300,
    "JA": math.degrees(math.atan2(100, -20) + math.atan2(100, 80)),
    "CJ": 300 / 240,
    "CL": 65 / 100,
    "NL": 100 / 300,
    LOWER_TO_MIDDLE: math.log(150 / 150),
}


@pytest.mark.parametrize(("scale", "turn"), [(1.0, 0.0), (3.5, 0.0), (1.0, 14.0), (0.4, -9.0)])
def test_the_measures_of_a_drawn_face_are_known_in_any_size_and_turn(scale: float, turn: float) -> None:
    assert measure_marks(drawn_marks(scale, turn)) == pytest.approx(EXPECTED, abs=1e-9)
    assert tuple(EXPECTED) == MARKED_KEYS


def test_a_lower_brow_tail_is_a_falling_slope() -> None:
    points = drawn_marks()
    points[[71, 82], 1] += 10
    assert measure_marks(points)["BS"] == pytest.approx(math.degrees(math.atan2(-10, 100)))


def test_a_template_gives_its_points_and_ignores_the_lines_between_them() -> None:
    points = drawn_marks()
    assert parse_marks(template(points)) == pytest.approx(points)
    assert parse_marks(template(points).replace("\n", "\r\n")) == pytest.approx(points)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "does not begin with a number"),
        ("points\n1 2", "does not begin with a number"),
        (template(np.zeros((83, 2))), "83 points, and the measures are defined on a template of 189"),
        ("189\n1 2\n3 4", "not all pairs of numbers"),
        (template(drawn_marks()).replace("500.0", "wide"), "not all pairs of numbers"),
        (template(np.full((189, 2), np.nan)), "not all pairs of numbers"),
    ],
)
def test_a_file_that_is_no_template_of_189_points_is_refused(text: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        parse_marks(text)


def test_points_in_one_place_are_no_face() -> None:
    with pytest.raises(TemplateError, match="not arranged like a face"):
        measure_marks(np.ones((189, 2)))


def test_the_product_is_compared_by_the_same_keys_and_the_ratio_of_its_zones() -> None:
    values = {key: float(number) for number, key in enumerate(MEASURES_BY_KEY)}
    compared = dict(zip(MARKED_KEYS, comparable_values(values), strict=True))
    assert compared["MW"] == values["MW"]
    assert compared[LOWER_TO_MIDDLE] == values["L"] - values["M"]


def test_unmarked_measures_get_a_neutral_score_and_the_zones_that_of_their_ratio() -> None:
    z = complete_scores(dict.fromkeys(MARKED_KEYS, 1.5), tuple(MEASURES_BY_KEY))
    assert (z["FL"], z["L"], z["M"], z["U"], z["NR"]) == (1.5, 1.5, -1.5, 0.0, 0.0)


def test_only_forehead_and_nose_root_have_no_marked_measure() -> None:
    assert [part.key for part in load_taxonomy() if not shows_part(part.measures)] == ["forehead", "nose_root"]
