"""Readings of a remembered face: photos add up over time, and another face leaves the profile unchanged."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.composer import compose
from gwansang.reading.gate import REFUSE_ABOVE, WARN_ABOVE, evidence_of_another_face
from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.reading.memory import (
    ReadingWithMemory,
    first_different_face,
    read_with_memory,
    shape_labels,
    update_measures,
)
from gwansang.reading.model import Reading
from gwansang.reading.profile import Profile, combine_photos
from gwansang.reading.shapes import MIN_KEEP_PROBABILITY
from tests.support.factories import IDEAL, face_of, measures_at
from tests.test_reading.days import A_DAY

FACE = measures_at(**face_of(1))
SAME_FACE = measures_at(**{key: z + 0.2 for key, z in face_of(1).items()})
OTHER_FACE = measures_at(FL=2.5, JW=-2.5, EW=2.5, BG=-2.5, NA=2.5, CW=2.0, L=2.0, NL=-2.0, BE=2.5, CL=-2.0)


def compose_reading(measures: Measures, previous: Mapping[str, str] | None) -> Reading:
    return compose(measures, IDEAL, A_DAY, previous=previous)


def read(profile: Profile | None, measures: Measures, photos: int = 1) -> ReadingWithMemory:
    return read_with_memory(profile, measures, photos, compose_reading)


def one(value: float, error: float) -> Measures:
    return Measures({"FL": MeasuredValue(value, error)})


@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 0.5)), min_size=2, max_size=12),
    st.integers(1, 5),
)
def test_photos_combined_one_by_one_equal_photos_combined_at_once(
    photos: list[tuple[float, float]], at_once: int
) -> None:
    measures = [one(*photo) for photo in photos]
    profile = Profile(combine_photos(measures[:1]), 1, {})
    for start in range(1, len(measures), at_once):
        batch = measures[start : start + at_once]
        profile = Profile(update_measures(profile, combine_photos(batch), len(batch)), profile.photos + len(batch), {})
    together = combine_photos(measures)
    assert profile.measures.values["FL"].value == pytest.approx(together.values["FL"].value)
    assert profile.measures.values["FL"].error == pytest.approx(together.values["FL"].error)


def test_a_first_reading_is_unchanged_and_creates_a_profile() -> None:
    first = read(None, FACE)
    assert first.reading == compose_reading(FACE, None)
    assert first.profile == Profile(FACE, 1, shape_labels(first.reading))
    assert (first.same_face, first.same_as_last_time, first.changed) == (True, None, ())


def test_a_second_photo_of_the_same_face_gives_the_same_labels() -> None:
    again = read(read(None, FACE).profile, FACE)
    assert (again.same_as_last_time, again.changed, again.profile.photos) == (1.0, (), 2)


def test_the_changed_parts_of_a_changed_face_are_listed() -> None:
    profile = Profile(FACE, 1, {**shape_labels(compose_reading(FACE, None)), "jaw": "no such shape"})
    again = read(profile, SAME_FACE)
    assert "jaw" in again.changed
    assert again.same_as_last_time == pytest.approx(1 - len(again.changed) / len(profile.shapes))


def test_another_face_is_read_alone_and_leaves_the_profile_unchanged() -> None:
    profile = read(None, FACE).profile
    other = read(profile, OTHER_FACE)
    assert not other.same_face
    assert other.profile is profile
    assert other.reading == compose_reading(OTHER_FACE, None)
    assert other.same_as_last_time is None


def test_a_profile_of_another_version_of_the_measures_starts_anew() -> None:
    """Labels that another measuring gave are compared with the new ones, and not kept."""
    alone = compose_reading(FACE, None)
    near = {
        part.part: part.alternative.shape_id
        for part in alone.parts
        if part.alternative and part.alternative.probability >= MIN_KEEP_PROBABILITY
    }
    labels = {**shape_labels(alone), **near}
    first = read(Profile(Measures({}), 0, labels), FACE)
    assert first.reading == alone
    assert first.profile == Profile(FACE, 1, shape_labels(alone))
    assert (first.same_face, first.measured_anew, set(first.changed)) == (True, True, set(near))
    assert near
    assert first.same_as_last_time == pytest.approx(1 - len(near) / 16)
    second = read(first.profile, FACE)
    assert (second.measured_anew, second.changed, second.profile.photos) == (False, (), 2)


def test_a_face_that_is_rather_another_one_is_not_remembered_but_may_be_combined() -> None:
    """Between the two limits a reading comes with a word, and photos of one request are still one face."""
    far = next(
        measures
        for step in range(1, 400)
        if evidence_of_another_face(FACE, measures := moved(0.01 * step)) > (WARN_ABOVE + REFUSE_ABOVE) / 2
    )
    assert WARN_ABOVE < evidence_of_another_face(FACE, far) < REFUSE_ABOVE
    profile = read(None, FACE).profile
    assert read(profile, far).profile is profile
    assert first_different_face([FACE, far]) is None


def moved(by: float) -> Measures:
    """Return the face with every second measure moved, in SDs, in turn up and down."""
    return measures_at(**{key: z + by * (1, 0, -1, 0)[index % 4] for index, (key, z) in enumerate(face_of(1).items())})


def test_the_first_photo_of_another_face_is_found() -> None:
    assert first_different_face([FACE]) is None
    assert first_different_face([FACE, SAME_FACE, FACE]) is None
    assert first_different_face([FACE, SAME_FACE, OTHER_FACE, FACE]) == 2


def test_the_hundredth_photo_still_changes_the_profile() -> None:
    old, new = measures_at(**face_of(3)), measures_at(**face_of(4))
    after = update_measures(Profile(combine_photos([old] * 100), 100, {}), new, 1)
    share = (after.values["FL"].value - old.values["FL"].value) / (new.values["FL"].value - old.values["FL"].value)
    assert 0.01 < share < 0.05
