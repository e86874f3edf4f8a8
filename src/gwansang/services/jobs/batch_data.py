"""What became of the photos of a batch, as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue, TypeAdapter

from gwansang.services.jobs.failure import Failure
from gwansang.services.jobs.job import JsonObject
from gwansang.services.told import ToldAnalysis


@dataclass(frozen=True, slots=True)
class BatchPhoto:
    """One photo of a batch: its reading, or why there is none."""

    told: ToldAnalysis | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Every photo of a batch in its order, and the names that the client gave their files."""

    photos: tuple[BatchPhoto, ...]
    names: tuple[str, ...]


_PHOTO: Final = TypeAdapter(BatchPhoto)
_RESULT: Final = TypeAdapter(BatchResult)


def photo_data(photo: BatchPhoto) -> JsonValue:
    """The outcome of a step."""
    data: JsonValue = _PHOTO.dump_python(photo, mode="json")
    return data


def photo_of(data: JsonValue) -> BatchPhoto:
    """What a step produced."""
    return _PHOTO.validate_python(data)


def batch_data(photos: Sequence[JsonValue], names: Sequence[str]) -> JsonObject:
    """The result of a batch, made of the outcomes of its steps as they are."""
    return {"photos": list(photos), "names": list(names)}


def batch_of(data: JsonObject) -> BatchResult:
    """The result of a batch."""
    return _RESULT.validate_python(data)
