"""Photos of kept analyses: copies without metadata, behind links that expire after minutes."""

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
_GRACE: Final = timedelta(minutes=10)  # until an upload without a row is deleted; the row follows in milliseconds
Copier = Callable[[bytes], Awaitable[PhotoCopy]]


class PhotoNotFoundError(NotFound):
    """No photo of this analysis, or the analysis of another user; the answer is the same."""

    code = "PHOTO_NOT_FOUND"
    title = "There is no photo of this analysis"


@dataclass(frozen=True, slots=True, repr=False)
class PhotoLink:
    """URL of a photo, valid until `expires_at`; width and height are in pixels."""

    url: str
    expires_at: datetime
    width: int
    height: int


class PhotoService:
    """Storage of photos for users who consent to both `history` and `retain_photo`."""

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

    async def has_consent(self, user_id: int) -> bool:
        """Return whether the user consents to the storage of photos."""
        async with self._uow.read() as tx:
            return await self._has_consent(tx, user_id)

    async def save(self, user_id: int, analysis_id: UUID, photo: bytes) -> bool:
        """Store a copy of a kept analysis' photo if the user still consents to it; return whether it was stored.

        A full pool or an unavailable store costs the photo and not the reading: False.
        """
        row = await self.upload(user_id, analysis_id, photo)
        if row is None:
            return False
        async with self._uow.write() as tx:
            user = await tx.users.get_for_update(user_id)
            attached = user is not None and await self.attach(tx, row)
            if not attached:
                await self.schedule_deletion(tx, row)
        if not attached:
            await self._photo_cleaner.delete((row.key,))
        return attached

    async def upload(self, user_id: int, analysis_id: UUID, photo: bytes) -> Photo | None:
        """Store a copy as an object and return the row for `attach`; None if it can't be copied or stored.

        An object whose row is not attached within minutes, as after a crash, is deleted by the sweep.
        """
        photo_id = self._new_id()
        key = f"photos/{photo_id.hex[:2]}/{photo_id.hex}.jpg"
        try:
            copy = await self._copier(photo)
            async with self._uow.write() as tx:
                await tx.photo_objects.add(PhotoObject(key=key, due_at=self._clock() + _GRACE))
            await self._store.put(key, copy.jpeg)
        except (Unavailable, InvalidInput) as error:
            _log.warning("photo.not_stored", analysis_id=str(analysis_id), code=error.code)
            return None
        return self._row(photo_id, user_id, analysis_id, key, copy)

    async def attach(self, tx: Transaction, row: Photo) -> bool:
        """Store the row of an uploaded photo in a transaction that has locked the user; return whether it was stored.

        It is not without consent, without the analysis, if the analysis has a photo, or if a sweep took the object.
        """
        if not await self._has_consent(tx, row.user_id) or not await tx.photo_objects.lock(row.key):
            return False
        analysis = await tx.analyses.get(row.user_id, row.analysis_id)
        if analysis is None or await tx.photos.get_for_analysis(row.user_id, row.analysis_id) is not None:
            return False
        await tx.photos.add(row)
        return True

    async def schedule_deletion(self, tx: Transaction, row: Photo) -> None:
        """Make an uploaded photo that was not attached due for the next sweep."""
        await tx.photo_objects.mark_due(row.key, self._clock())

    async def delete_unattached(self, rows: Sequence[Photo]) -> None:
        """Delete uploaded photos except those that were attached; if that fails, a later sweep does it."""
        if not rows:
            return
        try:
            async with self._uow.write() as tx:
                for row in rows:
                    await self.schedule_deletion(tx, row)
            await self._photo_cleaner.sweep()
        except Unavailable:
            _log.warning("photo.deletion_deferred", objects=len(rows))

    async def link(self, user_id: int, analysis_id: UUID) -> PhotoLink:
        """Return a link to the photo of this user's analysis; raises PhotoNotFoundError."""
        async with self._uow.read() as tx:
            photo = await tx.photos.get_for_analysis(user_id, analysis_id)
        if photo is None:
            raise PhotoNotFoundError("No photo was kept of this analysis.")
        link = await self._store.link(photo.key, _LINK_S)
        return PhotoLink(link.url, link.expires_at, photo.width, photo.height)

    async def _has_consent(self, tx: Transaction, user_id: int) -> bool:
        is_granted = self._consents.is_granted
        return await is_granted(tx, user_id, "history") and await is_granted(tx, user_id, "retain_photo")

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
