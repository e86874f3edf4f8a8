"""Links by which owners share the words of a kept reading; they end by themselves, or when the owner ends them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from gwansang.core.clock import Clock
from gwansang.core.exceptions import Conflict, NotFound
from gwansang.core.paging import FIRST_PAGE, Page, PageRequest
from gwansang.core.tokens import secret_digest
from gwansang.models import Share
from gwansang.models.base import from_row
from gwansang.reading.model import Reading
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.idempotency_service import RecordCreation
from gwansang.services.accounts.user_service import require_user
from gwansang.services.readings.history_service import AnalysisNotFoundError, HistoryService
from gwansang.texts import Locale, known_locale

MAX_SHARES: Final = 50  # of one user, that have not expired
_log = structlog.get_logger("gwansang.shares")


class ShareNotFoundError(NotFound):
    """The link is unknown, has ended or expired, or its reading was deleted; the answer does not say which."""

    code = "SHARE_NOT_FOUND"
    title = "There is no such link"


class ShareLimitError(Conflict):
    """Carries `max` in its context."""

    code = "SHARE_LIMIT"
    title = "Too many links"


@dataclass(frozen=True, slots=True)
class ShareInfo:
    """A link as its owner sees it later."""

    id: UUID
    analysis_id: UUID
    locale: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class NewShare:
    """A new link with its token, which is not stored."""

    info: ShareInfo
    token: str


@dataclass(frozen=True, slots=True)
class SharedReading:
    """A reading behind a link, in the language in which it is shown."""

    reading: Reading
    expires_at: datetime


class ShareService:
    """Makes, lists, ends and opens links. Another user's analyses raise AnalysisNotFoundError."""

    def __init__(
        self,
        uow: UnitOfWork,
        history: HistoryService,
        *,
        clock: Clock,
        new_id: Callable[[], UUID],
        new_secret: Callable[[], str],
    ) -> None:
        self._uow = uow
        self._history = history
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret

    async def create(
        self, user_id: int, analysis_id: UUID, hours: int, locale: Locale, record: RecordCreation | None = None
    ) -> NewShare:
        """Make a link; raises AnalysisNotFoundError, ShareLimitError, UserNotFoundError."""
        now, token = self._clock(), self._new_secret()
        row = Share(
            id=self._new_id(),
            user_id=user_id,
            analysis_id=analysis_id,
            token_hash=secret_digest(token),
            locale=locale,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        )
        async with self._uow.write() as tx:
            require_user(await tx.users.get_for_update(user_id))  # locked, so that two requests can't pass the limit
            await self._require_analysis(tx, user_id, analysis_id)
            if await tx.shares.count_valid(user_id, now) >= MAX_SHARES:
                raise ShareLimitError(f"There are {MAX_SHARES} links already; end one first.", max=MAX_SHARES)
            await tx.shares.add(row)
            if record is not None:
                await record(tx, row.id)
        _log.info("share.created", user_id=user_id, share_id=str(row.id))
        return NewShare(from_row(ShareInfo, row), token)

    async def page(self, user_id: int, analysis_id: UUID, request: PageRequest = FIRST_PAGE) -> Page[ShareInfo]:
        """Return the links to an analysis, newest first; raises AnalysisNotFoundError, InvalidPageError."""
        async with self._uow.read() as tx:
            await self._require_analysis(tx, user_id, analysis_id)
            page = await tx.shares.page_valid(user_id, analysis_id, request, self._clock())
        return page.map(partial(from_row, ShareInfo))

    async def end(self, user_id: int, analysis_id: UUID, share_id: UUID) -> None:
        """End a link at once; raises ShareNotFoundError."""
        async with self._uow.write() as tx:
            if not await tx.shares.delete(user_id, analysis_id, share_id):
                raise ShareNotFoundError("There is no such link.")
        _log.info("share.ended", user_id=user_id, share_id=str(share_id))

    async def open(self, token: str, locale: Locale | None = None) -> SharedReading:
        """Return the reading of a link, in its own language or in another one; raises ShareNotFoundError."""
        async with self._uow.read() as tx:
            share = await tx.shares.get_valid(secret_digest(token), self._clock())
            owner = await tx.users.get(share.user_id) if share else None
        if share is None or owner is None or not owner.is_active:
            raise ShareNotFoundError("There is no such link.")
        own = known_locale(share.locale)
        try:
            kept = await self._history.get(share.user_id, share.analysis_id, locale or own)
        except AnalysisNotFoundError:  # deleted meanwhile
            raise ShareNotFoundError("There is no such link.") from None
        return SharedReading(kept.reading, share.expires_at)

    async def check(self, token: str) -> None:
        """Raise ShareNotFoundError for a link that opens nothing."""
        await self.open(token)

    async def _require_analysis(self, tx: Transaction, user_id: int, analysis_id: UUID) -> None:
        if not await tx.analyses.exists(user_id, analysis_id):
            raise AnalysisNotFoundError("There is no such analysis.")
