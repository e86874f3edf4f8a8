"""Users."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update

from gwansang.core.exceptions import Conflict
from gwansang.core.paging import Page, PageRequest
from gwansang.models import TokenFamily, User
from gwansang.repositories.base import Repository


class EmailTakenError(Conflict):
    code = "EMAIL_TAKEN"
    title = "This e-mail address is taken"


class Users(Repository[User]):
    model = User
    clashes: ClassVar = {"uq_users_email": (EmailTakenError, "Another account has this e-mail address.")}

    async def get(self, user_id: int) -> User | None:
        """The user."""
        return await self._one(select(User).where(User.id == user_id))

    async def locked(self, user_id: int) -> User | None:
        """The user, whom no other transaction changes before this one ends; lock users before what is theirs."""
        return await self._one(select(User).where(User.id == user_id).with_for_update())

    async def locked_admins(self) -> tuple[User, ...]:
        """Administrators who can act, as `locked` gives them and always in the same order."""
        mighty = select(User).where(User.is_admin.is_(True), User.is_active.is_(True))
        return await self._all(mighty.order_by(User.id).with_for_update())

    async def by_email(self, email: str) -> User | None:
        """The user with this canonical address."""
        return await self._one(select(User).where(User.email == email))

    async def locked_by_email(self, email: str) -> User | None:
        """The user with this canonical address, as `locked` gives it."""
        return await self._one(select(User).where(User.email == email).with_for_update())

    async def behind_family(self, user_id: int, family: UUID, now: datetime) -> User | None:
        """The user, if this sign-in of theirs has not ended."""
        mine = (TokenFamily.user_id == User.id) & (TokenFamily.id == family) & (TokenFamily.expires_at > now)
        return await self._one(select(User).join(TokenFamily, mine).where(User.id == user_id))

    async def page(self, asked: PageRequest, *, active: bool | None, email_prefix: str | None) -> Page[User]:
        """Users by id, in this state and with addresses that begin like this; %, _ and \\ are letters like others."""
        conditions: list[ColumnElement[bool]] = []
        if active is not None:
            conditions.append(User.is_active.is_(active))
        if email_prefix:
            conditions.append(User.email.startswith(email_prefix, autoescape=True, escape="\\"))
        return await self._page(select(User).order_by(User.id), asked, *conditions)

    async def replace_hash(self, user_id: int, known: str, renewed: str) -> None:
        """Stores another hash of the same password, unless the password was changed meanwhile."""
        mine = (User.id == user_id) & (User.password_hash == known)
        await self._changed(update(User).where(mine).values(password_hash=renewed))

    async def erase(self, user_id: int) -> bool:
        """Deletes the user; the database deletes with it every row that is theirs. Says whether there was one."""
        return await self._changed(delete(User).where(User.id == user_id)) > 0
