"""People of the gallery as plain data, and the checks on what is stored of them."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from gwansang.core.exceptions import InvalidInput, NotFound, TooLarge
from gwansang.core.jsonable import JSON_OBJECT
from gwansang.models import Celebrity, CelebrityPhoto
from gwansang.models.base import from_row
from gwansang.repositories.celebrities import PhotoExistsError
from gwansang.services.lookalike.gallery import STORED_MEASURES, embedding_bytes
from gwansang.services.ml.embedding_service import MODEL, FaceFeatures

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
class PersonNames:
    """Korean and English name, which together identify a person of the gallery."""

    name_ko: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Source, licence and attribution of a picture."""

    source: str = ""
    licence: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """A picture of the gallery; current: its features are of this release's model, so that it is searched."""

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
    """A person of the gallery; photos, usable: the number of pictures, and of those that are searched."""

    id: int
    name_ko: str
    name_en: str
    category: str
    note: str
    photos: int
    usable: int
    created_at: datetime
    updated_at: datetime


def search_key(text: str) -> str:
    """Return only letters and digits, case-folded, so that spaces, hyphens and case don't matter to a search."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def set_person_fields(row: Celebrity, names: PersonNames, category: str, note: str) -> None:
    """Set the fields of a row; raises InvalidCelebrityError."""
    row.name_ko = _check_text("name_ko", names.name_ko, MAX_NAME)
    row.name_en = _check_text("name_en", names.name_en, MAX_NAME)
    row.category = _check_text("category", category, MAX_CATEGORY)
    row.note = _check_text("note", note, MAX_TEXT, empty=True)
    row.found_by = f"{search_key(row.name_ko)} {search_key(row.name_en)}"[:500]


def set_photo_fields(row: CelebrityPhoto, features: FaceFeatures, origin: Provenance) -> None:
    """Set the fields of a row; raises InvalidCelebrityError."""
    row.source = _check_text("source", origin.source, MAX_TEXT, empty=True)
    row.licence = _check_text("licence", origin.licence, MAX_LICENCE, empty=True)
    row.attribution = _check_text("attribution", origin.attribution, MAX_TEXT, empty=True)
    row.model = MODEL
    row.embedding = embedding_bytes(features.embedding)
    row.measures = JSON_OBJECT.validate_python(STORED_MEASURES.dump_python(features.measures, mode="json"))
    row.quality = features.quality


def normalize_text(text: str) -> str:
    """Return the text in NFC with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _check_text(field: str, text: str, longest: int, *, empty: bool = False) -> str:
    text = normalize_text(text)
    printable = all(unicodedata.category(letter)[0] != "C" for letter in text)
    if len(text) > longest or not printable or not (text or empty):
        message = f"{field} must have {0 if empty else 1} to {longest} printable characters."
        raise InvalidCelebrityError(message, field=field)
    return text


def check_photo_is_new(stored: CelebrityPhoto | None) -> None:
    """Raise PhotoExistsError if the picture is stored with features of this release's model."""
    if stored is not None and stored.model == MODEL:
        raise PhotoExistsError("This very picture is in the gallery already.", celebrity_id=stored.celebrity_id)


def require_person(row: Celebrity | None) -> Celebrity:
    """Return the person; raises CelebrityNotFoundError for None."""
    if row is None:
        raise CelebrityNotFoundError("There is no such person in the gallery.")
    return row


def person_info(row: Celebrity, counts: tuple[int, int]) -> CelebrityInfo:
    """Return a row as plain data; counts: of all pictures, and of those that are searched."""
    photos, usable = counts
    return from_row(CelebrityInfo, row, photos=photos, usable=usable)


def photo_info(row: CelebrityPhoto) -> PhotoInfo:
    """Return a row as plain data, without embedding and measures."""
    return from_row(PhotoInfo, row, current=row.model == MODEL)
