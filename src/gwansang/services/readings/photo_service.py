"""Photos of kept analyses, for those who want them kept: a copy without its metadata, linked for minutes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import InvalidInput, NotFound, Unavailable
from gwansang.models.photo import Photo, PhotoObject
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.protection.photo_cleaner import PhotoCleaner
from gwansang.storage.base import ObjectStore, StorageUnavailableError
from gwansang.vision.copying import PhotoCopy

__all__ = ["PhotoLink", "PhotoNotFoundError", "PhotoService", "StorageUnavailableError"]

_log = structlog.get_logger("gwansang.photos")
_LINK_S: Final = 300
_GRACE: Final = timedelta(minutes=10)  # between an object and its row lie milliseconds
Copier = Callable[[bytes], Awaitable[PhotoCopy]]


class PhotoNotFoundError(NotFound):
    """No photo was kept of this analysis, or it is someone else's: nobody is told which."""

    code = "PHOTO_NOT_FOUND"
    title = "There is no photo of this analysis"


@dataclass(frozen=True, slots=True, repr=False)
class PhotoLink:
    """Where a photo can be fetched until `expires_at`; its width and height are in pixels."""

    url: str
    expires_at: datetime
    width: int
    height: int


class PhotoService:
    """Keeps photos with the consents to `history` and to `retain_photo`, and without either keeps none."""

    def __init__(
        self,
        uow: UnitOfWork,
        store: ObjectStore,
        consents: ConsentService,
        photo_cleaner: PhotoCleaner,
        copier: Copier,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._uow = uow
        self._store = store
        self._consents = consents
        self._photo_cleaner = photo_cleaner
        self._copier = copier
        self._clock = clock
        self._new_id = new_id

    async def wanted(self, user_id: int) -> bool:
        """Whether the user wants photos kept."""
        async with self._uow.read() as tx:
            return await self._wanted(tx, user_id)

    async def keep(self, user_id: int, analysis_id: UUID, photo: bytes) -> bool:
        """Keeps a copy of the photo of a kept analysis, where the user wants that at the very end, too; says whether
        it did. Having no time to copy it or no place to put it costs the photo and not the reading."""
        row = await self.prepare(user_id, analysis_id, photo)
        if row is None:
            return False
        async with self._uow.write() as tx:
            kept = await tx.users.get_for_update(user_id) is not None and await self.put(tx, row)
            if not kept:
                await self.discard(tx, row)
        if not kept:
            await self._photo_cleaner.delete((row.key,))
        return kept

    async def prepare(self, user_id: int, analysis_id: UUID, photo: bytes) -> Photo | None:
        """Puts a copy where it may be kept, until `put`, `discard` or `drop` says what becomes of it; where whoever
        prepared it dies before that, it is deleted some minutes later. None where it can't be put there."""
        photo_id = self._new_id()
        key = f"photos/{photo_id.hex[:2]}/{photo_id.hex}.jpg"
        try:
            copy = await self._copier(photo)
            async with self._uow.write() as tx:
                await tx.photo_objects.add(PhotoObject(key=key, due_at=self._clock() + _GRACE))
            await self._store.put(key, copy.jpeg)
        except (Unavailable, InvalidInput) as error:
            _log.warning("photo.not_kept", analysis_id=str(analysis_id), code=error.code)
            return None
        return self._row(photo_id, user_id, analysis_id, key, copy)

    async def put(self, tx: Transaction, row: Photo) -> bool:
        """Keeps a prepared photo within a transaction that has locked the user, where they want that and the analysis
        is there; says whether it did."""
        if not await self._wanted(tx, row.user_id):
            return False
        analysis = await tx.analyses.get(row.user_id, row.analysis_id)
        if analysis is None or await tx.photos.get_for_analysis(row.user_id, row.analysis_id) is not None:
            return False
        await tx.photos.add(row)
        return True

    async def discard(self, tx: Transaction, row: Photo) -> None:
        """Lets the next sweep delete a prepared photo that was not kept."""
        await tx.photo_objects.mark_due(row.key, self._clock())

    async def drop(self, rows: Sequence[Photo]) -> None:
        """Deletes prepared photos, but for those that came to be kept; what can't be deleted now is swept."""
        if not rows:
            return
        try:
            async with self._uow.write() as tx:
                for row in rows:
                    await self.discard(tx, row)
            await self._photo_cleaner.sweep()
        except Unavailable:
            _log.warning("photos.left_for_the_sweep", objects=len(rows))

    async def link(self, user_id: int, analysis_id: UUID) -> PhotoLink:
        """Where the photo of this user's analysis can be fetched for some minutes; raises PhotoNotFoundError."""
        async with self._uow.read() as tx:
            photo = await tx.photos.get_for_analysis(user_id, analysis_id)
        if photo is None:
            raise PhotoNotFoundError("No photo was kept of this analysis.")
        link = await self._store.link(photo.key, _LINK_S)
        return PhotoLink(link.url, link.expires_at, photo.width, photo.height)

    async def _wanted(self, tx: Transaction, user_id: int) -> bool:
        given = self._consents.is_granted
        return await given(tx, user_id, "history") and await given(tx, user_id, "retain_photo")

    def _row(self, photo_id: UUID, user_id: int, analysis_id: UUID, key: str, copy: PhotoCopy) -> Photo:
        return Photo(
            id=photo_id,
            user_id=user_id,
            analysis_id=analysis_id,
            key=key,
            size_bytes=len(copy.jpeg),
            width=copy.width,
            height=copy.height,
            created_at=self._clock(),
        )
