"""The five callings of a face and the figures of history nearest to them."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.archetypes import archetype_definitions, archetype_shares, figure_definitions, nearest_figures
from gwansang.reading.composer import compose
from gwansang.reading.elements import ELEMENTS
from gwansang.reading.measurements import MEASURES_BY_KEY
from gwansang.reading.model import Archetypes
from gwansang.reading.scores import default_scales, shipped_weights
from gwansang.reading.shapes import classify_measured
from gwansang.reading.taxonomy import load_taxonomy
from tests.support.factories import IDEAL, USUAL_SIGMA, measures_at, read_face, simulate_faces
from tests.test_reading.days import A_DAY

KEYS = sorted(MEASURES_BY_KEY)
PARTS = {part.key: part for part in load_taxonomy()}
IDS = [one.id for one in archetype_definitions()]
z_scores = st.fixed_dictionaries({key: st.floats(-6, 6) for key in KEYS})


def shares(z: dict[str, float]) -> dict[str, int]:
    return archetype_shares(z, classify_measured(z, USUAL_SIGMA), default_scales())


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
def test_a_small_change_of_a_measure_hardly_changes_a_share(z: dict[str, float], key: str) -> None:
    """A shape that changes its name moves an archetype by a fifth of an SD at most, for each weight of 1."""
    other = shares({**z, key: z[key] + 0.01})
    assert max(abs(other[name] - share) for name, share in shares(z).items()) <= 8


def test_each_archetype_leads_in_about_a_fifth_of_all_faces() -> None:
    leads: Counter[str] = Counter()
    for z in simulate_faces(1500, seed=17):
        found = shares(z)
        leads[max(found, key=lambda name: found[name])] += 1
    assert {name: leads[name] / 1500 for name in IDS} == pytest.approx(dict.fromkeys(IDS, 0.2), abs=0.08)


def test_archetypes_refer_to_shapes_of_the_taxonomy_and_to_one_element_each() -> None:
    for one in archetype_definitions():
        for part, weights in one.shapes.items():
            assert set(weights) <= {shape.id for shape in PARTS[part].classes}, (one.id, part)
            assert all(0 < weight <= 1 for weight in weights.values())
    assert sorted(one.element for one in archetype_definitions()) == sorted(ELEMENTS)


@pytest.mark.parametrize("top", IDS)
def test_a_face_along_the_weights_of_an_archetype_has_it_with_reasons(top: str) -> None:
    found = archetypes_of(**{key: 4 * weight for key, weight in shipped_weights().archetypes[top].items()})
    leading = found.callings[0]
    assert found.top == leading.id == top
    assert leading.share > 40
    assert leading.reasons
    assert leading.name in found.summary.replace("의 상이", "의 상")


def test_the_reasons_of_an_archetype_are_shapes_that_the_reading_tells() -> None:
    told_reasons, without = 0, 0
    definitions = {one.id: one for one in archetype_definitions()}
    for seed in range(60):
        reading = read_face(seed, IDEAL, A_DAY)
        parts = {part.part: part for part in reading.parts}
        assert reading.archetypes is not None
        for calling in reading.archetypes.callings:
            told_reasons += len(calling.reasons)
            for reason in calling.reasons:
                assert reason.shape_id == parts[reason.part].shape_id
                assert reason.shape == parts[reason.part].shape
                assert reason.probability == parts[reason.part].probability
                assert reason.percentile in {one.percentile for one in parts[reason.part].reasons}
                assert definitions[calling.id].shapes[reason.part][reason.shape_id] > 0
        without += not reading.archetypes.callings[0].reasons
    assert told_reasons > 300
    assert without <= 6, "a leading archetype seldom lacks a reason"


def test_a_shape_of_the_reading_lifts_the_archetype_that_it_supports() -> None:
    z = dict.fromkeys(KEYS, 0.0)
    shapes = classify_measured(z, USUAL_SIGMA)
    plain = archetype_shares(z, shapes, default_scales())
    close = [shape.id for shape in PARTS["eye_spacing"].classes].index("close")
    shapes["eye_spacing"] = replace(shapes["eye_spacing"], kept=close)
    lifted = archetype_shares(z, shapes, default_scales())
    assert lifted["scholar"] >= plain["scholar"] + 2


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
