"""Job that imports pictures into the gallery, each alone, and reports what happened to it."""

from typing import Final, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from gwansang.core.exceptions import AppError, Forbidden, Unavailable
from gwansang.core.jsonable import JsonObject
from gwansang.services.jobs.stored import can_load
from gwansang.services.lookalike.celebrity_service import CelebrityService, PhotoExistsError
from gwansang.services.lookalike.gallery_archive import GalleryEntry
from gwansang.services.lookalike.gallery_changes import Actor
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.job import JobResult, TaskContext
from gwansang.services.tasks.kinds import IMPORT

Outcome = Literal["added", "renewed", "duplicate", "unusable"]


class ImportedPicture(BaseModel):
    """Outcome of one picture: its file, its person, and the failure if it could not be used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    name_ko: str
    name_en: str
    fate: Outcome  # stored under this name
    failure: Failure | None = None


_ENTRY: Final = TypeAdapter(GalleryEntry)
_PICTURES: Final = TypeAdapter(tuple[ImportedPicture, ...])


def encode_picture(entry: GalleryEntry, picture: bytes) -> bytes:
    """Encode a picture as an input: a line with its entry, then its bytes. One list of all entries would be loaded
    again for each of thousands of pictures."""
    return b"\n".join((_ENTRY.dump_json(entry), picture))


def load_pictures(result: JsonObject) -> tuple[ImportedPicture, ...]:
    """Decode the result of an import; raises ValidationError."""
    return _PICTURES.validate_python(result["pictures"])


class ImportJob:
    """One step a picture, each of which is an input."""

    kind = IMPORT

    def __init__(self, celebrities: CelebrityService) -> None:
        self._celebrities = celebrities

    async def plan(self, task: TaskContext) -> int:
        return task.inputs

    async def step(self, task: TaskContext, index: int) -> JsonValue:
        await task.stage("looking")
        line, _, picture = (await task.input(index)).partition(b"\n")
        photo_id = uuid5(task.id, str(index))  # equal at every repetition, so that no picture is its own duplicate
        entry = _ENTRY.validate_json(line)
        imported = await import_picture(self._celebrities, entry, picture, photo_id, by=task.user_id)
        data: JsonValue = imported.model_dump(mode="json")
        return data

    def accepts(self, outcome: JsonValue) -> bool:
        return can_load(ImportedPicture.model_validate, outcome)

    async def finish(self, task: TaskContext) -> JobResult:
        outcomes = await task.outcomes()
        return JobResult({"pictures": [outcomes[index] for index in sorted(outcomes)]})


async def import_picture(
    celebrities: CelebrityService,
    entry: GalleryEntry,
    picture: bytes,
    photo_id: UUID | None = None,
    *,
    by: Actor = None,
) -> ImportedPicture:
    """Import one picture for an administrator; errors of the picture are returned, errors of the service raised."""
    outcome: Outcome
    failure: Failure | None = None
    try:
        outcome = await celebrities.import_picture(entry, picture, photo_id, by=by)
    except PhotoExistsError:
        outcome = "duplicate"
    except (Unavailable, Forbidden):
        raise
    except AppError as error:
        outcome, failure = "unusable", Failure.from_error(error)
    return ImportedPicture(
        file=entry.file, name_ko=entry.names.name_ko, name_en=entry.names.name_en, fate=outcome, failure=failure
    )
