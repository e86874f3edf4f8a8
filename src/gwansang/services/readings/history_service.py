"""History of analyses for users who consent to it: list, read, delete, and the fortune of any day."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from gwansang.core.clock import Clock
from gwansang.core.exceptions import NotFound
from gwansang.core.locale_negotiation import negotiate_locale
from gwansang.core.paging import FIRST_PAGE, Page, PageRequest
from gwansang.models.analysis import StoredAnalysis
from gwansang.models.base import from_row
from gwansang.reading.days import fortune_of
from gwansang.reading.model import Fortune
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.accounts.idempotency_service import RecordCreation
from gwansang.services.protection.photo_cleaner import PhotoCleaner
from gwansang.services.protection.sealed_faces import seal_face, unseal_face
from gwansang.services.protection.sealing import DataKey, Sealer
from gwansang.services.readings.kept_content import KeptAnalysis, dump_content, load_content
from gwansang.services.readings.profile_service import ProfileService, ProfileUpdate
from gwansang.texts import DEFAULT_LOCALE, Locale


class AnalysisNotFoundError(NotFound):
    """No such analysis, or one of another user; the answer is the same."""

    code = "ANALYSIS_NOT_FOUND"
    title = "There is no such analysis"


@dataclass(frozen=True, slots=True)
class KeptSummary:
    """A kept analysis as an entry of a list."""

    analysis_id: UUID
    created_at: datetime
    locale: str
    overall_score: int
    element: str
    quality_score: float
    engine_version: str
    content_version: str


class HistoryService:
    """Kept analyses of users; another user's analyses raise AnalysisNotFoundError."""

    def __init__(
        self,
        uow: UnitOfWork,
        sealer: Sealer,
        consents: ConsentService,
        profiles: ProfileService,
        photo_cleaner: PhotoCleaner,
        *,
        clock: Clock,
    ) -> None:
        self._uow = uow
        self._sealer = sealer
        self._consents = consents
        self._profiles = profiles
        self._photo_cleaner = photo_cleaner
        self._clock = clock

    async def save(
        self,
        user_id: int,
        analysis: KeptAnalysis,
        update: ProfileUpdate | None = None,
        record: RecordCreation | None = None,
    ) -> bool:
        """Store an analysis and the updated profile if the user consents; return whether they were stored.

        Consent is checked in the transaction that stores them. Raises ProfileBusyError and stores nothing.
        """
        async with self._uow.write() as tx:
            user = await tx.users.get_for_update(user_id)
            kept = user is not None and await self.save_all(tx, user_id, [analysis], update)
            if kept and record is not None:
                await record(tx, analysis.analysis_id)
        return kept

    async def save_all(
        self, tx: Transaction, user_id: int, analyses: Iterable[KeptAnalysis], update: ProfileUpdate | None = None
    ) -> bool:
        """Store analyses as `save` does, in a transaction that has locked the user."""
        if not await self._consents.is_granted(tx, user_id, "history"):
            return False
        if update is not None:
            await self._profiles.save(tx, user_id, update)
        key = await self._sealer.load_or_create_key(tx, user_id)
        for analysis in analyses:
            await tx.analyses.add(seal_face(self._sealer, key, _row(user_id, analysis), dump_content(analysis)))
        return True

    async def page(self, user_id: int, request: PageRequest = FIRST_PAGE) -> Page[KeptSummary]:
        """Return the user's analyses, newest first; raises InvalidPageError."""
        async with self._uow.read() as tx:
            return (await tx.analyses.page(user_id, request)).map(
                lambda row: from_row(KeptSummary, row, analysis_id=row.id)
            )

    async def get(self, user_id: int, analysis_id: UUID, locale: Locale | None = None) -> KeptAnalysis:
        """Return an analysis of this user in `locale`, or in the language it was kept in; raises
        AnalysisNotFoundError."""
        async with self._uow.read() as tx:
            row = await self._row_of(tx, user_id, analysis_id)
            key = await self._sealer.load_key(tx, user_id)
        return await asyncio.to_thread(self.decrypt, key, row, locale)

    async def delete(self, user_id: int, analysis_id: UUID) -> None:
        """Delete an analysis of this user and its photo; raises AnalysisNotFoundError."""
        async with self._uow.write() as tx:
            photos = await tx.photos.discard(user_id, self._clock(), analysis_id)
            if not await tx.analyses.delete(user_id, analysis_id):
                raise AnalysisNotFoundError("There is no such analysis.")
        await self._photo_cleaner.delete(photos)

    async def fortune(self, user_id: int, analysis_id: UUID, day: date, locale: Locale = DEFAULT_LOCALE) -> Fortune:
        """Return the fortune of any day for the face of a kept analysis; raises AnalysisNotFoundError."""
        return (await self.fortunes(user_id, analysis_id, day, 1, locale))[0]

    async def fortunes(
        self, user_id: int, analysis_id: UUID, first: date, days: int, locale: Locale = DEFAULT_LOCALE
    ) -> list[Fortune]:
        """Return the fortunes of days from `first` on, as far as the calendar goes; raises AnalysisNotFoundError."""
        reading = (await self.get(user_id, analysis_id)).reading
        last = min(first.toordinal() + days - 1, date.max.toordinal())
        return [fortune_of(reading, date.fromordinal(day), locale) for day in range(first.toordinal(), last + 1)]

    def decrypt(self, key: DataKey, row: StoredAnalysis, locale: Locale | None = None) -> KeptAnalysis:
        """Decrypt a stored row, in `locale` or in the language it was kept in; raises SealBrokenError."""
        content = unseal_face(self._sealer, key, row)
        return load_content(row.id, row.created_at, content, locale or negotiate_locale([row.locale]))

    async def _row_of(self, tx: Transaction, user_id: int, analysis_id: UUID) -> StoredAnalysis:
        row = await tx.analyses.get(user_id, analysis_id)
        if row is None:
            raise AnalysisNotFoundError("There is no such analysis.")
        return row


def _row(user_id: int, analysis: KeptAnalysis) -> StoredAnalysis:
    reading = analysis.reading
    return StoredAnalysis(
        id=analysis.analysis_id,
        user_id=user_id,
        created_at=analysis.created_at,
        locale=reading.locale,
        overall_score=reading.overall_score,
        element=reading.element.primary,
        quality_score=analysis.quality.score,
        engine_version=reading.engine_version,
        content_version=reading.content_version,
    )
