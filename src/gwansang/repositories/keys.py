"""API keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from gwansang.core.paging import Page, PageRequest
from gwansang.models import ApiKey, User
from gwansang.repositories.base import Repository


class Keys(Repository[ApiKey]):
    model = ApiKey

    async def count(self, user_id: int) -> int:
        """How many keys the user has."""
        return await self._count(ApiKey.user_id == user_id)

    async def page(self, user_id: int, asked: PageRequest) -> Page[ApiKey]:
        """The user's keys, newest first."""
        query = select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.id)
        return await self._page(query, asked, ApiKey.user_id == user_id)

    async def of_user(self, user_id: int) -> tuple[ApiKey, ...]:
        """Every key of the user, oldest first."""
        return await self._all(select(ApiKey).where(ApiKey.user_id == user_id).order_by(ApiKey.created_at, ApiKey.id))

    async def by_prefix(self, prefix: str) -> ApiKey | None:
        """The key that begins like this, while its owner is active."""
        query = select(ApiKey).join(User, User.id == ApiKey.user_id)
        return await self._one(query.where(ApiKey.prefix == prefix, User.is_active.is_(True)))

    async def active(self, key_id: UUID) -> ApiKey | None:
        """The key, while its owner is active."""
        query = select(ApiKey).join(User, User.id == ApiKey.user_id)
        return await self._one(query.where(ApiKey.id == key_id, User.is_active.is_(True)))

    async def note_use(self, key_id: UUID, now: datetime, unless_since: datetime) -> None:
        """Writes down that the key was used now, unless a later use than `unless_since` is known."""
        stale = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= unless_since)
        await self._changed(update(ApiKey).where(ApiKey.id == key_id, stale).values(last_used_at=now))

    async def delete(self, user_id: int, key_id: UUID) -> bool:
        """Deletes a key of this user; False where there is none."""
        return await self._delete(ApiKey.id == key_id, ApiKey.user_id == user_id) > 0
