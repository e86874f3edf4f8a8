"""What is remembered of faces."""

from sqlalchemy import select

from gwansang.models import UserKey, UserProfile
from gwansang.repositories.base import Repository


class Profiles(Repository[UserProfile]):
    model = UserProfile

    async def of_user(self, user_id: int) -> UserProfile | None:
        """The user's profile; lock the user to change it."""
        return await self._one(select(UserProfile).where(UserProfile.user_id == user_id))

    async def of_all(self) -> tuple[UserProfile, ...]:
        """Every profile, in the order of users."""
        return await self._all(select(UserProfile).order_by(UserProfile.user_id))

    async def in_clear(self, limit: int) -> tuple[UserProfile, ...]:
        """Rows of older releases, which did not seal, of users who have a key; others may be at the same work."""
        query = select(UserProfile).join(UserKey, UserKey.user_id == UserProfile.user_id)
        unsealed = query.where(UserProfile.sealed.is_(None)).order_by(UserProfile.user_id).limit(limit)
        return await self._all(unsealed.with_for_update(of=UserProfile, skip_locked=True))

    async def forget(self, user_id: int) -> bool:
        """Deletes the user's profile; False where there is none."""
        return await self._delete(UserProfile.user_id == user_id) > 0
