"""Invitations to compare a face with that of a kept reading."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from gwansang.models import Invitation, User
from gwansang.repositories.base import Repository


class Invitations(Repository[Invitation]):
    model = Invitation

    async def get_valid(self, code_hash: str, now: datetime) -> Invitation | None:
        """Return an invitation that has uses left and has not expired, if its owner's account is active."""
        query = select(Invitation).join(User, User.id == Invitation.user_id).where(User.is_active)
        valid = (Invitation.code_hash == code_hash) & (Invitation.expires_at > now) & (Invitation.uses_left > 0)
        return await self._one(query.where(valid))

    async def use(self, invitation_id: UUID, now: datetime) -> bool:
        """Take one of the invitation's uses, and delete it after the last; return False if none is left by now."""
        valid = (Invitation.id == invitation_id, Invitation.expires_at > now, Invitation.uses_left > 0)
        used = update(Invitation).where(*valid).values(uses_left=Invitation.uses_left - 1)
        if not await self._execute(used):
            return False
        await self._delete(Invitation.id == invitation_id, Invitation.uses_left <= 0)
        return True

    async def count_valid(self, user_id: int, now: datetime) -> int:
        return await self._count(Invitation.user_id == user_id, Invitation.expires_at > now)

    async def list_for_user(self, user_id: int) -> tuple[Invitation, ...]:
        """Return every invitation of the user, newest first."""
        query = select(Invitation).where(Invitation.user_id == user_id)
        return await self._all(query.order_by(Invitation.created_at.desc(), Invitation.id))

    async def delete(self, user_id: int, invitation_id: UUID) -> bool:
        """Delete an invitation of this user; return False if there is none."""
        return await self._delete(Invitation.id == invitation_id, Invitation.user_id == user_id) > 0

    async def delete_expired(self, now: datetime) -> int:
        """Delete expired invitations of all users and return their number."""
        return await self._delete(Invitation.expires_at <= now)
