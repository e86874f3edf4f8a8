"""Users."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from gwansang.core.exceptions import Conflict
from gwansang.core.paging import Page, PageRequest
from gwansang.models import ApiKey, StoredAnalysis, TokenFamily, User, UserProfile
from gwansang.repositories.base import Repository
from gwansang.repositories.keyset import Order


class EmailTakenError(Conflict):
    code = "EMAIL_TAKEN"
    title = "This e-mail address is taken"


class Users(Repository[User]):
    """Accounts. A transaction that locks a user does it before it locks anything that belongs to the user."""

    model = User
    conflicts: ClassVar = {"uq_users_email": (EmailTakenError, "Another account has this e-mail address.")}

    async def get(self, user_id: int) -> User | None:
        """Return the user."""
        return await self._one(select(User).where(User.id == user_id))

    async def get_for_update(self, user_id: int) -> User | None:
        """Return the user and lock the row until the transaction ends."""
        return await self._one(select(User).where(User.id == user_id).with_for_update())

    async def list_admins_for_update(self) -> tuple[User, ...]:
        """Return and lock the active administrators, always in the same order."""
        admins = select(User).where(User.is_admin.is_(True), User.is_active.is_(True))
        return await self._all(admins.order_by(User.id).with_for_update())

    async def get_by_email(self, email: str) -> User | None:
        """Return the user with this canonical address."""
        return await self._one(select(User).where(User.email == email))

    async def get_by_email_for_update(self, email: str) -> User | None:
        """Return the user with this canonical address and lock the row until the transaction ends."""
        return await self._one(select(User).where(User.email == email).with_for_update())

    async def get_by_family(self, user_id: int, family: UUID, now: datetime) -> User | None:
        """Return the user if this sign-in of theirs has not ended."""
        active = (TokenFamily.user_id == User.id) & (TokenFamily.id == family) & (TokenFamily.expires_at > now)
        return await self._one(select(User).join(TokenFamily, active).where(User.id == user_id))

    async def page(self, request: PageRequest, *, active: bool | None, email_prefix: str | None) -> Page[User]:
        """Return a page of users by id, filtered by state and by the start of the address, in which %, _ and \\ are
        ordinary characters."""
        conditions: list[ColumnElement[bool]] = []
        if active is not None:
            conditions.append(User.is_active.is_(active))
        if email_prefix:
            conditions.append(User.email.startswith(email_prefix, autoescape=True, escape="\\"))
        return await self._page(request, (Order(User.id),), *conditions)

    async def list_inactive(self, since: datetime, limit: int) -> tuple[int, ...]:
        """Return the ids of users who have a history or a profile and, since then, no sign-in, no call with a key and
        no reading."""
        key_used = select(ApiKey.id).where(ApiKey.user_id == User.id, ApiKey.last_used_at >= since).exists()
        analysis = select(StoredAnalysis.id).where(StoredAnalysis.user_id == User.id)
        profile = select(UserProfile.user_id).where(UserProfile.user_id == User.id).exists()
        query = select(User.id).where(
            func.coalesce(User.seen_at, User.created_at) < since,
            ~key_used,
            ~analysis.where(StoredAnalysis.created_at >= since).exists(),
            analysis.exists() | profile,
        )
        return await self._all(query.order_by(User.id).limit(limit))

    async def update_password_hash(self, user_id: int, old_hash: str, new_hash: str) -> None:
        """Store another hash of the same password, unless the password was changed meanwhile."""
        unchanged = (User.id == user_id) & (User.password_hash == old_hash)
        await self._execute(update(User).where(unchanged).values(password_hash=new_hash))

    async def delete(self, user_id: int) -> bool:
        """Delete the user, and by cascade every row that is theirs; return False if there is none."""
        return await self._delete(User.id == user_id) > 0
