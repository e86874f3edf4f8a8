"""People's second photo, smiling where the first was not or the other way round: what they were told stays.

The shipped correction has seen these people, so this holds the memory to its promise and proves nothing of strangers.
"""

from datetime import date
from statistics import fmean

import pytest

from gwansang.reading.norms import default_norms
from gwansang.services.ml.face_analyzer import FaceAnalysis, FaceQuery, analyze_query
from gwansang.services.ml.network_vision import NetworkVision
from tests.support.photos import evaluation_photos, model_dir

PEOPLE = 16
MOST_CHANGED = 0.04  # of what a person was told, in the mean


def test_after_a_second_photo_people_are_told_the_same_and_more_surely() -> None:
    neutral = {photo.stem.partition("_")[0]: photo for photo in evaluation_photos("london/neutral")}
    smiling = {photo.stem.partition("_")[0]: photo for photo in evaluation_photos("london/smiling")}
    both = sorted(neutral.keys() & smiling.keys())
    if len(both) < PEOPLE:
        pytest.skip("there are not enough people with two photos")
    engine = NetworkVision(model_dir())

    def read(photo: bytes, first: FaceAnalysis | None = None) -> FaceAnalysis:
        known = first.reading_with_memory.profile if first else None
        return analyze_query(engine, FaceQuery(image=photo), date(2026, 11, 23), default_norms(), known)

    changed, alone = [], []
    for person in both[:: len(both) // PEOPLE]:
        photos = [photo[person].read_bytes() for photo in (neutral, smiling)]
        firsts = [read(photo) for photo in photos]
        for first, photo, without in zip(firsts, reversed(photos), reversed(firsts), strict=True):
            second = read(photo, first)
            assert second.reading_with_memory.same_face, person
            told, other = first.reading_with_memory.profile.shapes, without.reading_with_memory.profile.shapes
            changed.append(len(second.reading_with_memory.changed) / len(told))
            alone.append(sum(other[part] != shape for part, shape in told.items()) / len(told))
    assert fmean(changed) <= MOST_CHANGED
    assert fmean(changed) < fmean(alone) / 2
