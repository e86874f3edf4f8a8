"""The five callings of a face and the figures of history nearest to them."""

from collections import Counter
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.archetypes import (
    archetype_definitions,
    archetype_shares,
    archetype_sums,
    figure_definitions,
    nearest_figures,
)
from gwansang.reading.calibration import simulate_faces
from gwansang.reading.composer import compose
from gwansang.reading.elements import ELEMENTS, classify_elements
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.model import Archetypes
from gwansang.reading.scores import smooth_shapes
from gwansang.reading.taxonomy import load_taxonomy
from tests.support.factories import IDEAL, measures_at
from tests.test_reading.days import A_DAY

KEYS = sorted(MEASURES_BY_KEY)
PARTS = {part.key: part for part in load_taxonomy()}
IDS = [one.id for one in archetype_definitions()]
z_scores = st.fixed_dictionaries({key: st.floats(-6, 6) for key in KEYS})


def shares(z: dict[str, float]) -> dict[str, int]:
    return archetype_shares(smooth_shapes(z), classify_elements(z).shares)


def archetypes_of(**z: float) -> Archetypes:
    found = compose(measures_at(**z), IDEAL, A_DAY).archetypes
    assert found is not None
    return found


@given(z_scores)
def test_the_shares_of_the_archetypes_sum_to_100(z: dict[str, float]) -> None:
    found = shares(z)
    assert list(found) == IDS == ["king", "scholar", "general", "merchant", "artist"]
    assert sum(found.values()) == 100
    assert min(found.values()) >= 0
    assert shares(dict(z)) == found


@given(z_scores, st.sampled_from(KEYS))
def test_a_small_change_of_a_measure_changes_each_share_by_at_most_2(z: dict[str, float], key: str) -> None:
    other = shares({**z, key: z[key] + 0.01})
    assert max(abs(other[name] - share) for name, share in shares(z).items()) <= 2


def test_each_archetype_leads_in_about_a_fifth_of_all_faces() -> None:
    leads: Counter[str] = Counter()
    for z in simulate_faces(1500, seed=17):
        found = shares(z)
        leads[max(found, key=lambda name: found[name])] += 1
    assert {name: leads[name] / 1500 for name in IDS} == pytest.approx(dict.fromkeys(IDS, 0.2), abs=0.04)


def test_the_constants_of_the_archetypes_match_simulated_faces() -> None:
    sums = [archetype_sums(smooth_shapes(z), classify_elements(z).shares) for z in simulate_faces(1200, seed=99)]
    for one in archetype_definitions():
        found = [face[one.id] for face in sums]
        assert fmean(found) == pytest.approx(one.mean, abs=0.1 * one.sd)
        assert stdev(found) == pytest.approx(one.sd, rel=0.08)


def test_archetypes_refer_to_shapes_of_the_taxonomy_and_to_one_element_each() -> None:
    for one in archetype_definitions():
        for part, weights in one.shapes.items():
            assert set(weights) <= {shape.id for shape in PARTS[part].classes}, (one.id, part)
            assert all(0 < weight <= 1 for weight in weights.values())
    assert sorted(one.element for one in archetype_definitions()) == sorted(ELEMENTS)


@pytest.mark.parametrize(
    ("top", "z"),
    [
        ("king", {"BG": 1.5, "BE": 1.5, "MC": 1.5, "M": 1.0, "L": -1.0, "ET": 1.0, "EO": -0.5}),
        ("scholar", {"LF": -1.5, "U": 1.5, "ES": -1.5, "FH": 1.5, "NA": -1.2, "NL": 0.5, "MW": -1.0}),
        ("general", {"JW": 1.5, "JA": -1.5, "BS": 1.5, "BA": -1.0, "BE": -1.5, "NR": 1.5, "MC": -1.5}),
        ("merchant", {"NA": 1.5, "NL": -0.8, "L": 1.5, "LF": 1.5, "CW": 1.0, "JA": 0.8, "MW": 1.0, "PW": 1.0}),
        ("artist", {"CW": -1.5, "FW": 1.0, "BA": 1.5, "NR": -1.5, "CF": -1.2, "NA": -1.2, "PL": -1.2}),
    ],
)
def test_a_face_of_the_traditional_description_has_that_archetype_with_reasons(top: str, z: dict[str, float]) -> None:
    found = archetypes_of(**z)
    leading = found.callings[0]
    assert found.top == leading.id == top
    assert leading.share > 40
    assert len(leading.reasons) == 3
    assert {MEASURES_BY_KEY[key].name for key in z} & {reason.measure for reason in leading.reasons}
    assert leading.name in found.summary.replace("의 상이", "의 상")


def test_the_reasons_of_an_archetype_are_shapes_of_the_reading() -> None:
    reading = compose(measures_at(MC=2.0, BE=2.0, BG=2.0), IDEAL, A_DAY)
    assert reading.archetypes is not None
    parts = {part.part: part for part in reading.parts}
    for reason in reading.archetypes.callings[0].reasons:
        assert reason.shape_id == parts[reason.part].shape_id
        assert reason.probability == parts[reason.part].probability
        assert reason.percentile in {one.percentile for one in parts[reason.part].reasons}
    assert any(reason.classic for reason in reading.archetypes.callings[0].reasons)


@given(z_scores)
def test_no_improbable_shape_is_given_as_a_reason(z: dict[str, float]) -> None:
    reasons = [reason for calling in archetypes_of(**z).callings for reason in calling.reasons]
    assert all(reason.probability >= 0.25 for reason in reasons)


def test_the_archetypes_are_sorted_by_share_and_equal_in_both_languages() -> None:
    ko, en = (compose(measures_at(FL=0.7, MC=-1.2, LF=0.9), IDEAL, A_DAY, locale).archetypes for locale in ("ko", "en"))
    assert ko is not None
    assert en is not None
    assert [one.share for one in ko.callings] == sorted((one.share for one in ko.callings), reverse=True)
    assert [(one.id, one.share) for one in ko.callings] == [(one.id, one.share) for one in en.callings]
    assert [figure.id for figure in ko.figures] == [figure.id for figure in en.figures]
    assert "실제 얼굴이 닮았다는 뜻은 아닙니다" in ko.note
    assert "not say that the real faces were alike" in en.note


def test_every_figure_has_records_and_is_nearest_to_its_own_shares() -> None:
    for figure in figure_definitions():
        assert list(figure.mix) == IDS
        assert sum(figure.mix.values()) == 100
        assert figure.records
        assert nearest_figures(figure.mix, 1) == ((figure, 100),)


def test_every_figure_is_nearest_to_some_faces_and_none_to_most() -> None:
    nearest = Counter(nearest_figures(shares(z), 1)[0][0].id for z in simulate_faces(1500, seed=23))
    assert set(nearest) == {figure.id for figure in figure_definitions()}
    assert max(nearest.values()) / 1500 < 0.18
