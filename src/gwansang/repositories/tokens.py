"""Sign-ins, tokens sent by mail and tickets for WebSockets; only digests are stored."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from gwansang.core.paging import Page, PageRequest
from gwansang.models import MailToken, SocketTicket, TokenFamily
from gwansang.repositories.base import Repository
from gwansang.repositories.keyset import Order


class TokenFamilies(Repository[TokenFamily]):
    model = TokenFamily

    async def list_for_user(self, user_id: int) -> tuple[TokenFamily, ...]:
        """Return the user's sign-ins, oldest first."""
        query = select(TokenFamily).where(TokenFamily.user_id == user_id)
        return await self._all(query.order_by(TokenFamily.created_at, TokenFamily.id))

    async def page(self, user_id: int, request: PageRequest, now: datetime) -> Page[TokenFamily]:
        """Return a page of the user's sign-ins that have not expired, the last used first."""
        order = (Order(TokenFamily.refreshed_at, descending=True), Order(TokenFamily.id))
        return await self._page(request, order, TokenFamily.user_id == user_id, TokenFamily.expires_at > now)

    async def get(self, family: UUID, now: datetime) -> TokenFamily | None:
        """Return a sign-in of any user that has not ended."""
        return await self._one(select(TokenFamily).where(TokenFamily.id == family, TokenFamily.expires_at > now))

    async def prolong(self, family: UUID, now: datetime, expires_at: datetime) -> None:
        """Store that a sign-in was used now, and when it ends; does nothing if it has ended."""
        statement = update(TokenFamily).where(TokenFamily.id == family, TokenFamily.expires_at > now)
        await self._execute(statement.values(refreshed_at=now, expires_at=expires_at))

    async def get_active(self, family: UUID, user_id: int, now: datetime) -> TokenFamily | None:
        """Return a sign-in that has not ended."""
        active = (TokenFamily.id == family) & (TokenFamily.user_id == user_id) & (TokenFamily.expires_at > now)
        return await self._one(select(TokenFamily).where(active))

    async def delete(self, family: UUID, user_id: int) -> bool:
        """End a sign-in; return False if it had ended."""
        return await self._delete(TokenFamily.id == family, TokenFamily.user_id == user_id) > 0

    async def delete_for_user(self, user_id: int) -> None:
        """End every sign-in of a user."""
        await self._delete(TokenFamily.user_id == user_id)

    async def keep_last_used(self, user_id: int, count: int) -> None:
        """End all but the last used sign-ins of a user."""
        own = select(TokenFamily.id).where(TokenFamily.user_id == user_id)
        kept = own.order_by(TokenFamily.refreshed_at.desc(), TokenFamily.created_at.desc(), TokenFamily.id).limit(count)
        await self._delete(TokenFamily.user_id == user_id, TokenFamily.id.not_in(kept))

    async def delete_expired(self, now: datetime, user_id: int | None = None) -> int:
        """Delete expired sign-ins, of one user or of all, and return their number."""
        owner = [] if user_id is None else [TokenFamily.user_id == user_id]
        return await self._delete(TokenFamily.expires_at <= now, *owner)


class MailTokens(Repository[MailToken]):
    model = MailToken

    async def get_valid(self, token_hash: str, purposes: Sequence[str], now: datetime) -> MailToken | None:
        """Return a token that has not expired, if it is for one of the purposes."""
        query = select(MailToken).where(MailToken.token_hash == token_hash)
        return await self._one(query.where(MailToken.purpose.in_(purposes), MailToken.expires_at > now))

    async def pending_address(self, user_id: int, now: datetime) -> str | None:
        """Return the new address that the user has not proven yet."""
        valid = (MailToken.user_id == user_id) & (MailToken.purpose == "change") & (MailToken.expires_at > now)
        return await self._one(select(MailToken.email).where(valid).distinct())

    async def list_addresses(self, user_id: int) -> tuple[str | None, ...]:
        """Return the addresses that tokens of the user were mailed to."""
        return await self._all(select(MailToken.email).where(MailToken.user_id == user_id).distinct())

    async def is_reserved(self, email: str, user_id: int | None, now: datetime) -> bool:
        """Return whether another user can still have this former address back."""
        other = [] if user_id is None else [MailToken.user_id != user_id]
        return (
            await self._count(MailToken.email == email, MailToken.purpose == "undo", MailToken.expires_at > now, *other)
            > 0
        )

    async def consume(self, token_hash: str) -> bool:
        """Delete a token that is being used; return False if another request used it first."""
        return await self._delete(MailToken.token_hash == token_hash) > 0

    async def delete_codes(self, user_id: int, *purposes: str) -> None:
        """Invalidate the tokens of a user for some purposes."""
        await self._delete(MailToken.user_id == user_id, MailToken.purpose.in_(purposes))

    async def delete_changes(self, user_id: int, except_to: str) -> None:
        """Invalidate the tokens for a change of address to any other one."""
        await self._delete(MailToken.user_id == user_id, MailToken.purpose == "change", MailToken.email != except_to)

    async def delete_undos_since(self, user_id: int, moment: datetime) -> None:
        """Invalidate the tokens of a user that undo this change of address and later ones."""
        await self._delete(MailToken.user_id == user_id, MailToken.purpose == "undo", MailToken.created_at >= moment)

    async def delete_expired(self, now: datetime) -> int:
        """Delete expired tokens of all users and return their number."""
        return await self._delete(MailToken.expires_at <= now)


class SocketTickets(Repository[SocketTicket]):
    model = SocketTicket

    async def consume(self, ticket_hash: str) -> SocketTicket | None:
        """Delete and return the ticket; return None if it does not exist or another request used it first."""
        row = await self._one(select(SocketTicket).where(SocketTicket.ticket_hash == ticket_hash))
        return row if await self._delete(SocketTicket.ticket_hash == ticket_hash) > 0 else None

    async def delete_expired(self, now: datetime) -> int:
        """Delete expired tickets of all users and return their number."""
        return await self._delete(SocketTicket.expires_at <= now)
