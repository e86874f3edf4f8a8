"""What is remembered of faces."""

from sqlalchemy import select

from gwansang.models import UserProfile
from gwansang.repositories.base import Repository


class Profiles(Repository[UserProfile]):
    model = UserProfile

    async def of_user(self, user_id: int) -> UserProfile | None:
        """The user's profile; lock the user to change it."""
        return await self._one(select(UserProfile).where(UserProfile.user_id == user_id))

    async def of_all(self) -> tuple[UserProfile, ...]:
        """Every profile, in the order of users."""
        return await self._all(select(UserProfile).order_by(UserProfile.user_id))

    async def forget(self, user_id: int) -> bool:
        """Deletes the user's profile; False where there is none."""
        return await self._delete(UserProfile.user_id == user_id) > 0
