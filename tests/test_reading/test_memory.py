"""A remembered face: photos seen one after the other are worth what they are worth together, another's face is not."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.reading.composer import compose
from gwansang.reading.measurements import MeasuredValue, Measures, measure_face
from gwansang.reading.memory import (
    ReadingWithMemory,
    first_different_face,
    read_with_memory,
    shape_labels,
    update_measures,
)
from gwansang.reading.model import Reading
from gwansang.reading.profile import Profile, combine_photos
from tests.support.factories import IDEAL, frontal_face, measures_at
from tests.test_reading.days import A_DAY

ME = measure_face(frontal_face(1), IDEAL)
AGAIN = measure_face(frontal_face(1, strength=1.3), IDEAL)
STRANGER = measures_at(FL=2.5, JW=-2.5, EW=2.5, BG=-2.5, NA=2.5, CW=2.0, M=-2.0)


def tell(measures: Measures, before: Mapping[str, str] | None) -> Reading:
    return compose(measures, IDEAL, A_DAY, previous=before)


def look(known: Profile | None, seen: Measures, photos: int = 1) -> ReadingWithMemory:
    return read_with_memory(known, seen, photos, tell)


def one(value: float, error: float) -> Measures:
    return Measures({"FL": MeasuredValue(value, error)}, {"eyes": value})


@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 0.5)), min_size=2, max_size=12),
    st.integers(1, 5),
)
def test_photos_seen_one_after_the_other_are_worth_what_they_are_worth_together(
    photos: list[tuple[float, float]], at_once: int
) -> None:
    seen = [one(*photo) for photo in photos]
    known = Profile(combine_photos(seen[:1]), 1, {})
    for start in range(1, len(seen), at_once):
        some = seen[start : start + at_once]
        known = Profile(update_measures(known, combine_photos(some), len(some)), known.photos + len(some), {})
    together = combine_photos(seen)
    assert known.measures.values["FL"].value == pytest.approx(together.values["FL"].value)
    assert known.measures.values["FL"].error == pytest.approx(together.values["FL"].error)
    assert known.measures.asymmetry["eyes"] == pytest.approx(together.asymmetry["eyes"])


def test_a_first_look_is_told_as_ever_and_remembered() -> None:
    first = look(None, ME)
    assert first.reading == tell(ME, None)
    assert first.profile == Profile(ME, 1, shape_labels(first.reading))
    assert (first.same_face, first.same_as_last_time, first.changed) == (True, None, ())


def test_the_same_look_again_is_told_alike() -> None:
    again = look(look(None, ME).profile, ME)
    assert (again.same_as_last_time, again.changed, again.profile.photos) == (1.0, (), 2)


def test_a_face_that_really_changed_is_told_otherwise_and_it_is_said_where() -> None:
    known = Profile(ME, 1, {**shape_labels(tell(ME, None)), "jaw": "no such shape"})
    again = look(known, AGAIN)
    assert "jaw" in again.changed
    assert again.same_as_last_time == pytest.approx(1 - len(again.changed) / len(known.shapes))


def test_another_face_is_told_alone_and_leaves_what_is_remembered() -> None:
    known = look(None, ME).profile
    other = look(known, STRANGER)
    assert not other.same_face
    assert other.profile is known
    assert other.reading == tell(STRANGER, None)
    assert other.same_as_last_time is None


def test_what_was_measured_in_another_way_is_forgotten_and_what_was_told_is_not() -> None:
    known = Profile(Measures({}, {}), 0, shape_labels(tell(ME, None)))
    first = look(known, AGAIN)
    assert first.profile.measures == AGAIN
    assert first.profile.photos == 1
    assert first.reading == tell(AGAIN, known.shapes)


def test_of_several_photos_the_first_of_another_face_is_named() -> None:
    assert first_different_face([ME]) is None
    assert first_different_face([ME, AGAIN, ME]) is None
    assert first_different_face([ME, AGAIN, STRANGER, ME]) == 2


def test_the_hundredth_photo_still_moves_what_is_remembered() -> None:
    old, new = measure_face(frontal_face(3), IDEAL), measure_face(frontal_face(4), IDEAL)
    after = update_measures(Profile(combine_photos([old] * 100), 100, {}), new, 1)
    share = (after.values["FL"].value - old.values["FL"].value) / (new.values["FL"].value - old.values["FL"].value)
    assert 0.01 < share < 0.05
