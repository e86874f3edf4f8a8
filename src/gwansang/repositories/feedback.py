"""Answers to parts of kept readings, and their counts."""

from uuid import UUID

from sqlalchemy import select, text

from gwansang.models import FeedbackAnswer, FeedbackCount, StoredAnalysis
from gwansang.repositories.base import Repository

_ADD = text(
    """INSERT INTO feedback_counts (part, shape_id, content_version, fits, fits_not)
       VALUES (:part, :shape_id, :content_version, :fits, :fits_not)
       ON CONFLICT (part, shape_id, content_version) DO UPDATE SET
         fits = feedback_counts.fits + excluded.fits, fits_not = feedback_counts.fits_not + excluded.fits_not"""
)  # one statement of both databases: two first answers to a shape at once must not fail


class FeedbackAnswers(Repository[FeedbackAnswer]):
    model = FeedbackAnswer

    async def list_for_analysis(self, analysis_id: UUID) -> tuple[FeedbackAnswer, ...]:
        """Return the answers to an analysis; lock its owner to change them."""
        query = select(FeedbackAnswer).where(FeedbackAnswer.analysis_id == analysis_id)
        return await self._all(query.order_by(FeedbackAnswer.part))

    async def list_for_user(self, user_id: int) -> tuple[FeedbackAnswer, ...]:
        """Return every answer of the user."""
        query = select(FeedbackAnswer).join(StoredAnalysis, StoredAnalysis.id == FeedbackAnswer.analysis_id)
        owned = query.where(StoredAnalysis.user_id == user_id)
        return await self._all(owned.order_by(FeedbackAnswer.analysis_id, FeedbackAnswer.part))

    async def delete(self, analysis_id: UUID, part: str) -> None:
        """Delete the answer to a part."""
        await self._delete(FeedbackAnswer.analysis_id == analysis_id, FeedbackAnswer.part == part)

    async def delete_for_user(self, user_id: int) -> int:
        """Delete every answer of the user and return their number."""
        owned = select(StoredAnalysis.id).where(StoredAnalysis.user_id == user_id)
        return await self._delete(FeedbackAnswer.analysis_id.in_(owned))


class FeedbackCounts(Repository[FeedbackCount]):
    model = FeedbackCount

    async def count(self, part: str, shape_id: str, content_version: str, *, fits: bool, number: int = 1) -> None:
        """Add answers to the count of a shape; a negative number takes them back."""
        await self._session.execute(
            _ADD,
            {
                "part": part,
                "shape_id": shape_id,
                "content_version": content_version,
                "fits": number if fits else 0,
                "fits_not": 0 if fits else number,
            },
        )

    async def list_all(self) -> tuple[FeedbackCount, ...]:
        """Return every count, by part, shape and version."""
        return await self._all(
            select(FeedbackCount).order_by(FeedbackCount.part, FeedbackCount.shape_id, FeedbackCount.content_version)
        )
