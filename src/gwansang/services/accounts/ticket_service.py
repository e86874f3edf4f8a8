"""Tickets for WebSockets: browsers can't send headers when opening one, and a token in the URL would end up in logs."""

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

TICKET_TTL: Final = timedelta(seconds=30)


class TicketInvalidError(Unauthenticated):
    """Unknown, expired or used; the answer does not reveal which."""

    code = "TICKET_INVALID"
    title = "This ticket is not valid"


@dataclass(frozen=True, slots=True, repr=False)
class Ticket:
    """A secret that opens one socket within `expires_in` seconds."""

    ticket: str
    expires_in: int


class TicketService:
    """Issues single-use tickets, and authenticates and rechecks the callers of sockets."""

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
        """Issue a ticket for the caller's sign-in or key, which ends with it."""
        now, secret = self._clock(), self._new_secret()
        row = SocketTicket(
            id=uuid4(),
            user_id=caller.user_id,
            family_id=caller.family,
            key_id=caller.key_id,
            ticket_hash=secret_digest(secret),
            expires_at=now + TICKET_TTL,
            access_expires_at=caller.expires_at,
        )
        async with self._uow.write() as tx:
            await tx.tickets.delete_expired(now)
            await tx.tickets.add(row)
        return Ticket(secret, int(TICKET_TTL.total_seconds()))

    async def redeem(self, ticket: str) -> Caller:
        """Return the caller of a ticket, which can't be used again. Raises TicketInvalidError, TokenInvalidError,
        KeyInvalidError."""
        async with self._uow.write() as tx:
            row = await tx.tickets.consume(secret_digest(ticket))
        if row is None or row.expires_at <= self._clock():
            raise TicketInvalidError("This ticket is not valid; ask for a new one.")
        if row.key_id is not None:
            return await self._keys.revalidate(row.key_id)
        return await self._revalidate_family(row.user_id, row.family_id, row.access_expires_at)

    async def authenticate(self, token: str) -> Caller:
        """Return the caller of an access token or an API key; raises TokenInvalidError, KeyInvalidError."""
        service = self._keys if token.startswith("gsk_") else self._auth
        return await service.authenticate(token)

    async def ensure_valid(self, caller: Caller) -> None:
        """Raise TokenInvalidError or KeyInvalidError once the caller's sign-in or key has ended."""
        if caller.key_id is not None:
            await self._keys.revalidate(caller.key_id)
        else:
            await self._revalidate_family(caller.user_id, caller.family, caller.expires_at)

    def seconds_left(self, caller: Caller) -> float | None:
        """Return the time until the caller's token or key expires; None for a key without an end."""
        return None if caller.expires_at is None else (caller.expires_at - self._clock()).total_seconds()

    async def _revalidate_family(self, user_id: int, family: UUID | None, expires_at: datetime | None) -> Caller:
        if family is None or expires_at is None:
            raise TicketInvalidError("This ticket is not valid; ask for a new one.")
        return await self._auth.revalidate(user_id, family, expires_at)
