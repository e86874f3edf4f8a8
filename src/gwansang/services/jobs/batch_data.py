"""What became of the photos of a batch, as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Final
from uuid import UUID

from pydantic import JsonValue, SkipValidation, TypeAdapter

from gwansang.reading.model import Energy
from gwansang.services.jobs.face_data import dump_snapshot
from gwansang.services.readings.snapshot import AnalysisSnapshot
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.job import JsonObject


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """What a list of readings shows of one."""

    analysis_id: UUID
    overall_score: int
    element: str
    energy_scores: dict[Energy, int]
    quality_score: float


@dataclass(frozen=True, slots=True)
class BatchPhoto:
    """One photo of a batch: its reading as a summary and as a dumped snapshot, or the failure. `told` stays
    unvalidated: validating fifty whole readings takes long, and a caller needs one."""

    short: ReadingSummary | None = None
    told: Annotated[JsonValue, SkipValidation] = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Every photo of a batch in its order, and the names that the client gave their files."""

    photos: tuple[BatchPhoto, ...]
    names: tuple[str, ...]


# Built at first use: 8 ms of the start otherwise.
_PHOTO: Final = cache(lambda: TypeAdapter(BatchPhoto))
_RESULT: Final = cache(lambda: TypeAdapter(BatchResult))


def read_photo(told: AnalysisSnapshot) -> BatchPhoto:
    """A photo with its reading."""
    reading = told.kept.reading
    short = ReadingSummary(
        analysis_id=told.kept.analysis_id,
        overall_score=reading.overall_score,
        element=reading.element.primary,
        energy_scores=reading.energy_scores,
        quality_score=told.kept.quality.score,
    )
    return BatchPhoto(short, dump_snapshot(told))


def dump_photo(photo: BatchPhoto) -> JsonValue:
    """The outcome of a step."""
    data: JsonValue = _PHOTO().dump_python(photo, mode="json")
    return data


def load_photo(data: JsonValue) -> BatchPhoto:
    """What a step produced."""
    return _PHOTO().validate_python(data)


def batch_result(photos: Sequence[JsonValue], names: Sequence[str]) -> JsonObject:
    """The result of a batch, made of the outcomes of its steps as they are."""
    return {"photos": list(photos), "names": list(names)}


def load_batch(data: JsonObject) -> BatchResult:
    """The result of a batch."""
    return _RESULT().validate_python(data)
