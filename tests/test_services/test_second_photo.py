"""A second photo of a person, smiling if the first was neutral or the other way round, hardly changes the reading.

The shipped correction was fitted on these people, so this tests the memory and says nothing about other people.
"""

from datetime import date
from statistics import fmean

import pytest

from gwansang.reading.norms import default_norms
from gwansang.services.ml.face_analyzer import FaceAnalysis, FaceQuery, analyze_query
from gwansang.services.ml.network_vision import NetworkVision
from tests.support.photos import evaluation_photos, model_dir

PEOPLE = 16
MAX_CHANGED = 0.04  # mean share of the shapes of a person


def test_a_remembered_face_keeps_its_shapes_on_a_second_photo_more_often_than_a_new_one() -> None:
    neutral = {photo.stem.partition("_")[0]: photo for photo in evaluation_photos("london/neutral")}
    smiling = {photo.stem.partition("_")[0]: photo for photo in evaluation_photos("london/smiling")}
    both = sorted(neutral.keys() & smiling.keys())
    if len(both) < PEOPLE:
        pytest.skip("there are not enough people with two photos")
    vision = NetworkVision(model_dir())

    def read(photo: bytes, first: FaceAnalysis | None = None) -> FaceAnalysis:
        known = first.reading_with_memory.profile if first else None
        return analyze_query(vision, FaceQuery(image=photo), date(2026, 11, 23), default_norms(), known)

    changed_with_memory, changed_without = [], []
    for person in both[:: len(both) // PEOPLE]:
        photos = [photo[person].read_bytes() for photo in (neutral, smiling)]
        firsts = [read(photo) for photo in photos]
        for first, photo, unremembered in zip(firsts, reversed(photos), reversed(firsts), strict=True):
            second = read(photo, first)
            assert second.reading_with_memory.same_face, person
            shapes, other = first.reading_with_memory.profile.shapes, unremembered.reading_with_memory.profile.shapes
            changed_with_memory.append(len(second.reading_with_memory.changed) / len(shapes))
            changed_without.append(sum(other[part] != shape for part, shape in shapes.items()) / len(shapes))
    assert fmean(changed_with_memory) <= MAX_CHANGED
    assert fmean(changed_with_memory) < fmean(changed_without) / 2
