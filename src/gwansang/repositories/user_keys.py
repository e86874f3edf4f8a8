"""The wrapped data keys of users."""

from sqlalchemy import func, select, update

from gwansang.models import User, UserKey
from gwansang.repositories.base import Repository


class UserKeys(Repository[UserKey]):
    model = UserKey

    async def get(self, user_id: int) -> UserKey | None:
        """Return the user's key."""
        return await self._one(select(UserKey).where(UserKey.user_id == user_id))

    async def count_by_master_key(self) -> dict[str, int]:
        """Return the number of user keys that each master key wraps, by its name."""
        query = select(UserKey.key_id, func.count()).group_by(UserKey.key_id)
        return {key_id: users for key_id, users in await self._session.execute(query)}

    async def list_wrapped_by(self, key_id: str, limit: int) -> tuple[UserKey, ...]:
        """Return keys that this master key wraps, ordered by user."""
        return await self._all(select(UserKey).where(UserKey.key_id == key_id).order_by(UserKey.user_id).limit(limit))

    async def list_not_wrapped_by(self, key_id: str, limit: int) -> tuple[UserKey, ...]:
        """Return keys that another master key wraps, ordered by user."""
        return await self._all(select(UserKey).where(UserKey.key_id != key_id).order_by(UserKey.user_id).limit(limit))

    async def rewrap(self, old: UserKey, key_id: str, wrapped: bytes) -> bool:
        """Replace the wrapping of a key; return False if another process replaced it first."""
        unchanged = (UserKey.user_id == old.user_id) & (UserKey.key_id == old.key_id)
        return await self._execute(update(UserKey).where(unchanged).values(key_id=key_id, wrapped=wrapped)) > 0

    async def list_users_without_key(self, limit: int) -> tuple[int, ...]:
        """Return the ids of users who have no key yet."""
        missing = ~select(UserKey.user_id).where(UserKey.user_id == User.id).exists()
        return await self._all(select(User.id).where(missing).order_by(User.id).limit(limit))
