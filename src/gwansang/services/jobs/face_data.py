"""Inputs and outcomes of jobs about faces, as JSON that is validated whenever it is loaded."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID, uuid5

import numpy as np
from pydantic import Field, JsonValue, TypeAdapter, model_validator

from gwansang.core.jsonable import JsonObject
from gwansang.reading.measurements import MEASURE_VERSION, MeasuredValue, Measures
from gwansang.services.jobs.stored import MeasureVersion, Strict
from gwansang.services.ml.face_analyzer import FaceObservation, FaceQuery
from gwansang.services.readings.analysis_service import ReadingInput
from gwansang.services.readings.snapshot import AnalysisSnapshot
from gwansang.texts import DEFAULT_LOCALE, Locale
from gwansang.vision.face import FaceRegion, Pose, Quality
from gwansang.vision.given_landmarks import GivenLandmarks

_SNAPSHOT: Final = cache(lambda: TypeAdapter(AnalysisSnapshot))  # built at first use: 20 ms of the start otherwise
_SNAPSHOT_KEY: Final = "told"  # in stored results, so it can't be renamed
_SIZES: Final = {"image_width": "width", "image_height": "height"}  # fields of requests of release 0.1


class _StoredLandmarks(Strict):
    """Landmarks of a client. What a release adds needs a default, because older ones have stored tasks without it."""

    points: tuple[tuple[float, ...], ...]
    width: int | None = None
    height: int | None = None
    two_looks: bool = False
    details: tuple[tuple[float, float], ...] | None = None
    covered: tuple[FaceRegion, ...] = ()

    @property
    def as_in_first_release(self) -> bool:
        return not (self.two_looks or self.details or self.covered)


class ReadingRequest(Strict):
    """Everything about a request but its photos, which are the inputs before it; `names` are those of their files."""

    locale: Locale = DEFAULT_LOCALE
    birth_year: int | None = None
    landmarks: _StoredLandmarks | None = None
    names: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _accept_first_release(cls, data: object) -> object:
        """Accept the shape of release 0.1: the points alone, with the size of their picture beside them."""
        if not isinstance(data, dict) or not data.keys() & _SIZES.keys():
            return data
        points = data.get("landmarks")
        sizes = {name: data.get(stored) for stored, name in _SIZES.items()}
        rest = {key: value for key, value in data.items() if key not in _SIZES}
        return {**rest, "landmarks": None if points is None else {"points": points, **sizes}}


class _StoredReadingInput(Strict):
    measuring: MeasureVersion
    points: tuple[tuple[float, float], ...] = Field(alias="places")  # stored under the alias
    pose: Pose
    quality: Quality
    measures: Mapping[str, MeasuredValue]
    locale: Locale
    birth_year: int | None
    seen_at: datetime


def encode_query(query: FaceQuery) -> list[bytes]:
    """Encode a query as inputs of a task: its photos, then the request."""
    request = ReadingRequest(
        locale=query.locale,
        birth_year=query.birth_year,
        landmarks=None if query.landmarks is None else _store_landmarks(query.landmarks),
    )
    photos = [query.image, *query.more_images] if query.image is not None else []
    return [*photos, dump_request(request)]


def decode_query(request: ReadingRequest, photos: tuple[bytes, ...]) -> FaceQuery:
    """Rebuild a query from its inputs."""
    return FaceQuery(
        locale=request.locale,
        birth_year=request.birth_year,
        image=photos[0] if photos else None,
        landmarks=None if request.landmarks is None else _load_landmarks(request.landmarks),
        more_images=photos[1:],
    )


def _store_landmarks(given: GivenLandmarks) -> _StoredLandmarks:
    return _StoredLandmarks(
        points=tuple(map(tuple, given.points.tolist())),
        width=given.width,
        height=given.height,
        two_looks=given.two_looks,
        details=None if given.details is None else tuple((x, y) for x, y in given.details.tolist()),
        covered=given.covered,
    )


def _load_landmarks(stored: _StoredLandmarks) -> GivenLandmarks:
    details = None if stored.details is None else np.array(stored.details, dtype=np.float64)
    points = np.array(stored.points, dtype=np.float64)
    return GivenLandmarks(points, stored.width, stored.height, stored.two_looks, details, stored.covered)


def dump_request(request: ReadingRequest) -> bytes:
    """Encode a request as an input of a task; in the shape of release 0.1 if that can express it, because a worker of
    that release may still take the task."""
    data = request.model_dump(mode="json")
    landmarks = request.landmarks
    if landmarks is not None and landmarks.as_in_first_release:
        points = data["landmarks"]["points"]
        data |= {"landmarks": points, "image_width": landmarks.width, "image_height": landmarks.height}
    return json.dumps(data, ensure_ascii=False).encode()


def load_request(data: bytes) -> ReadingRequest:
    """Decode a request; raises ValidationError."""
    return ReadingRequest.model_validate_json(data)


def dump_reading_input(reading_input: ReadingInput) -> JsonValue:
    """Encode an observed face, so that another process can read it."""
    observation = reading_input.observation
    data: JsonValue = _StoredReadingInput(
        measuring=MEASURE_VERSION,
        places=tuple((x, y) for x, y in observation.points.tolist()),
        pose=observation.pose,
        quality=observation.quality,
        measures=observation.measures.values,
        locale=reading_input.locale,
        birth_year=reading_input.birth_year,
        seen_at=reading_input.seen_at,
    ).model_dump(mode="json", by_alias=True)
    return data


def load_reading_input(data: JsonValue) -> ReadingInput:
    """Decode an observed face; raises ValidationError, also if another release measured it in another way."""
    stored = _StoredReadingInput.model_validate(data)
    measures = Measures(stored.measures)
    points = np.array(stored.points, dtype=np.float64)
    observation = FaceObservation(points, stored.pose, stored.quality, measures)
    return ReadingInput(observation, stored.locale, stored.birth_year, stored.seen_at)


def dump_snapshot(snapshot: AnalysisSnapshot) -> JsonValue:
    """Encode an analysis, to be presented later."""
    data: JsonValue = _SNAPSHOT().dump_python(snapshot, mode="json", by_alias=True)
    return data


def load_snapshot(data: JsonValue) -> AnalysisSnapshot:
    """Decode an analysis; raises ValidationError."""
    return _SNAPSHOT().validate_python(data)


def reading_result(snapshot: AnalysisSnapshot) -> JsonObject:
    """Return the result of a task that reads one face."""
    return {_SNAPSHOT_KEY: dump_snapshot(snapshot)}


def load_reading_result(result: JsonObject) -> AnalysisSnapshot:
    """Decode the result of a task that reads one face; raises ValidationError."""
    return load_snapshot(result[_SNAPSHOT_KEY])


def step_analysis_id(task_id: UUID, index: int) -> UUID:
    """Return the id of a step's analysis: equal at every repetition, so that repeating a step adds no analysis."""
    return uuid5(task_id, str(index))
