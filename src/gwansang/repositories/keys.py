"""API keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from gwansang.core.paging import Page, PageRequest
from gwansang.models import ApiKey, User
from gwansang.repositories.base import Repository
from gwansang.repositories.keyset import Order


class Keys(Repository[ApiKey]):
    model = ApiKey

    async def count(self, user_id: int) -> int:
        """Return the number of keys of the user."""
        return await self._count(ApiKey.user_id == user_id)

    async def page(self, user_id: int, request: PageRequest) -> Page[ApiKey]:
        """Return a page of the user's keys, newest first."""
        order = (Order(ApiKey.created_at, descending=True), Order(ApiKey.id))
        return await self._page(request, order, ApiKey.user_id == user_id)

    async def list_for_user(self, user_id: int) -> tuple[ApiKey, ...]:
        """Return every key of the user, oldest first."""
        return await self._all(select(ApiKey).where(ApiKey.user_id == user_id).order_by(ApiKey.created_at, ApiKey.id))

    async def get_by_prefix(self, prefix: str) -> ApiKey | None:
        """Return the key with this prefix if its owner is active."""
        return await self._of_active_user(ApiKey.prefix == prefix)

    async def get_active(self, key_id: UUID) -> ApiKey | None:
        """Return the key if its owner is active."""
        return await self._of_active_user(ApiKey.id == key_id)

    async def record_use(self, key_id: UUID, now: datetime, unless_since: datetime) -> None:
        """Store that the key was used now, unless a use after `unless_since` is stored."""
        stale = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= unless_since)
        await self._execute(update(ApiKey).where(ApiKey.id == key_id, stale).values(last_used_at=now))

    async def delete(self, user_id: int, key_id: UUID) -> bool:
        """Delete a key of this user; return False if there is none."""
        return await self._delete(ApiKey.id == key_id, ApiKey.user_id == user_id) > 0

    async def delete_for_user(self, user_id: int) -> None:
        """Delete every key of a user."""
        await self._delete(ApiKey.user_id == user_id)

    async def delete_expired(self, before: datetime) -> int:
        """Delete the keys, of all users, that expired until that time, and return their number."""
        return await self._delete(ApiKey.expires_at <= before)

    async def _of_active_user(self, condition: ColumnElement[bool]) -> ApiKey | None:
        query = select(ApiKey).join(User, User.id == ApiKey.user_id)
        return await self._one(query.where(condition, User.is_active.is_(True)))
