"""The gallery's people and their pictures, as callers see them and as administrators change them.

A picture is looked at once and not kept: its digest, where it is from, and what was measured on it stay. Every change
bumps the gallery's version in its own transaction, and so reaches the search of every replica.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.paging import Page, PageRequest
from gwansang.models import Celebrity, CelebrityPhoto
from gwansang.repositories.celebrities import CelebrityExistsError, PhotoExistsError
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.lookalike.celebrities import (
    CelebrityInfo,
    CelebrityPhotoNotFoundError,
    Names,
    Origin,
    PhotoInfo,
    PictureTooLargeError,
    check_new,
    clean,
    counted,
    describe,
    fill,
    folded,
    found,
    no_such_person,
    person_info,
    photo_info,
)
from gwansang.services.lookalike.gallery_archive import MAX_PICTURE_BYTES, Entry
from gwansang.services.lookalike.gallery_search import GallerySearch
from gwansang.services.ml.embedding_service import MODEL, EmbeddingService

__all__ = ["CelebrityExistsError", "CelebrityService", "PhotoExistsError"]

_log = structlog.get_logger("gwansang.gallery")


class CelebrityService:
    """Lists the gallery and changes it."""

    def __init__(
        self,
        uow: UnitOfWork,
        embeddings: EmbeddingService,
        search: GallerySearch,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._uow = uow
        self._embeddings = embeddings
        self._search = search
        self._clock = clock
        self._new_id = new_id

    async def page(
        self, page: int = 1, size: int = 20, *, text: str | None = None, category: str | None = None
    ) -> Page[CelebrityInfo]:
        """People whose names hold a text, in a category; raises InvalidPageError."""
        asked = PageRequest(page, size)
        async with self._uow.read() as tx:
            shown = await tx.celebrities.page(asked, folded=folded(text or ""), category=category)
            counts = await tx.celebrities.count_photos([row.id for row in shown.items], MODEL)
        return shown.map(lambda row: person_info(row, counts.get(row.id, (0, 0))))

    async def get(self, celebrity_id: int) -> tuple[CelebrityInfo, tuple[PhotoInfo, ...]]:
        """A person with their pictures; raises CelebrityNotFoundError."""
        async with self._uow.read() as tx:
            return (await _each_with_pictures(tx, [found(await tx.celebrities.get(celebrity_id))]))[0]

    async def add(self, names: Names, category: str, note: str = "") -> CelebrityInfo:
        """A new person; raises CelebrityExistsError, InvalidCelebrityError."""
        now = self._clock()
        row = Celebrity(created_at=now, updated_at=now)
        describe(row, names, category, note)
        async with self._uow.write() as tx:
            await tx.celebrities.add(row)
            await tx.gallery_version.bump()
        self._tell("gallery.person_added", celebrity_id=row.id)
        return person_info(row, (0, 0))

    async def change(
        self,
        celebrity_id: int,
        *,
        name_ko: str | None = None,
        name_en: str | None = None,
        category: str | None = None,
        note: str | None = None,
    ) -> CelebrityInfo:
        """Changes what is given; raises CelebrityNotFoundError, CelebrityExistsError, InvalidCelebrityError."""
        async with self._uow.write() as tx:
            row = found(await tx.celebrities.get_for_update(celebrity_id))
            names = Names(_or(name_ko, row.name_ko), _or(name_en, row.name_en))
            describe(row, names, _or(category, row.category), _or(note, row.note))
            row.updated_at = self._clock()
            await tx.celebrities.save(row)
            await tx.gallery_version.bump()
            counts = await tx.celebrities.count_photos([celebrity_id], MODEL)
        self._tell("gallery.person_changed", celebrity_id=celebrity_id)
        return person_info(row, counts.get(celebrity_id, (0, 0)))

    async def remove(self, celebrity_id: int) -> None:
        """Deletes a person with everything known of their pictures; raises CelebrityNotFoundError."""
        async with self._uow.write() as tx:
            if not await tx.celebrities.delete(celebrity_id):
                raise no_such_person()
            await tx.gallery_version.bump()
        self._tell("gallery.person_removed", celebrity_id=celebrity_id)

    async def add_photo(self, celebrity_id: int, picture: bytes, origin: Origin) -> PhotoInfo:
        """Looks at a picture for a person; one that an older network saw is looked at anew. Raises PhotoExistsError,
        CelebrityNotFoundError, InvalidCelebrityError, and what is wrong with the picture or the face."""
        async with self._uow.read() as tx:
            found(await tx.celebrities.get(celebrity_id))

        async def whose(tx: Transaction) -> Celebrity:
            return found(await tx.celebrities.get_for_update(celebrity_id))

        return (await self._look(whose, picture, origin, self._new_id()))[1]

    async def take(self, entry: Entry, picture: bytes, photo_id: UUID | None = None) -> Literal["added", "renewed"]:
        """Looks at a picture of an import; the person is added with their first usable picture. Done twice with one
        `photo_id` it is done once. Raises PhotoExistsError, InvalidCelebrityError, and what is wrong with the picture
        or the face."""

        async def whose(tx: Transaction) -> Celebrity:
            names = Names(clean(entry.names.name_ko), clean(entry.names.name_en))
            known = await tx.celebrities.get_by_names(names.name_ko, names.name_en)
            return known or await tx.celebrities.add(_new_person(entry, names, self._clock()))

        new_id = photo_id or self._new_id()
        try:
            return (await self._look(whose, picture, entry.origin, new_id))[0]
        except CelebrityExistsError:  # another import added the person at this very moment
            return (await self._look(whose, picture, entry.origin, new_id))[0]

    async def _look(
        self, whose: Callable[[Transaction], Awaitable[Celebrity]], picture: bytes, origin: Origin, photo_id: UUID
    ) -> tuple[Literal["added", "renewed"], PhotoInfo]:
        if len(picture) > MAX_PICTURE_BYTES:
            message = f"A picture may have {MAX_PICTURE_BYTES} bytes."
            raise PictureTooLargeError(message, max_bytes=MAX_PICTURE_BYTES)
        digest = await asyncio.to_thread(lambda: hashlib.sha256(picture).hexdigest())
        async with self._uow.read() as tx:
            known = await tx.celebrity_photos.get_by_digest(digest)
        if known is not None and known.id == photo_id and known.model == MODEL:
            return "added", photo_info(known)
        check_new(known)
        portrait = await self._embeddings.portrait(picture)
        async with self._uow.write() as tx:
            known = await tx.celebrity_photos.get_by_digest(digest)
            check_new(known)
            person = await whose(tx)
            row = known or CelebrityPhoto(id=photo_id, sha256=digest, created_at=self._clock())
            row.celebrity_id = person.id
            fill(row, portrait, origin)
            await (tx.celebrity_photos.save(row) if known else tx.celebrity_photos.add(row))
            person.updated_at = self._clock()
            await tx.celebrities.save(person)
            await tx.gallery_version.bump()
        done: Literal["added", "renewed"] = "renewed" if known else "added"
        self._tell(f"gallery.photo_{done}", celebrity_id=row.celebrity_id)
        return done, photo_info(row)

    async def remove_photo(self, celebrity_id: int, photo_id: UUID) -> None:
        """Deletes what is known of a picture; raises PhotoNotFoundError."""
        async with self._uow.write() as tx:
            if not await tx.celebrity_photos.delete(celebrity_id, photo_id):
                raise CelebrityPhotoNotFoundError("There is no such picture of this person.")
            await tx.gallery_version.bump()
        self._tell("gallery.photo_removed", celebrity_id=celebrity_id)

    async def all_people(self) -> list[tuple[CelebrityInfo, tuple[PhotoInfo, ...]]]:
        """Everybody with their pictures, by id: what an export writes. Embeddings stay here."""
        told: list[tuple[CelebrityInfo, tuple[PhotoInfo, ...]]] = []
        last = 0
        async with self._uow.read() as tx:
            while rows := await tx.celebrities.list_after(last, 500):
                told += await _each_with_pictures(tx, rows)
                last = rows[-1].id
        return told

    def _tell(self, event: str, **facts: object) -> None:
        _log.info(event, **facts)
        self._search.changed()


async def _each_with_pictures(
    tx: Transaction, rows: Sequence[Celebrity]
) -> list[tuple[CelebrityInfo, tuple[PhotoInfo, ...]]]:
    of: dict[int, list[CelebrityPhoto]] = defaultdict(list)
    for photo in await tx.celebrity_photos.list_for_people([row.id for row in rows]):
        of[photo.celebrity_id].append(photo)
    return [(person_info(row, counted(of[row.id])), tuple(map(photo_info, of[row.id]))) for row in rows]


def _new_person(entry: Entry, names: Names, now: datetime) -> Celebrity:
    row = Celebrity(created_at=now, updated_at=now)
    describe(row, names, entry.category, entry.note)
    return row


def _or(given: str | None, known: str) -> str:
    return known if given is None else given
