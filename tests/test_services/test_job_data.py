"""What jobs are given and hand on: JSON of one shape, and nothing that could be run."""

import json
import pickle
from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import ValidationError

from gwansang.services.jobs.face_data import (
    ReadingRequest,
    decode_query,
    dump_reading_input,
    dump_request,
    encode_query,
    load_reading_input,
    load_request,
    load_snapshot,
)
from gwansang.services.ml.face_analyzer import FaceQuery, canonical_landmarks, merge_faces
from gwansang.services.readings.analysis_service import ReadingInput
from gwansang.vision.pipeline import face_from_landmarks


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return (pytest.fail, ("something was run",))


@pytest.mark.parametrize(
    "forged",
    [
        pickle.dumps(Bomb()),
        b"!!python/object/apply:os.system ['true']",
        b'{"locale": "ko", "py/object": "os.system"}',
        b'{"locale": "../../etc"}',
        b'{"birth_year": "1990-01-01"}',
        b'{"names": {"class": "x"}}',
        b"[]",
        b"",
    ],
)
def test_a_forged_order_is_refused_and_nothing_in_it_is_run(forged: bytes) -> None:
    with pytest.raises(ValidationError):
        load_request(forged)


@pytest.mark.parametrize("forged", [{}, [], None, "x", {"places": [["a", "b"]]}, {"told": {}}])
def test_a_forged_outcome_is_refused(forged: object) -> None:
    for read in (load_reading_input, load_snapshot):
        with pytest.raises(ValidationError):
            read(forged)


def test_a_question_comes_back_as_it_was_asked() -> None:
    asked = FaceQuery("en", 1990, b"a photo", canonical_landmarks(), 1080, 1440, (b"another",))
    *photos, order = encode_query(asked)
    again = decode_query(load_request(order), tuple(photos))
    assert np.array_equal(again.landmarks, asked.landmarks)
    for name in ("locale", "birth_year", "image", "image_width", "image_height", "more_images"):
        assert getattr(again, name) == getattr(asked, name)


def test_names_of_files_are_part_of_what_is_sealed() -> None:
    assert load_request(dump_request(ReadingRequest(names=("민지.jpg",)))).names == ("민지.jpg",)


def test_what_was_seen_comes_back_to_the_last_digit() -> None:
    face = face_from_landmarks(canonical_landmarks(), 1080, 1440)
    seen = ReadingInput(
        merge_faces([face]),
        "ko",
        None,
        datetime(2026, 11, 23, tzinfo=UTC),
    )
    again = load_reading_input(json.loads(json.dumps(dump_reading_input(seen))))
    assert np.array_equal(again.observation.points, seen.observation.points)
    assert (again.observation.pose, again.observation.quality, again.observation.measures) == (
        seen.observation.pose,
        seen.observation.quality,
        seen.observation.measures,
    )
    assert (again.locale, again.birth_year, again.seen_at) == (seen.locale, seen.birth_year, seen.seen_at)
