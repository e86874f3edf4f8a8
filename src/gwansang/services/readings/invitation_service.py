"""Invitations: codes with which others compare their faces with a kept reading that they do not see."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Conflict, NotFound
from gwansang.core.tokens import secret_digest
from gwansang.models import Invitation
from gwansang.models.base import from_row
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.idempotency_service import RecordCreation
from gwansang.services.accounts.user_service import require_user
from gwansang.services.readings.history_service import AnalysisNotFoundError

_log = structlog.get_logger("gwansang.invitations")
MAX_DAYS: Final = 30
MAX_USES: Final = 10
MAX_INVITATIONS: Final = 20  # of one user at a time


class InvitationNotFoundError(NotFound):
    """Unknown, expired, used up or ended, or of another user; the answer does not reveal which."""

    code = "INVITATION_NOT_FOUND"
    title = "There is no such invitation"


class TooManyInvitationsError(Conflict):
    """Carries `max_invitations` in its context."""

    code = "TOO_MANY_INVITATIONS"
    title = "There are too many invitations"


@dataclass(frozen=True, slots=True)
class InvitationInfo:
    """An invitation as its owner sees it later."""

    id: UUID
    analysis_id: UUID
    uses_left: int
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewInvitation(InvitationInfo):
    """A new invitation with its code, of which only a digest is stored."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that can be redeemed: whose it is, and which reading it is about."""

    id: UUID
    user_id: int
    analysis_id: UUID


class InvitationService:
    """Makes, lists, ends and redeems invitations."""

    def __init__(
        self, uow: UnitOfWork, *, clock: Clock, new_id: Callable[[], UUID], new_secret: Callable[[], str]
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret

    async def create(
        self, user_id: int, analysis_id: UUID, days: int, uses: int, record: RecordCreation | None = None
    ) -> NewInvitation:
        """Make an invitation to a kept reading of the user, for up to MAX_DAYS and MAX_USES.

        Raises AnalysisNotFoundError, TooManyInvitationsError, UserNotFoundError.
        """
        if not (1 <= days <= MAX_DAYS and 1 <= uses <= MAX_USES):
            raise ValueError("the days or the uses of an invitation are out of range")
        now, code = self._clock(), self._new_secret()
        row = Invitation(
            id=self._new_id(),
            user_id=user_id,
            analysis_id=analysis_id,
            code_hash=secret_digest(code),
            uses_left=uses,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        async with self._uow.write() as tx:
            require_user(await tx.users.get_for_update(user_id))  # locked, so that two requests can't pass the limit
            if await tx.analyses.get(user_id, analysis_id) is None:
                raise AnalysisNotFoundError("There is no such analysis.")
            if await tx.invitations.count_valid(user_id, now) >= MAX_INVITATIONS:
                message = f"There are {MAX_INVITATIONS} invitations already; end one first."
                raise TooManyInvitationsError(message, max_invitations=MAX_INVITATIONS)
            await tx.invitations.add(row)
            if record is not None:
                await record(tx, row.id)
        _log.info("invitation.created", user_id=user_id, invitation_id=str(row.id), days=days, uses=uses)
        return from_row(NewInvitation, row, code=code)

    async def list_valid(self, user_id: int) -> tuple[InvitationInfo, ...]:
        """Return the user's invitations that have not expired, newest first."""
        now = self._clock()
        async with self._uow.read() as tx:
            rows = await tx.invitations.list_for_user(user_id)
        return tuple(from_row(InvitationInfo, row) for row in rows if row.expires_at > now)

    async def end(self, user_id: int, invitation_id: UUID) -> None:
        """End an invitation of this user; raises InvitationNotFoundError."""
        async with self._uow.write() as tx:
            if not await tx.invitations.delete(user_id, invitation_id):
                raise _not_found()
        _log.info("invitation.ended", user_id=user_id, invitation_id=str(invitation_id))

    async def find(self, code: str) -> OpenInvitation:
        """Return the invitation of a code without using it; raises InvitationNotFoundError."""
        async with self._uow.read() as tx:
            row = await tx.invitations.get_valid(secret_digest(code), self._clock())
        if row is None:
            raise _not_found()
        return from_row(OpenInvitation, row)

    async def use(self, invitation: OpenInvitation) -> None:
        """Take one use of an invitation; raises InvitationNotFoundError if it has ended meanwhile."""
        async with self._uow.write() as tx:
            if not await tx.invitations.use(invitation.id, self._clock()):
                raise _not_found()
        _log.info("invitation.used", invitation_id=str(invitation.id))


def _not_found() -> InvitationNotFoundError:
    return InvitationNotFoundError("There is no such invitation; it may have been used, have expired or been ended.")
