"""What jobs about faces are given and what they hand on, as JSON: checked against its shape wherever it comes in."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID, uuid5

import numpy as np
from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.services.ml.face_analyzer import FaceObservation, FaceQuery
from gwansang.services.readings.analysis_service import ReadingInput
from gwansang.services.readings.snapshot import AnalysisSnapshot
from gwansang.texts import DEFAULT_LOCALE, Locale
from gwansang.vision.face import Pose, Quality

_SNAPSHOT: Final = cache(lambda: TypeAdapter(AnalysisSnapshot))  # built at first use: 20 ms of the start otherwise


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReadingRequest(_Strict):
    """What is asked of the photos that lie before it among a task's inputs; `names` are those of their files."""

    locale: Locale = DEFAULT_LOCALE
    birth_year: int | None = None
    landmarks: tuple[tuple[float, ...], ...] | None = None
    image_width: int | None = None
    image_height: int | None = None
    names: tuple[str, ...] = ()


class _Sight(_Strict):
    """A `ReadingInput` in JSON."""

    places: tuple[tuple[float, float], ...]
    pose: Pose
    quality: Quality
    measures: Mapping[str, MeasuredValue]
    asymmetry: Mapping[str, float]
    locale: Locale
    birth_year: int | None
    seen_at: datetime


def encode_query(query: FaceQuery) -> list[bytes]:
    """A question as a task's inputs: its photos, then the rest of it."""
    landmarks = None if query.landmarks is None else tuple(map(tuple, query.landmarks.tolist()))
    order = ReadingRequest(
        locale=query.locale,
        birth_year=query.birth_year,
        landmarks=landmarks,
        image_width=query.image_width,
        image_height=query.image_height,
    )
    photos = [query.image, *query.more_images] if query.image is not None else []
    return [*photos, dump_request(order)]


def decode_query(order: ReadingRequest, photos: tuple[bytes, ...]) -> FaceQuery:
    """The question again."""
    return FaceQuery(
        locale=order.locale,
        birth_year=order.birth_year,
        image=photos[0] if photos else None,
        landmarks=None if order.landmarks is None else np.array(order.landmarks, dtype=np.float64),
        image_width=order.image_width,
        image_height=order.image_height,
        more_images=photos[1:],
    )


def dump_request(order: ReadingRequest) -> bytes:
    """The order as an input of a task."""
    return order.model_dump_json().encode()


def load_request(data: bytes) -> ReadingRequest:
    """The order in an input of a task."""
    return ReadingRequest.model_validate_json(data)


def dump_reading_input(sight: ReadingInput) -> JsonValue:
    """What was seen, to be told by another process, too."""
    look = sight.observation
    data: JsonValue = _Sight(
        places=tuple((x, y) for x, y in look.points.tolist()),
        pose=look.pose,
        quality=look.quality,
        measures=look.measures.values,
        asymmetry=look.measures.asymmetry,
        locale=sight.locale,
        birth_year=sight.birth_year,
        seen_at=sight.seen_at,
    ).model_dump(mode="json")
    return data


def load_reading_input(data: JsonValue) -> ReadingInput:
    """What was seen."""
    seen = _Sight.model_validate(data)
    measures = Measures(seen.measures, seen.asymmetry)
    look = FaceObservation(np.array(seen.places, dtype=np.float64), seen.pose, seen.quality, measures)
    return ReadingInput(look, seen.locale, seen.birth_year, seen.seen_at)


def dump_snapshot(told: AnalysisSnapshot) -> JsonValue:
    """What was told, to be shown later."""
    data: JsonValue = _SNAPSHOT().dump_python(told, mode="json")
    return data


def load_snapshot(data: JsonValue) -> AnalysisSnapshot:
    """What was told."""
    return _SNAPSHOT().validate_python(data)


def step_analysis_id(task_id: UUID, index: int) -> UUID:
    """The same each time a step is done, so that a reading that is made twice is one reading."""
    return uuid5(task_id, str(index))
