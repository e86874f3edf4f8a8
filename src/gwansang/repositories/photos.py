"""Kept photos, and the stored objects that hold them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, update

from gwansang.models import Photo, PhotoObject
from gwansang.repositories.base import Repository

_CLAIMED: Final = datetime(1970, 1, 1, tzinfo=UTC)  # as `due_at`: a sweep deletes the object, so no photo can take it


class Photos(Repository[Photo]):
    model = Photo

    async def get_for_analysis(self, user_id: int, analysis_id: UUID) -> Photo | None:
        """Return the photo of an analysis if it is this user's."""
        return await self._one(select(Photo).where(Photo.user_id == user_id, Photo.analysis_id == analysis_id))

    async def list_for_user(self, user_id: int) -> tuple[Photo, ...]:
        """Return every photo of the user, oldest first."""
        return await self._all(select(Photo).where(Photo.user_id == user_id).order_by(Photo.created_at, Photo.id))

    async def discard(self, user_id: int, now: datetime, analysis_id: UUID | None = None) -> tuple[str, ...]:
        """Delete the user's photos, or that of one analysis, and return the keys of their objects, which are due from
        `now` on."""
        conditions = [Photo.user_id == user_id]
        if analysis_id is not None:
            conditions.append(Photo.analysis_id == analysis_id)
        keys = await self._all(select(Photo.key).where(*conditions))
        if keys:
            await self._delete(*conditions)
            await self._execute(update(PhotoObject).where(PhotoObject.key.in_(keys)).values(due_at=now))
        return keys


class PhotoObjects(Repository[PhotoObject]):
    model = PhotoObject

    async def mark_due(self, key: str, now: datetime) -> None:
        """Make an object due for deletion that no photo refers to."""
        await self._execute(update(PhotoObject).where(PhotoObject.key == key).values(due_at=now))

    async def list_orphans(self, now: datetime, limit: int) -> tuple[str, ...]:
        """Return keys of objects that are due and that no photo refers to."""
        query = select(PhotoObject.key).where(PhotoObject.due_at <= now, ~_referred())
        return await self._all(query.order_by(PhotoObject.due_at).limit(limit))

    async def lock(self, key: str) -> bool:
        """Lock an object for a photo that will refer to it; return False if a sweep has claimed or deleted it, as it
        does early if its clock is ahead of that of the upload."""
        query = select(PhotoObject.key).where(PhotoObject.key == key, PhotoObject.due_at > _CLAIMED)
        return await self._one(query.with_for_update()) is not None

    async def claim(self, keys: Sequence[str]) -> tuple[str, ...]:
        """Keep these objects from photos that would refer to them, and return those that no photo refers to by now."""
        listed = PhotoObject.key.in_(keys)
        await self._all(select(PhotoObject.key).where(listed).order_by(PhotoObject.key).with_for_update())
        claimed = update(PhotoObject).where(listed, ~_referred()).values(due_at=_CLAIMED).returning(PhotoObject.key)
        result = await self._session.execute(claimed, execution_options={"synchronize_session": False})
        return tuple(result.scalars())

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete the rows of objects that are no longer in the store."""
        await self._delete(PhotoObject.key.in_(keys))


def _referred() -> ColumnElement[bool]:
    return exists().where(Photo.key == PhotoObject.key)
