"""People of the gallery and their pictures: listed for callers, changed by administrators.

A picture is analysed once and not stored; its digest, its provenance, its embedding and its measures are. Every change
bumps the gallery's version in its own transaction, by which the search of every replica learns of it, and is recorded
in the audit log; `by` names the administrator.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Literal
from uuid import UUID

from gwansang.core.clock import Clock
from gwansang.core.paging import FIRST_PAGE, Page, PageRequest
from gwansang.models import Celebrity, CelebrityPhoto
from gwansang.repositories.celebrities import CelebrityExistsError, PhotoExistsError
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.idempotency_service import RecordCreation
from gwansang.services.lookalike.celebrities import (
    CelebrityInfo,
    CelebrityNotFoundError,
    CelebrityPhotoNotFoundError,
    PersonNames,
    PhotoInfo,
    PictureTooLargeError,
    Provenance,
    check_photo_is_new,
    normalize_text,
    person_info,
    photo_info,
    require_person,
    search_key,
    set_person_fields,
    set_photo_fields,
)
from gwansang.services.lookalike.gallery_archive import MAX_PICTURE_BYTES, GalleryEntry
from gwansang.services.lookalike.gallery_changes import Actor, GalleryChanges
from gwansang.services.lookalike.gallery_search import GallerySearch
from gwansang.services.ml.embedding_service import MODEL, EmbeddingService
from gwansang.services.protection.audit import AuditLog

__all__ = ["CelebrityExistsError", "CelebrityService", "PhotoExistsError"]

FindPerson = Callable[[Transaction], Awaitable[Celebrity]]
Outcome = Literal["added", "renewed"]  # renewed: the picture had features of an older model
PersonWithPhotos = tuple[CelebrityInfo, tuple[PhotoInfo, ...]]

Recorder = RecordCreation | None


class CelebrityService:
    """Queries and changes of the gallery."""

    def __init__(
        self,
        uow: UnitOfWork,
        embeddings: EmbeddingService,
        search: GallerySearch,
        audit: AuditLog,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._uow = uow
        self._embeddings = embeddings
        self._changes = GalleryChanges(search, audit)
        self._clock = clock
        self._new_id = new_id

    async def page(
        self, request: PageRequest = FIRST_PAGE, *, text: str | None = None, category: str | None = None
    ) -> Page[CelebrityInfo]:
        """Return people whose names contain a text, in a category; raises InvalidPageError."""
        async with self._uow.read() as tx:
            rows = await tx.celebrities.page(request, folded=search_key(text or ""), category=category)
            counts = await tx.celebrities.count_photos([row.id for row in rows.items], MODEL)
        return rows.map(lambda row: person_info(row, counts.get(row.id, (0, 0))))

    async def get(self, celebrity_id: int) -> PersonWithPhotos:
        """Return a person with their pictures; raises CelebrityNotFoundError."""
        async with self._uow.read() as tx:
            return (await _with_photos(tx, [require_person(await tx.celebrities.get(celebrity_id))]))[0]

    async def list_everyone(self) -> list[PersonWithPhotos]:
        """Return all people with their pictures, by id, as an export writes them: without embeddings."""
        people: list[PersonWithPhotos] = []
        last_id = 0
        async with self._uow.read() as tx:
            while rows := await tx.celebrities.list_after(last_id, 500):
                people += await _with_photos(tx, rows)
                last_id = rows[-1].id
        return people

    async def add(
        self, names: PersonNames, category: str, note: str = "", record: Recorder = None, *, by: Actor = None
    ) -> CelebrityInfo:
        """Add a person; raises CelebrityExistsError, InvalidCelebrityError."""
        row = _new_person(names, category, note, self._clock())
        async with self._uow.write() as tx:
            await tx.celebrities.add(row)
            await self._changes.record(tx, "person_added", row.id, by)
            if record is not None:
                await record(tx, row.id)
        self._changes.announce("person_added", row.id)
        return person_info(row, (0, 0))

    async def change(
        self,
        celebrity_id: int,
        *,
        name_ko: str | None = None,
        name_en: str | None = None,
        category: str | None = None,
        note: str | None = None,
        by: Actor = None,
    ) -> CelebrityInfo:
        """Change the given fields; raises CelebrityNotFoundError, CelebrityExistsError, InvalidCelebrityError."""
        async with self._uow.write() as tx:
            row = require_person(await tx.celebrities.get_for_update(celebrity_id))
            names = PersonNames(_default(name_ko, row.name_ko), _default(name_en, row.name_en))
            set_person_fields(row, names, _default(category, row.category), _default(note, row.note))
            row.updated_at = self._clock()
            await tx.celebrities.save(row)
            counts = await tx.celebrities.count_photos([celebrity_id], MODEL)
            await self._changes.record(tx, "person_changed", celebrity_id, by)
        self._changes.announce("person_changed", celebrity_id)
        return person_info(row, counts.get(celebrity_id, (0, 0)))

    async def remove(self, celebrity_id: int, *, by: Actor = None) -> None:
        """Delete a person with all their pictures' rows; raises CelebrityNotFoundError."""
        async with self._uow.write() as tx:
            if not await tx.celebrities.delete(celebrity_id):
                raise CelebrityNotFoundError("There is no such person in the gallery.")
            await self._changes.record(tx, "person_removed", celebrity_id, by)
        self._changes.announce("person_removed", celebrity_id)

    async def add_photo(
        self, celebrity_id: int, picture: bytes, origin: Provenance, record: Recorder = None, *, by: Actor = None
    ) -> PhotoInfo:
        """Add a picture to a person, or renew one that has an embedding of an older network. Raises PhotoExistsError,
        CelebrityNotFoundError, InvalidCelebrityError, and if the picture or the face is unusable."""
        async with self._uow.read() as tx:
            require_person(await tx.celebrities.get(celebrity_id))
        lock_person = partial(_lock_person, celebrity_id)
        return (await self._store_photo(lock_person, picture, origin, self._new_id(), record, by=by))[1]

    async def import_picture(
        self, entry: GalleryEntry, picture: bytes, photo_id: UUID | None = None, *, by: Actor = None
    ) -> Outcome:
        """Add a picture of an import, and the person with their first usable picture; idempotent for one `photo_id`.
        Raises PhotoExistsError, InvalidCelebrityError, and if the picture or the face is unusable."""
        find_or_add_person = partial(_find_or_add_person, entry, self._clock())
        store = partial(self._store_photo, find_or_add_person, picture, entry.origin, photo_id or self._new_id(), by=by)
        try:
            return (await store())[0]
        except CelebrityExistsError:  # a concurrent import has added the person
            return (await store())[0]

    async def _store_photo(
        self,
        find_person: FindPerson,
        picture: bytes,
        origin: Provenance,
        photo_id: UUID,
        record: Recorder = None,
        *,
        by: Actor,
    ) -> tuple[Outcome, PhotoInfo]:
        _check_size(picture)
        digest = await asyncio.to_thread(lambda: hashlib.sha256(picture).hexdigest())
        async with self._uow.read() as tx:
            stored = await tx.celebrity_photos.get_by_digest(digest)
        if stored is not None and stored.id == photo_id and stored.model == MODEL:
            return "added", photo_info(stored)
        check_photo_is_new(stored)
        features = await self._embeddings.extract(picture)
        async with self._uow.write() as tx:
            stored = await tx.celebrity_photos.get_by_digest(digest)
            check_photo_is_new(stored)
            person = await find_person(tx)
            row = stored or CelebrityPhoto(id=photo_id, sha256=digest, created_at=self._clock())
            row.celebrity_id = person.id
            set_photo_fields(row, features, origin)
            await (tx.celebrity_photos.save(row) if stored else tx.celebrity_photos.add(row))
            person.updated_at = self._clock()
            await tx.celebrities.save(person)
            await self._changes.record(tx, "photo_renewed" if stored else "photo_added", person.id, by)
            if record is not None:
                await record(tx, row.id)
        self._changes.announce("photo_renewed" if stored else "photo_added", person.id)
        return "renewed" if stored else "added", photo_info(row)

    async def remove_photo(self, celebrity_id: int, photo_id: UUID, *, by: Actor = None) -> None:
        """Delete the row of a picture; raises CelebrityPhotoNotFoundError."""
        async with self._uow.write() as tx:
            if not await tx.celebrity_photos.delete(celebrity_id, photo_id):
                raise CelebrityPhotoNotFoundError("There is no such picture of this person.")
            await self._changes.record(tx, "photo_removed", celebrity_id, by)
        self._changes.announce("photo_removed", celebrity_id)


async def _lock_person(celebrity_id: int, tx: Transaction) -> Celebrity:
    return require_person(await tx.celebrities.get_for_update(celebrity_id))


async def _find_or_add_person(entry: GalleryEntry, now: datetime, tx: Transaction) -> Celebrity:
    names = PersonNames(normalize_text(entry.names.name_ko), normalize_text(entry.names.name_en))
    return await tx.celebrities.get_by_names(names.name_ko, names.name_en) or await tx.celebrities.add(
        _new_person(names, entry.category, entry.note, now)
    )


def _check_size(picture: bytes) -> None:
    if len(picture) > MAX_PICTURE_BYTES:
        raise PictureTooLargeError(f"A picture may have {MAX_PICTURE_BYTES} bytes.", max_bytes=MAX_PICTURE_BYTES)


async def _with_photos(tx: Transaction, rows: Sequence[Celebrity]) -> list[PersonWithPhotos]:
    photos: dict[int, list[PhotoInfo]] = defaultdict(list)
    for photo in await tx.celebrity_photos.list_for_people([row.id for row in rows]):
        photos[photo.celebrity_id].append(photo_info(photo))
    return [
        (person_info(row, (len(photos[row.id]), sum(photo.current for photo in photos[row.id]))), tuple(photos[row.id]))
        for row in rows
    ]


def _new_person(names: PersonNames, category: str, note: str, now: datetime) -> Celebrity:
    row = Celebrity(created_at=now, updated_at=now)
    set_person_fields(row, names, category, note)
    return row


def _default(given: str | None, stored: str) -> str:
    return stored if given is None else given
