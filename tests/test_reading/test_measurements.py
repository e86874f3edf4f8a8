"""The measures: what vision delivers, what shows them on the photo, and what a photo's origin adds to their errors."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from gwansang.reading import hand_marks
from gwansang.reading.errors import UnmeasurableFaceError
from gwansang.reading.hand_marks import (
    DETAIL_POINTS,
    LOWER_TO_MIDDLE,
    MARKED_KEYS,
    MESH_POINT_COUNT,
    POINT_COUNT,
    measure_marks,
    template_points,
)
from gwansang.reading.measurements import MEASURE_TABLE, MEASURES_BY_KEY, collect_measures
from gwansang.reading.model import CaptureConditions
from gwansang.reading.norms import default_norms
from gwansang.reading.photo_errors import UNKNOWN_ORIGIN
from gwansang.reading.texts import measures_text
from tests.support.factories import IDEAL
from tests.support.hand_marks import drawn_marks

MESH_ONLY = {"FW", "FH", "TP", "NR", "CF", "U"}
VALUES = {key: norm.median for key, norm in default_norms().measures.items()}
ERRORS = {key: 0.3 * norm.sd for key, norm in default_norms().measures.items()}


def test_every_measure_has_an_overlay_a_label_and_a_norm() -> None:
    assert len({row.name for row in MEASURE_TABLE}) == len(MEASURE_TABLE) == 31
    assert set(MEASURES_BY_KEY) == set(default_norms().measures)
    assert list(measures_text("ko")) == [row.name for row in MEASURE_TABLE]
    for row in MEASURE_TABLE:
        assert row.overlays
        assert row.sensitive_to
        assert row.source


def test_overlays_join_vertices_of_the_mesh_or_detail_points() -> None:
    assert len(DETAIL_POINTS) == 73
    assert list(DETAIL_POINTS) == sorted(set(DETAIL_POINTS))
    for row in MEASURE_TABLE:
        vertices = {vertex for overlay in row.overlays for vertex in overlay.vertices}
        if row.key in MESH_ONLY:
            assert max(vertices) < 468, row.key
        else:
            assert min(vertices) >= MESH_POINT_COUNT, row.key
            assert max(vertices) < MESH_POINT_COUNT + len(DETAIL_POINTS), row.key


class _WatchedFace(hand_marks._LevelFace):
    """Marks that note which points a formula reads."""

    def __init__(self, marks: hand_marks.Marks) -> None:
        super().__init__(marks)
        self.read: set[int] = set()

    def x(self, *indices: int) -> float:
        self.read |= set(indices)
        return super().x(*indices)

    def y(self, *indices: int) -> float:
        self.read |= set(indices)
        return super().y(*indices)

    def distance(self, a: int, b: int) -> float:
        self.read |= {a, b}
        return super().distance(a, b)

    def angle(self, a: int, vertex: int, b: int) -> float:
        self.read |= {a, vertex, b}
        return super().angle(a, vertex, b)

    def sagitta(self, start: int, middle: int, end: int) -> float:
        self.read |= {start, middle, end}
        return super().sagitta(start, middle, end)


def points_read(formula: Callable[[hand_marks._LevelFace], float]) -> set[int]:
    face = _WatchedFace(drawn_marks())
    formula(face)
    return face.read


@pytest.mark.parametrize("key", sorted(set(MARKED_KEYS) - {LOWER_TO_MIDDLE}))
def test_what_is_drawn_for_a_measure_is_what_its_formula_reads(key: str) -> None:
    drawn = {
        DETAIL_POINTS[vertex - MESH_POINT_COUNT]
        for overlay in MEASURES_BY_KEY[key].overlays
        for vertex in overlay.vertices
    }
    unit = {18, 27} if key == "BG" else set()  # the distance of the outer eye corners is the unit of all distances
    assert drawn == points_read(hand_marks._FORMULAS[key]) | unit


def test_the_zones_are_drawn_where_their_ratio_is_measured() -> None:
    drawn = {
        DETAIL_POINTS[vertex - MESH_POINT_COUNT]
        for key in "ML"
        for overlay in MEASURES_BY_KEY[key].overlays
        for vertex in overlay.vertices
    }
    assert drawn == points_read(hand_marks._FORMULAS[LOWER_TO_MIDDLE])


def test_the_detail_points_of_a_photo_are_enough_for_the_marked_measures() -> None:
    marks = drawn_marks()
    points = template_points(marks[list(DETAIL_POINTS)])
    assert np.isnan(points).any(axis=1).sum() == POINT_COUNT - len(DETAIL_POINTS)
    assert measure_marks(points) == pytest.approx(measure_marks(marks))


def test_measures_keep_the_values_and_the_errors_of_vision() -> None:
    measures = collect_measures(VALUES, ERRORS, IDEAL)
    assert {key: one.value for key, one in measures.values.items()} == VALUES
    assert {key: one.error for key, one in measures.values.items()} == pytest.approx(ERRORS)
    assert list(measures.values) == list(MEASURES_BY_KEY)


def test_a_photo_of_unknown_origin_adds_variance_to_every_error() -> None:
    measures = collect_measures(VALUES, ERRORS, CaptureConditions(without_picture=True))
    for key, one in measures.values.items():
        sd = default_norms().measures[key].sd
        assert one.error == pytest.approx(math.hypot(0.3, UNKNOWN_ORIGIN) * sd)


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({**VALUES, "ET": math.nan}, ERRORS),
        ({**VALUES, "ET": math.inf}, ERRORS),
        ({**VALUES, "XY": 1.0}, ERRORS),
        ({key: value for key, value in VALUES.items() if key != "ET"}, ERRORS),
        (VALUES, {**ERRORS, "ET": 0.0}),
        (VALUES, {**ERRORS, "ET": math.nan}),
        (VALUES, {key: error for key, error in ERRORS.items() if key != "ET"}),
        ({}, {}),
    ],
)
def test_measures_that_are_absent_or_no_numbers_are_refused(values: dict[str, float], errors: dict[str, float]) -> None:
    with pytest.raises(UnmeasurableFaceError, match=r"\w+ \w+"):
        collect_measures(values, errors, IDEAL)
