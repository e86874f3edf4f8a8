"""맞아요, 아니에요: whether parts of a kept reading fit, counted by shape for users who agree to `improve`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from gwansang.core.exceptions import InvalidInput
from gwansang.models import FeedbackAnswer
from gwansang.models.base import from_row
from gwansang.reading.covers import UNSEEN_SHAPE
from gwansang.repositories.unit_of_work import Transaction, UnitOfWork
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.accounts.user_service import require_user
from gwansang.services.readings.history_service import AnalysisNotFoundError, HistoryService

_log = structlog.get_logger("gwansang.feedback")
CONSENT_VERSION: Final = 2  # of the text of `improve` that first names these counts


class PartNotToldError(InvalidInput):
    """Carries `part` in its context: one that the reading does not tell."""

    code = "PART_NOT_TOLD"
    title = "The reading tells no such part"


@dataclass(frozen=True, slots=True)
class ShapeCount:
    """How often a shape of a part was said to fit, and not to, in one version of the texts."""

    part: str
    shape_id: str
    content_version: str
    fits: int
    fits_not: int


class FeedbackService:
    """Stores answers and counts them; the counts name nobody and stay when an answer is deleted with its reading."""

    def __init__(self, uow: UnitOfWork, history: HistoryService, consents: ConsentService) -> None:
        self._uow = uow
        self._history = history
        self._consents = consents

    async def answers(self, user_id: int, analysis_id: UUID) -> dict[str, bool]:
        """Return whether each answered part of a kept reading fits; raises AnalysisNotFoundError."""
        async with self._uow.read() as tx:
            if await tx.analyses.get(user_id, analysis_id) is None:
                raise AnalysisNotFoundError("There is no such analysis.")
            rows = await tx.feedback_answers.list_for_analysis(analysis_id)
        return {row.part: row.fits for row in rows}

    async def answer(self, user_id: int, analysis_id: UUID, answers: Mapping[str, bool | None]) -> dict[str, bool]:
        """Store whether parts of a kept reading fit (None takes an answer back), move the counts, return all answers.

        Raises ConsentRequiredError, AnalysisNotFoundError, PartNotToldError.
        """
        reading = (await self._history.get(user_id, analysis_id)).reading
        await self._consents.require(user_id, "improve", CONSENT_VERSION)
        shapes = {part.part: part.shape_id for part in reading.parts if part.shape_id != UNSEEN_SHAPE}
        for part in answers:
            if part not in shapes:
                raise PartNotToldError("The reading tells no such part.", part=part[:40])
        async with self._uow.write() as tx:
            require_user(await tx.users.get_for_update(user_id))  # locked, so that no answer is counted twice
            await self._consents.require_in(tx, user_id, "improve", CONSENT_VERSION)
            if await tx.analyses.get(user_id, analysis_id) is None:
                raise AnalysisNotFoundError("There is no such analysis.")
            given = {row.part: row for row in await tx.feedback_answers.list_for_analysis(analysis_id)}
            for part, fits in answers.items():
                if part in given:
                    await _take_back(tx, shapes[part], given[part])
                if fits is not None:
                    row = given.get(part) or FeedbackAnswer(analysis_id=analysis_id, part=part)
                    row.fits, row.content_version = fits, reading.content_version
                    await _count(tx, shapes[part], row, is_new=part not in given)
                elif part in given:
                    await tx.feedback_answers.delete(analysis_id, part)
            rows = await tx.feedback_answers.list_for_analysis(analysis_id)
        _log.info("feedback.answered", parts=len(answers))
        return {row.part: row.fits for row in rows}

    async def counts(self) -> tuple[ShapeCount, ...]:
        """Return the counts of all shapes that were answered, for `gwansang evaluate feedback`."""
        async with self._uow.read() as tx:
            rows = await tx.feedback_counts.list_all()
        return tuple(from_row(ShapeCount, row) for row in rows if row.fits or row.fits_not)


async def _take_back(tx: Transaction, shape_id: str, row: FeedbackAnswer) -> None:
    await tx.feedback_counts.count(row.part, shape_id, row.content_version, fits=row.fits, number=-1)


async def _count(tx: Transaction, shape_id: str, row: FeedbackAnswer, *, is_new: bool) -> None:
    await (tx.feedback_answers.add(row) if is_new else tx.feedback_answers.save(row))
    await tx.feedback_counts.count(row.part, shape_id, row.content_version, fits=row.fits)
