"""Many pictures for the gallery: each is looked at for itself, and what became of it is reported."""

from typing import Final, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from gwansang.core.exceptions import AppError, Forbidden, Unavailable
from gwansang.services.lookalike.celebrity_service import CelebrityService, PhotoExistsError
from gwansang.services.lookalike.gallery_archive import GalleryEntry
from gwansang.services.tasks.failure import Failure, failure_of
from gwansang.services.tasks.job import JobResult, JsonObject, TaskContext

IMPORT: Final = "import"
Fate = Literal["added", "renewed", "duplicate", "unusable"]


class ImportedPicture(BaseModel):
    """What became of one picture: which file of whom; `failure` says why it could not be used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    name_ko: str
    name_en: str
    fate: Fate
    failure: Failure | None = None


_ENTRY: Final = TypeAdapter(GalleryEntry)
_PICTURES: Final = TypeAdapter(tuple[ImportedPicture, ...])


def encode_picture(entry: GalleryEntry, picture: bytes) -> bytes:
    """An input of an import: a line that says whose the picture is, then the picture. One list of them all would be
    read again for each of thousands."""
    return b"\n".join((_ENTRY.dump_json(entry), picture))


def load_pictures(result: JsonObject) -> tuple[ImportedPicture, ...]:
    """What became of the pictures of an import that is done."""
    return _PICTURES.validate_python(result["pictures"])


class ImportJob:
    """A step a picture, which is an input."""

    kind = IMPORT

    def __init__(self, celebrities: CelebrityService) -> None:
        self._celebrities = celebrities

    async def plan(self, task: TaskContext) -> int:
        return task.inputs

    async def step(self, task: TaskContext, index: int) -> JsonValue:
        await task.stage("looking")
        line, _, picture = (await task.input(index)).partition(b"\n")
        photo_id = uuid5(task.id, str(index))  # the same again after a crash, so that nothing is its own duplicate
        became = await import_picture(self._celebrities, _ENTRY.validate_json(line), picture, photo_id)
        data: JsonValue = became.model_dump(mode="json")
        return data

    async def finish(self, task: TaskContext) -> JobResult:
        outcomes = await task.outcomes()
        return JobResult({"pictures": [outcomes[index] for index in sorted(outcomes)]})


async def import_picture(
    celebrities: CelebrityService, entry: GalleryEntry, picture: bytes, photo_id: UUID | None = None
) -> ImportedPicture:
    """Looks at one picture; what is wrong with it is told, what is wrong with the service is raised."""
    fate: Fate
    failure: Failure | None = None
    try:
        fate = await celebrities.import_picture(entry, picture, photo_id)
    except PhotoExistsError:
        fate = "duplicate"
    except (Unavailable, Forbidden):
        raise
    except AppError as error:
        fate, failure = "unusable", failure_of(error)
    return ImportedPicture(
        file=entry.file, name_ko=entry.names.name_ko, name_en=entry.names.name_en, fate=fate, failure=failure
    )
