"""Outcomes and result of a batch of photos, as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field, JsonValue, SkipValidation, TypeAdapter

from gwansang.core.jsonable import JsonObject
from gwansang.reading.model import Energy
from gwansang.services.jobs.face_data import dump_snapshot
from gwansang.services.readings.snapshot import AnalysisSnapshot
from gwansang.services.tasks.failure import Failure


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """The part of a reading that a list shows."""

    analysis_id: UUID
    overall_score: int
    element: str
    energy_scores: dict[Energy, int]
    quality_score: float


@dataclass(frozen=True, slots=True)
class BatchPhoto:
    """One photo of a batch: its reading as a summary and as a dumped snapshot, or the failure. `snapshot` stays
    unvalidated: validating fifty whole readings takes long, and a caller needs one."""

    # The aliases are the names in stored results, so they can't be renamed.
    summary: Annotated[ReadingSummary | None, Field(alias="short")] = None
    snapshot: Annotated[JsonValue, SkipValidation, Field(alias="told")] = None
    failure: Failure | None = None

    @classmethod
    def from_snapshot(cls, snapshot: AnalysisSnapshot) -> Self:
        """Return a photo with its reading."""
        reading = snapshot.kept.reading
        summary = ReadingSummary(
            analysis_id=snapshot.kept.analysis_id,
            overall_score=reading.overall_score,
            element=reading.element.primary,
            energy_scores=reading.energy_scores,
            quality_score=snapshot.kept.quality.score,
        )
        return cls(summary, dump_snapshot(snapshot))


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Every photo of a batch in its order, with the file names that the client sent."""

    photos: tuple[BatchPhoto, ...]
    names: tuple[str, ...]


# Built at first use: 8 ms of the start otherwise.
_PHOTO: Final = cache(lambda: TypeAdapter(BatchPhoto))
_RESULT: Final = cache(lambda: TypeAdapter(BatchResult))


def dump_photo(photo: BatchPhoto) -> JsonValue:
    """Encode a photo as the outcome of a step."""
    data: JsonValue = _PHOTO().dump_python(photo, mode="json", by_alias=True)
    return data


def load_photo(data: JsonValue) -> BatchPhoto:
    """Decode the outcome of a step; raises ValidationError."""
    return _PHOTO().validate_python(data)


def batch_result(photos: Sequence[JsonValue], names: Sequence[str]) -> JsonObject:
    """Return the result of a batch, made of the unchanged outcomes of its steps."""
    return {"photos": list(photos), "names": list(names)}


def load_batch(data: JsonObject) -> BatchResult:
    """Decode the result of a batch; raises ValidationError."""
    return _RESULT().validate_python(data)
