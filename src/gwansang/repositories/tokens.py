"""Sign-ins, tokens sent by mail and tickets for WebSockets; only digests are stored."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from gwansang.models import MailToken, SocketTicket, TokenFamily
from gwansang.repositories.base import Repository


class TokenFamilies(Repository[TokenFamily]):
    model = TokenFamily

    async def list_for_user(self, user_id: int) -> tuple[TokenFamily, ...]:
        """Return the user's sign-ins, oldest first."""
        query = select(TokenFamily).where(TokenFamily.user_id == user_id)
        return await self._all(query.order_by(TokenFamily.created_at, TokenFamily.id))

    async def rotate(self, family: UUID, old_hash: str, new_hash: str, *, now: datetime, expires_at: datetime) -> bool:
        """Replace the family's token; return False if `old_hash` is not its current token."""
        statement = (
            update(TokenFamily)
            .where(TokenFamily.id == family, TokenFamily.token_hash == old_hash, TokenFamily.expires_at > now)
            .values(token_hash=new_hash, refreshed_at=now, expires_at=expires_at)
        )
        return await self._execute(statement) > 0

    async def delete(self, family: UUID, user_id: int) -> bool:
        """End a sign-in; return False if it had ended."""
        return await self._delete(TokenFamily.id == family, TokenFamily.user_id == user_id) > 0

    async def delete_for_user(self, user_id: int) -> None:
        """End every sign-in of a user."""
        await self._delete(TokenFamily.user_id == user_id)

    async def delete_expired(self, now: datetime, user_id: int | None = None) -> int:
        """Delete expired sign-ins, of one user or of all, and return their number."""
        owner = [] if user_id is None else [TokenFamily.user_id == user_id]
        return await self._delete(TokenFamily.expires_at <= now, *owner)


class MailTokens(Repository[MailToken]):
    model = MailToken

    async def replace(self, row: MailToken) -> MailToken:
        """Store a token instead of the user's older one for the same purpose."""
        await self._delete(MailToken.user_id == row.user_id, MailToken.purpose == row.purpose)
        return await self.add(row)

    async def get_owner(self, token_hash: str, purpose: str, now: datetime) -> int | None:
        """Return the id of the user whose valid token this is."""
        query = select(MailToken.user_id).where(MailToken.token_hash == token_hash)
        return await self._one(query.where(MailToken.purpose == purpose, MailToken.expires_at > now))

    async def consume(self, token_hash: str) -> bool:
        """Delete a token that is being used; return False if another request used it first."""
        return await self._delete(MailToken.token_hash == token_hash) > 0

    async def delete_for_user(self, user_id: int) -> None:
        """Invalidate every token of a user."""
        await self._delete(MailToken.user_id == user_id)

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
