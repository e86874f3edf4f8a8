"""Inputs and outcomes of jobs: validated JSON that can't execute code."""

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
        return (pytest.fail, ("code was executed",))


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
def test_a_forged_request_is_refused_and_nothing_in_it_is_executed(forged: bytes) -> None:
    with pytest.raises(ValidationError):
        load_request(forged)


@pytest.mark.parametrize("forged", [{}, [], None, "x", {"places": [["a", "b"]]}, {"told": {}}])
def test_a_forged_outcome_is_refused(forged: object) -> None:
    for load in (load_reading_input, load_snapshot):
        with pytest.raises(ValidationError):
            load(forged)


def test_a_query_survives_encoding() -> None:
    query = FaceQuery("en", 1990, b"a photo", canonical_landmarks(), 1080, 1440, (b"another",))
    *photos, request = encode_query(query)
    decoded = decode_query(load_request(request), tuple(photos))
    assert np.array_equal(decoded.landmarks, query.landmarks)
    for name in ("locale", "birth_year", "image", "image_width", "image_height", "more_images"):
        assert getattr(decoded, name) == getattr(query, name)


def test_file_names_survive_encoding() -> None:
    assert load_request(dump_request(ReadingRequest(names=("민지.jpg",)))).names == ("민지.jpg",)


def test_an_observed_face_survives_encoding_to_the_last_digit() -> None:
    face = face_from_landmarks(canonical_landmarks(), 1080, 1440)
    original = ReadingInput(merge_faces([face]), "ko", None, datetime(2026, 11, 23, tzinfo=UTC))
    decoded = load_reading_input(json.loads(json.dumps(dump_reading_input(original))))
    assert np.array_equal(decoded.observation.points, original.observation.points)
    assert (decoded.observation.pose, decoded.observation.quality, decoded.observation.measures) == (
        original.observation.pose,
        original.observation.quality,
        original.observation.measures,
    )
    assert (decoded.locale, decoded.birth_year, decoded.seen_at) == (
        original.locale,
        original.birth_year,
        original.seen_at,
    )
