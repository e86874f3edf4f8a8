"""Outcomes of the parts of a clip, as JSON that is validated when it is loaded."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
from pydantic import Field, JsonValue

from gwansang.core.jsonable import JsonObject
from gwansang.reading.measurements import MEASURE_VERSION, MeasuredValue, Measures
from gwansang.services.jobs.stored import MeasureVersion, Strict
from gwansang.services.readings.clip_reader import ClipPart, FrameObservation
from gwansang.vision.face import Pose, Quality


class _StoredFrame(Strict):
    second: float
    pose: Pose
    quality: Quality
    measures: Mapping[str, MeasuredValue]
    points: tuple[tuple[float, float], ...] | None = Field(alias="places")  # stored under the alias
    distances: tuple[float, ...]


class _StoredPart(Strict):
    measuring: MeasureVersion
    seen_at: datetime
    glimpses: tuple[_StoredFrame, ...]
    refused: Mapping[str, int]
    contexts: Mapping[str, JsonObject]


def dump_part(part: ClipPart, seen_at: datetime) -> JsonValue:
    """Encode a part, so that another process can combine it with the others."""
    frames = tuple(map(_dump_frame, part.frames))
    stored = _StoredPart(
        measuring=MEASURE_VERSION, seen_at=seen_at, glimpses=frames, refused=part.rejected, contexts=part.contexts
    )
    data: JsonValue = stored.model_dump(mode="json", by_alias=True)
    return data


def load_part(data: JsonValue) -> tuple[ClipPart, datetime]:
    """Decode a part and the time of its observation; raises ValidationError, also if it was measured in another way."""
    stored = _StoredPart.model_validate(data)
    part = ClipPart(tuple(map(_load_frame, stored.glimpses)), dict(stored.refused), dict(stored.contexts))
    return part, stored.seen_at


def _dump_frame(frame: FrameObservation) -> _StoredFrame:
    points = None if frame.points is None else tuple((round(x, 6), round(y, 6)) for x, y in frame.points.tolist())
    return _StoredFrame(
        second=frame.second,
        pose=frame.pose,
        quality=frame.quality,
        measures=frame.measures.values,
        places=points,
        distances=frame.distances,
    )


def _load_frame(stored: _StoredFrame) -> FrameObservation:
    points = None if stored.points is None else np.array(stored.points, dtype=np.float64)
    measures = Measures(stored.measures)
    return FrameObservation(stored.second, stored.pose, stored.quality, measures, points, stored.distances)
