"""Sign-ins, tokens sent by mail and tickets for WebSockets; only digests are stored."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from gwansang.models import MailToken, SocketTicket, TokenFamily
from gwansang.repositories.base import Repository


class TokenFamilies(Repository[TokenFamily]):
    model = TokenFamily

    async def of_user(self, user_id: int) -> tuple[TokenFamily, ...]:
        """The user's sign-ins, oldest first."""
        return await self._all(
            select(TokenFamily).where(TokenFamily.user_id == user_id).order_by(TokenFamily.created_at, TokenFamily.id)
        )

    async def rotate(self, family: UUID, known: str, renewed: str, now: datetime, expires_at: datetime) -> bool:
        """Puts a new token in the place of the known one; False where that is not the family's token any more."""
        statement = (
            update(TokenFamily)
            .where(TokenFamily.id == family, TokenFamily.token_hash == known, TokenFamily.expires_at > now)
            .values(token_hash=renewed, refreshed_at=now, expires_at=expires_at)
        )
        return await self._changed(statement) > 0

    async def end(self, family: UUID, user_id: int) -> bool:
        """Ends a sign-in; False where it had ended."""
        return await self._delete(TokenFamily.id == family, TokenFamily.user_id == user_id) > 0

    async def end_all(self, user_id: int) -> None:
        """Ends every sign-in of a user."""
        await self._delete(TokenFamily.user_id == user_id)

    async def forget_expired(self, user_id: int, now: datetime) -> None:
        """Deletes the user's sign-ins that are over."""
        await self._delete(TokenFamily.user_id == user_id, TokenFamily.expires_at <= now)


class MailTokens(Repository[MailToken]):
    model = MailToken

    async def replace(self, row: MailToken) -> MailToken:
        """Stores a token in the place of the user's older one for the same purpose."""
        await self._delete(MailToken.user_id == row.user_id, MailToken.purpose == row.purpose)
        return await self.add(row)

    async def owner(self, token_hash: str, purpose: str, now: datetime) -> int | None:
        """Whose token this is, while it is valid."""
        row = await self._one(
            select(MailToken).where(
                MailToken.token_hash == token_hash, MailToken.purpose == purpose, MailToken.expires_at > now
            )
        )
        return row.user_id if row else None

    async def spend(self, token_hash: str) -> bool:
        """Uses a token up; False where someone was faster."""
        return await self._delete(MailToken.token_hash == token_hash) > 0

    async def delete_all(self, user_id: int) -> None:
        """Makes every token of a user invalid."""
        await self._delete(MailToken.user_id == user_id)


class SocketTickets(Repository[SocketTicket]):
    model = SocketTicket

    async def take(self, ticket_hash: str) -> SocketTicket | None:
        """The ticket, used up; None where there is none or someone was faster."""
        row = await self._one(select(SocketTicket).where(SocketTicket.ticket_hash == ticket_hash))
        spent = await self._delete(SocketTicket.ticket_hash == ticket_hash) > 0
        return row if spent else None

    async def forget_expired(self, now: datetime) -> int:
        """Deletes tickets, anybody's, that nobody used in time, and says how many there were."""
        return await self._delete(SocketTicket.expires_at <= now)
