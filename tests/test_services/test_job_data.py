"""Inputs and outcomes of jobs: validated JSON that can't execute code."""

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from gwansang.reading.measurements import MEASURE_VERSION
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
from gwansang.services.jobs.stored import can_load
from gwansang.services.jobs.video_data import dump_part, load_part
from gwansang.services.ml.face_analyzer import FaceQuery, canonical_landmarks, merge_faces
from gwansang.services.readings.analysis_service import ReadingInput
from gwansang.services.readings.clip_reader import ClipPart
from gwansang.vision.given_landmarks import GivenLandmarks
from tests.support.fakes import FakeVision


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
    given = GivenLandmarks(
        canonical_landmarks(), 1080, 1440, two_looks=True, details=np.full((73, 2), 0.5), covered=("mouth",)
    )
    query = FaceQuery("en", 1990, b"a photo", given, (b"another",))
    *photos, request = encode_query(query)
    decoded = decode_query(load_request(request), tuple(photos))
    assert decoded.landmarks is not None
    assert np.array_equal(decoded.landmarks.points, given.points)
    assert decoded.landmarks.details is not None
    assert given.details is not None
    assert np.array_equal(decoded.landmarks.details, given.details)
    assert (decoded.landmarks.width, decoded.landmarks.height, decoded.landmarks.covered) == (1080, 1440, ("mouth",))
    for name in ("locale", "birth_year", "image", "more_images"):
        assert getattr(decoded, name) == getattr(query, name)


OLD_REQUEST = {"locale": "en", "birth_year": 1990, "landmarks": None, "image_width": None, "image_height": None}


class FirstReleaseRequest(BaseModel):
    """The model of requests in release 0.1."""

    model_config = ConfigDict(extra="forbid")

    locale: str = "ko"
    birth_year: int | None = None
    landmarks: tuple[tuple[float, ...], ...] | None = None
    image_width: int | None = None
    image_height: int | None = None
    names: tuple[str, ...] = ()


@pytest.mark.parametrize("size", [(1080, 1440), (None, None)])
def test_a_request_of_the_first_release_is_loaded(size: tuple[int | None, int | None]) -> None:
    points = canonical_landmarks()[:468, :2].tolist()
    request = {**OLD_REQUEST, "landmarks": points, "image_width": size[0], "image_height": size[1], "names": []}
    given = decode_query(load_request(json.dumps(request).encode()), ()).landmarks
    assert given is not None
    assert given.points.tolist() == points
    assert (given.width, given.height) == size
    assert (given.two_looks, given.details, given.covered) == (False, None, ())


def test_a_request_of_the_first_release_without_landmarks_is_loaded() -> None:
    request = load_request(json.dumps({**OLD_REQUEST, "names": ["a.jpg"]}).encode())
    assert request == ReadingRequest(locale="en", birth_year=1990, names=("a.jpg",))


@pytest.mark.parametrize("given", [None, GivenLandmarks(canonical_landmarks(), 1080, 1440)], ids=["photo", "landmarks"])
def test_the_first_release_can_read_a_request_without_newer_fields(given: GivenLandmarks | None) -> None:
    *_, encoded = encode_query(FaceQuery("en", 1990, b"a photo", given))
    old = FirstReleaseRequest.model_validate_json(encoded)
    assert (old.landmarks is None) == (given is None)
    assert (old.image_width, old.image_height) == ((None, None) if given is None else (1080, 1440))
    loaded = decode_query(load_request(encoded), (b"a photo",)).landmarks
    assert (loaded is None) == (given is None)
    if given is not None and loaded is not None:
        assert np.array_equal(loaded.points, given.points)
        assert (loaded.width, loaded.height, loaded.source) == (1080, 1440, "one_look")


def test_landmarks_are_loaded_without_fields_that_were_added_later() -> None:
    request = load_request(b'{"landmarks": {"points": [[0.5, 0.5]]}}')
    assert request.landmarks is not None
    assert request.landmarks.as_in_first_release


def reading_input_outcome() -> dict[str, object]:
    face = FakeVision().face_from_landmarks(GivenLandmarks(canonical_landmarks(), 1080, 1440))
    data = dump_reading_input(ReadingInput(merge_faces([face]), "ko", None, datetime(2026, 11, 23, tzinfo=UTC)))
    assert isinstance(data, dict)
    return dict(data)


def part_outcome() -> dict[str, object]:
    data = dump_part(ClipPart((), {"NO_FACE": 3}, {"NO_FACE": {"seen": 0}}), datetime(2026, 11, 23, tzinfo=UTC))
    assert isinstance(data, dict)
    return dict(data)


@pytest.mark.parametrize(
    ("load", "outcome"),
    [(load_reading_input, reading_input_outcome), (load_part, part_outcome)],
    ids=["face", "clip"],
)
def test_only_outcomes_of_this_measuring_are_loaded(
    load: Callable[[JsonValue], object], outcome: Callable[[], dict[str, object]]
) -> None:
    current = outcome()
    older = {key: value for key, value in current.items() if key != "measuring"}
    assert can_load(load, current)
    for other in (older, {**older, "asymmetry": {}}, {**current, "measuring": MEASURE_VERSION - 1}):
        assert not can_load(load, other)


def test_file_names_survive_encoding() -> None:
    assert load_request(dump_request(ReadingRequest(names=("민지.jpg",)))).names == ("민지.jpg",)


def test_an_observed_face_survives_encoding_to_the_last_digit() -> None:
    face = FakeVision().face_from_landmarks(GivenLandmarks(canonical_landmarks(), 1080, 1440))
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
