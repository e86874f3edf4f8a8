"""Kept photos, and the objects that hold them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, update

from gwansang.models import Photo, PhotoObject
from gwansang.repositories.base import Repository


class Photos(Repository[Photo]):
    model = Photo

    async def of_analysis(self, user_id: int, analysis_id: UUID) -> Photo | None:
        """The photo of an analysis, if it is this user's."""
        return await self._one(select(Photo).where(Photo.user_id == user_id, Photo.analysis_id == analysis_id))

    async def all_of_user(self, user_id: int) -> tuple[Photo, ...]:
        """Every photo of the user, oldest first."""
        return await self._all(select(Photo).where(Photo.user_id == user_id).order_by(Photo.created_at, Photo.id))

    async def take(self, user_id: int, now: datetime, analysis_id: UUID | None = None) -> tuple[str, ...]:
        """Deletes the user's photos, or that of one analysis, and returns the keys of their objects, now due."""
        mine = [Photo.user_id == user_id]
        if analysis_id is not None:
            mine.append(Photo.analysis_id == analysis_id)
        keys = tuple(photo.key for photo in await self._all(select(Photo).where(*mine)))
        if keys:
            await self._delete(*mine)
            await self._changed(update(PhotoObject).where(PhotoObject.key.in_(keys)).values(due_at=now))
        return keys


class PhotoObjects(Repository[PhotoObject]):
    model = PhotoObject

    async def doom(self, key: str, now: datetime) -> None:
        """Makes an object due that no photo came to name."""
        await self._changed(update(PhotoObject).where(PhotoObject.key == key).values(due_at=now))

    async def orphans(self, now: datetime, limit: int) -> tuple[str, ...]:
        """Keys of objects that are due and that no photo names."""
        named = exists().where(Photo.key == PhotoObject.key)
        query = select(PhotoObject).where(PhotoObject.due_at <= now, ~named).order_by(PhotoObject.due_at).limit(limit)
        return tuple(row.key for row in await self._all(query))

    async def forget(self, keys: Sequence[str]) -> None:
        """Deletes the rows of objects that are gone."""
        await self._delete(PhotoObject.key.in_(keys))
