"""Sign-ins of a user: on which device, since when, when last used; each can be ended."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import NotFound
from gwansang.core.paging import FIRST_PAGE, Page, PageRequest
from gwansang.models import TokenFamily
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.protection.audit import AuditLog

_log = structlog.get_logger("gwansang.auth")


class SessionNotFoundError(NotFound):
    """No such sign-in, an ended one, or one of another user; the answer is the same."""

    code = "SESSION_NOT_FOUND"
    title = "There is no such sign-in"


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A sign-in; `last_used_at` is the time of the sign-in or its last refresh, `current` is that of the caller."""

    id: UUID
    device_name: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


class SessionService:
    """Lists and ends the sign-ins of a user."""

    def __init__(self, uow: UnitOfWork, audit: AuditLog, *, clock: Clock) -> None:
        self._uow = uow
        self._audit = audit
        self._clock = clock

    async def page(self, user_id: int, current: UUID | None, request: PageRequest = FIRST_PAGE) -> Page[SessionInfo]:
        """Return a page of the sign-ins that have not ended, the last used first; raises InvalidPageError."""
        async with self._uow.read() as tx:
            rows = await tx.families.page(user_id, request, self._clock())
        return rows.map(lambda row: _session_info(row, current))

    async def end(self, user_id: int, session_id: UUID, by: int | None = None) -> None:
        """End a sign-in of this user with all its tokens and tickets; that an administrator, named in `by`, did it is
        recorded in the audit log. Raises SessionNotFoundError."""
        async with self._uow.write() as tx:
            if not await tx.families.delete(session_id, user_id):
                raise SessionNotFoundError("There is no such sign-in, or it has ended.")
            if by is not None:
                await self._audit.record(tx, "session_ended", user_id, by)
        _log.info("auth.session_ended", user_id=user_id)


def _session_info(row: TokenFamily, current: UUID | None) -> SessionInfo:
    return SessionInfo(
        id=row.id,
        device_name=row.device_name,
        created_at=row.created_at,
        last_used_at=row.refreshed_at,
        expires_at=row.expires_at,
        current=row.id == current,
    )
