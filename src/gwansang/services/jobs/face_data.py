"""Inputs and outcomes of jobs about faces, as JSON that is validated whenever it is loaded."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID, uuid5

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from gwansang.core.jsonable import JsonObject
from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.services.ml.face_analyzer import FaceObservation, FaceQuery
from gwansang.services.readings.analysis_service import ReadingInput
from gwansang.services.readings.snapshot import AnalysisSnapshot
from gwansang.texts import DEFAULT_LOCALE, Locale
from gwansang.vision.face import Pose, Quality

_SNAPSHOT: Final = cache(lambda: TypeAdapter(AnalysisSnapshot))  # built at first use: 20 ms of the start otherwise
_SNAPSHOT_KEY: Final = "told"  # in stored results, so it can't be renamed


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReadingRequest(_Strict):
    """Everything about a request but its photos, which are the inputs before it; `names` are those of their files."""

    locale: Locale = DEFAULT_LOCALE
    birth_year: int | None = None
    landmarks: tuple[tuple[float, ...], ...] | None = None
    image_width: int | None = None
    image_height: int | None = None
    names: tuple[str, ...] = ()


class _StoredReadingInput(_Strict):
    points: tuple[tuple[float, float], ...] = Field(alias="places")  # stored under the alias
    pose: Pose
    quality: Quality
    measures: Mapping[str, MeasuredValue]
    asymmetry: Mapping[str, float]
    locale: Locale
    birth_year: int | None
    seen_at: datetime


def encode_query(query: FaceQuery) -> list[bytes]:
    """Encode a query as inputs of a task: its photos, then the request."""
    landmarks = None if query.landmarks is None else tuple(map(tuple, query.landmarks.tolist()))
    request = ReadingRequest(
        locale=query.locale,
        birth_year=query.birth_year,
        landmarks=landmarks,
        image_width=query.image_width,
        image_height=query.image_height,
    )
    photos = [query.image, *query.more_images] if query.image is not None else []
    return [*photos, dump_request(request)]


def decode_query(request: ReadingRequest, photos: tuple[bytes, ...]) -> FaceQuery:
    """Rebuild a query from its inputs."""
    return FaceQuery(
        locale=request.locale,
        birth_year=request.birth_year,
        image=photos[0] if photos else None,
        landmarks=None if request.landmarks is None else np.array(request.landmarks, dtype=np.float64),
        image_width=request.image_width,
        image_height=request.image_height,
        more_images=photos[1:],
    )


def dump_request(request: ReadingRequest) -> bytes:
    """Encode a request as an input of a task."""
    return request.model_dump_json().encode()


def load_request(data: bytes) -> ReadingRequest:
    """Decode a request; raises ValidationError."""
    return ReadingRequest.model_validate_json(data)


def dump_reading_input(reading_input: ReadingInput) -> JsonValue:
    """Encode an observed face, so that another process can read it."""
    observation = reading_input.observation
    data: JsonValue = _StoredReadingInput(
        places=tuple((x, y) for x, y in observation.points.tolist()),
        pose=observation.pose,
        quality=observation.quality,
        measures=observation.measures.values,
        asymmetry=observation.measures.asymmetry,
        locale=reading_input.locale,
        birth_year=reading_input.birth_year,
        seen_at=reading_input.seen_at,
    ).model_dump(mode="json", by_alias=True)
    return data


def load_reading_input(data: JsonValue) -> ReadingInput:
    """Decode an observed face; raises ValidationError."""
    stored = _StoredReadingInput.model_validate(data)
    measures = Measures(stored.measures, stored.asymmetry)
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
