"""Profiles: remembered faces of users."""

from sqlalchemy import select

from gwansang.models import UserKey, UserProfile
from gwansang.repositories.base import Repository


class Profiles(Repository[UserProfile]):
    model = UserProfile

    async def get(self, user_id: int) -> UserProfile | None:
        """Return the user's profile; lock the user to change it."""
        return await self._one(select(UserProfile).where(UserProfile.user_id == user_id))

    async def list_all(self) -> tuple[UserProfile, ...]:
        """Return every profile, ordered by user."""
        return await self._all(select(UserProfile).order_by(UserProfile.user_id))

    async def list_unsealed(self, limit: int) -> tuple[UserProfile, ...]:
        """Return and lock rows that older releases stored unsealed, of users who have a key. Rows locked by another
        process are skipped."""
        query = select(UserProfile).join(UserKey, UserKey.user_id == UserProfile.user_id)
        unsealed = query.where(UserProfile.sealed.is_(None)).order_by(UserProfile.user_id).limit(limit)
        return await self._all(unsealed.with_for_update(of=UserProfile, skip_locked=True))

    async def delete(self, user_id: int) -> bool:
        """Delete the user's profile; return False if there is none."""
        return await self._delete(UserProfile.user_id == user_id) > 0
