"""What a part of a clip has shown, as JSON: checked against its shape when it comes back."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
from pydantic import BaseModel, ConfigDict, JsonValue

from gwansang.reading.measurements import MeasuredValue, Measures
from gwansang.services.readings.clip_reader import ClipPart, FrameObservation
from gwansang.vision.face import Pose, Quality


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Glimpse(_Strict):
    second: float
    pose: Pose
    quality: Quality
    measures: Mapping[str, MeasuredValue]
    asymmetry: Mapping[str, float]
    places: tuple[tuple[float, float], ...] | None


class _Part(_Strict):
    seen_at: datetime
    glimpses: tuple[_Glimpse, ...]
    refused: Mapping[str, int]


def dump_part(part: ClipPart, seen_at: datetime) -> JsonValue:
    """A part, to be combined with the others by another process, too."""
    data: JsonValue = _Part(
        seen_at=seen_at, glimpses=tuple(map(_stored, part.frames)), refused=part.rejected
    ).model_dump(mode="json")
    return data


def load_part(data: JsonValue) -> tuple[ClipPart, datetime]:
    """A part, and when it was seen."""
    stored = _Part.model_validate(data)
    return ClipPart(tuple(map(_glimpse, stored.glimpses)), dict(stored.refused)), stored.seen_at


def _stored(one: FrameObservation) -> _Glimpse:
    places = None if one.points is None else tuple((round(x, 6), round(y, 6)) for x, y in one.points.tolist())
    return _Glimpse(
        second=one.second,
        pose=one.pose,
        quality=one.quality,
        measures=one.measures.values,
        asymmetry=one.measures.asymmetry,
        places=places,
    )


def _glimpse(stored: _Glimpse) -> FrameObservation:
    places = None if stored.places is None else np.array(stored.places, dtype=np.float64)
    measures = Measures(stored.measures, stored.asymmetry)
    return FrameObservation(stored.second, stored.pose, stored.quality, measures, places)
