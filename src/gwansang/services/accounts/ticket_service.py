"""Tickets for WebSockets: browsers can't send headers with one, and a token in an address would end up in logs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Unauthenticated
from gwansang.core.tokens import secret_digest
from gwansang.models import SocketTicket
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.auth_service import AuthService
from gwansang.services.accounts.caller import Caller
from gwansang.services.accounts.key_service import KeyService

TICKET_LIFE: Final = timedelta(seconds=30)


class TicketInvalidError(Unauthenticated):
    """Unknown, expired or used: nobody is told which."""

    code = "TICKET_INVALID"
    title = "This ticket is not valid"


@dataclass(frozen=True, slots=True, repr=False)
class Ticket:
    """What opens one socket within `expires_in` seconds."""

    ticket: str
    expires_in: int


class TicketService:
    """Hands out tickets, takes them back once, and says whether who came in may stay."""

    def __init__(
        self,
        uow: UnitOfWork,
        auth: AuthService,
        keys: KeyService,
        *,
        clock: Clock,
        new_secret: Callable[[], str],
    ) -> None:
        self._uow = uow
        self._auth = auth
        self._keys = keys
        self._clock = clock
        self._new_secret = new_secret

    async def issue(self, caller: Caller) -> Ticket:
        """A ticket that stands for the caller's sign-in or key, and ends with it."""
        now, secret = self._clock(), self._new_secret()
        row = SocketTicket(
            id=uuid4(),
            user_id=caller.user_id,
            family_id=caller.family,
            key_id=caller.key_id,
            ticket_hash=secret_digest(secret),
            expires_at=now + TICKET_LIFE,
            access_expires_at=caller.expires_at,
        )
        async with self._uow.write() as tx:
            await tx.tickets.delete_expired(now)
            await tx.tickets.add(row)
        return Ticket(secret, int(TICKET_LIFE.total_seconds()))

    async def redeem(self, ticket: str) -> Caller:
        """Who the ticket stands for; it can't be used again. Raises TicketInvalidError, TokenInvalidError,
        KeyInvalidError."""
        async with self._uow.write() as tx:
            row = await tx.tickets.consume(secret_digest(ticket))
        if row is None or row.expires_at <= self._clock():
            raise TicketInvalidError("This ticket is not valid; ask for a new one.")
        if row.key_id is not None:
            return await self._keys.still(row.key_id)
        return await self._of_sign_in(row.user_id, row.family_id, row.access_expires_at)

    async def known(self, token: str) -> Caller:
        """Who an access token or an API key speaks for; raises TokenInvalidError, KeyInvalidError."""
        known = self._keys.authenticate(token) if token.startswith("gsk_") else self._auth.authenticate(token)
        return await known

    async def check(self, caller: Caller) -> None:
        """Raises TokenInvalidError or KeyInvalidError once what the caller came in with has ended."""
        if caller.key_id is not None:
            await self._keys.still(caller.key_id)
        else:
            await self._of_sign_in(caller.user_id, caller.family, caller.expires_at)

    def seconds_left(self, caller: Caller) -> float | None:
        """Until what the caller came in with ends by itself; None for a key without an end."""
        return None if caller.expires_at is None else (caller.expires_at - self._clock()).total_seconds()

    async def _of_sign_in(self, user_id: int, family: UUID | None, expires_at: datetime | None) -> Caller:
        if family is None or expires_at is None:
            raise TicketInvalidError("This ticket is not valid; ask for a new one.")
        return await self._auth.still(user_id, family, expires_at)
