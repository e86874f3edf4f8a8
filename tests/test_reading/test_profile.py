"""Averages over photos of one face make readings steadier, with errors that keep a lower bound."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.composer import compose
from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.reading.memory import shape_labels
from gwansang.reading.model import ENERGIES
from gwansang.reading.norms import default_norms
from gwansang.reading.photo_errors import error_of_mean
from gwansang.reading.profile import combine_photos, label_agreement
from gwansang.reading.shapes import MIN_KEEP_PROBABILITY, classify_measured
from tests.support.factories import IDEAL, face_of, measures_at
from tests.test_reading.days import A_DAY

NORMS = default_norms()


def shapes_of(measures: Measures, previous: Mapping[str, str] | None = None) -> dict[str, str]:
    return shape_labels(compose(measures, IDEAL, A_DAY, previous=previous))


def changed(measures: Measures, key: str, by_errors: float) -> Measures:
    one = measures.values[key]
    return replace(measures, values={**measures.values, key: replace(one, value=one.value + by_errors * one.error)})


def test_the_same_photo_twice_keeps_the_values_and_reduces_the_errors_within_limits() -> None:
    photo = measures_at(**face_of(3))
    twice = combine_photos([photo, photo])
    hundred = combine_photos([photo] * 100)
    for key, one in photo.values.items():
        assert twice.values[key].value == pytest.approx(one.value)
        assert twice.values[key].error == pytest.approx(error_of_mean(one.error, 2))
        assert hundred.values[key].error == pytest.approx(error_of_mean(one.error, 100))


def test_a_photo_with_smaller_errors_has_more_weight() -> None:
    sure, unsure = MeasuredValue(1.0, 0.1), MeasuredValue(2.0, 0.3)
    mean = combine_photos([Measures({"FL": sure}), Measures({"FL": unsure})]).values["FL"]
    assert mean.value == pytest.approx(1.1)


def test_combining_no_photos_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        combine_photos([])


@given(st.integers(0, 30), st.sampled_from(sorted(NORMS.measures)), st.floats(-1.0, 1.0))
def test_a_previous_shape_is_kept_while_it_is_probable_enough(seed: int, key: str, by_errors: float) -> None:
    first = measures_at(**face_of(seed))
    labels = shapes_of(first)
    again = changed(first, key, by_errors)
    z = {name: NORMS.z(name, one.value) for name, one in again.values.items()}
    sigma = {name: one.error / NORMS.measures[name].sd for name, one in again.values.items()}
    for part, shape in classify_measured(z, sigma, labels).items():
        ids = [candidate.id for candidate in shape.part.classes]
        if shape.probabilities[ids.index(labels[part])] >= MIN_KEEP_PROBABILITY:
            assert shape.shape.id == labels[part]
        else:
            assert shape.probability == max(shape.probabilities)


def test_a_changed_face_gets_new_labels() -> None:
    round_face, long_face = measures_at(FL=-2.0, JA=2.0), measures_at(FL=2.0)
    labels = shapes_of(round_face)
    assert labels["face_shape"] == "round"
    assert shapes_of(long_face, labels)["face_shape"] == "oblong"


def test_a_reading_keeps_the_previous_shape_and_element() -> None:
    border = measures_at(BG=0.03)  # just beyond the border of the even shape at 0
    assert shapes_of(border)["glabella"] == "wide"
    reading = compose(border, IDEAL, A_DAY, previous={"glabella": "even"})
    glabella = next(part for part in reading.parts if part.part == "glabella")
    assert glabella.shape_id == "even"
    assert glabella.alternative is not None
    assert glabella.alternative.shape_id == "wide"
    assert glabella.probability < glabella.alternative.probability
    assert set(reading.energy_scores) == set(ENERGIES)


def test_agreement_is_the_share_of_equal_labels() -> None:
    assert label_agreement({"a": "x", "b": "y"}, {"a": "x", "b": "z"}) == 0.5
    assert label_agreement({}, {"a": "x"}) == 0.0
