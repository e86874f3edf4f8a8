"""People of the gallery as plain data, and what may be said of them."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import JsonValue, TypeAdapter

from gwansang.core.exceptions import InvalidInput, NotFound, TooLarge
from gwansang.models import Celebrity, CelebrityPhoto
from gwansang.repositories.celebrities import PhotoExistsError
from gwansang.services.lookalike.gallery import STORED_MEASURES, stored
from gwansang.services.ml.embedding_service import MODEL, Portrait

_JSON: Final[TypeAdapter[dict[str, JsonValue]]] = TypeAdapter(dict[str, JsonValue])
MAX_NAME: Final = 100
MAX_CATEGORY: Final = 40
MAX_LICENCE: Final = 100
MAX_TEXT: Final = 500


class CelebrityNotFoundError(NotFound):
    code = "CELEBRITY_NOT_FOUND"
    title = "There is no such person in the gallery"


class CelebrityPhotoNotFoundError(NotFound):
    code = "CELEBRITY_PHOTO_NOT_FOUND"
    title = "There is no such picture in the gallery"


class InvalidCelebrityError(InvalidInput):
    """Carries `field` in its context."""

    code = "INVALID_CELEBRITY"
    title = "This can't be said of a person of the gallery"


class PictureTooLargeError(TooLarge):
    """Carries `max_bytes` in its context."""

    code = "CELEBRITY_PICTURE_TOO_LARGE"
    title = "The picture is too large"


@dataclass(frozen=True, slots=True)
class Names:
    """What tells a person of the gallery from the others."""

    name_ko: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a picture is from, under which licence it may be used, and who is to be named."""

    source: str = ""
    licence: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """A picture of the gallery; `current` says whether the network of this release saw it, so that it is searched."""

    id: UUID
    sha256: str
    source: str
    licence: str
    attribution: str
    quality: float
    current: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CelebrityInfo:
    """A person of the gallery. photos, usable: how many pictures there are, and how many of them are searched."""

    id: int
    name_ko: str
    name_en: str
    category: str
    note: str
    photos: int
    usable: int
    created_at: datetime
    updated_at: datetime


def folded(text: str) -> str:
    """Letters and digits only, in one case: what spaces, hyphens and capitals are not to keep from being found."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def describe(row: Celebrity, names: Names, category: str, note: str) -> None:
    """Writes into a row what is said of a person; raises InvalidCelebrityError."""
    row.name_ko = _checked("name_ko", names.name_ko, MAX_NAME)
    row.name_en = _checked("name_en", names.name_en, MAX_NAME)
    row.category = _checked("category", category, MAX_CATEGORY)
    row.note = _checked("note", note, MAX_TEXT, empty=True)
    row.found_by = f"{folded(row.name_ko)} {folded(row.name_en)}"[:500]


def fill(row: CelebrityPhoto, portrait: Portrait, origin: Origin) -> None:
    """Writes into a row what is known of a picture; raises InvalidCelebrityError."""
    row.source = _checked("source", origin.source, MAX_TEXT, empty=True)
    row.licence = _checked("licence", origin.licence, MAX_LICENCE, empty=True)
    row.attribution = _checked("attribution", origin.attribution, MAX_TEXT, empty=True)
    row.model = MODEL
    row.embedding = stored(portrait.embedding)
    row.measures = _JSON.validate_python(STORED_MEASURES.dump_python(portrait.measures, mode="json"))
    row.quality = portrait.quality


def clean(text: str) -> str:
    """One spelling for what looks alike."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _checked(field: str, text: str, longest: int, *, empty: bool = False) -> str:
    told = clean(text)
    printable = all(unicodedata.category(letter)[0] != "C" for letter in told)
    if len(told) > longest or not printable or not (told or empty):
        message = f"{field} must have {0 if empty else 1} to {longest} printable characters."
        raise InvalidCelebrityError(message, field=field)
    return told


def check_new(known: CelebrityPhoto | None) -> None:
    """Raises PhotoExistsError unless the picture is new, or only an older network has seen it."""
    if known is not None and known.model == MODEL:
        raise PhotoExistsError("This very picture is in the gallery already.", celebrity_id=known.celebrity_id)


def found(row: Celebrity | None) -> Celebrity:
    """The person; raises CelebrityNotFoundError for none."""
    if row is None:
        raise no_such_person()
    return row


def no_such_person() -> CelebrityNotFoundError:
    """What to say where there is none."""
    return CelebrityNotFoundError("There is no such person in the gallery.")


def counted(photos: Sequence[CelebrityPhoto]) -> tuple[int, int]:
    """How many pictures there are, and how many of them are searched."""
    return len(photos), sum(photo.model == MODEL for photo in photos)


def person_info(row: Celebrity, counts: tuple[int, int]) -> CelebrityInfo:
    """A row as plain data."""
    photos, usable = counts
    return CelebrityInfo(
        id=row.id,
        name_ko=row.name_ko,
        name_en=row.name_en,
        category=row.category,
        note=row.note,
        photos=photos,
        usable=usable,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def photo_info(row: CelebrityPhoto) -> PhotoInfo:
    """A row as plain data, without what the network said."""
    return PhotoInfo(
        id=row.id,
        sha256=row.sha256,
        source=row.source,
        licence=row.licence,
        attribution=row.attribution,
        quality=row.quality,
        current=row.model == MODEL,
        created_at=row.created_at,
    )
