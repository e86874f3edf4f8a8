"""The wrapped data keys of users."""

from collections.abc import Sequence

from sqlalchemy import func, select, update

from gwansang.models import User, UserKey
from gwansang.repositories.base import Repository


class UserKeys(Repository[UserKey]):
    model = UserKey

    async def of_user(self, user_id: int) -> UserKey | None:
        """The user's key."""
        return await self._one(select(UserKey).where(UserKey.user_id == user_id))

    async def ids_in_use(self) -> dict[str, int]:
        """How many user keys each master key wraps, by its name."""
        query = select(UserKey.key_id, func.count()).group_by(UserKey.key_id)
        return {key_id: users for key_id, users in await self._session.execute(query)}

    async def not_wrapped_by(self, key_id: str, limit: int) -> tuple[UserKey, ...]:
        """Keys that another master key wraps, in the order of users."""
        query = select(UserKey).where(UserKey.key_id != key_id).order_by(UserKey.user_id).limit(limit)
        return await self._all(query)

    async def wrapped_by(self, key_id: str, limit: int) -> tuple[UserKey, ...]:
        """Keys that this master key wraps."""
        return await self._all(select(UserKey).where(UserKey.key_id == key_id).order_by(UserKey.user_id).limit(limit))

    async def rewrap(self, known: UserKey, key_id: str, wrapped: bytes) -> bool:
        """Puts another wrapping of the same key in the place of the known one; False where somebody was faster."""
        same = (UserKey.user_id == known.user_id) & (UserKey.key_id == known.key_id)
        return await self._changed(update(UserKey).where(same).values(key_id=key_id, wrapped=wrapped)) > 0

    async def users_without(self, limit: int) -> Sequence[int]:
        """Users who have no key yet, by id."""
        missing = ~select(UserKey.user_id).where(UserKey.user_id == User.id).exists()
        query = select(User.id).where(missing).order_by(User.id).limit(limit)
        return tuple((await self._session.execute(query)).scalars())
