"""Kept analyses."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import undefer_group

from gwansang.core.paging import Page, PageRequest
from gwansang.models import StoredAnalysis, UserKey
from gwansang.models.analysis import FACE
from gwansang.repositories.base import Repository


class Analyses(Repository[StoredAnalysis]):
    model = StoredAnalysis

    async def of_user(self, user_id: int, analysis_id: UUID) -> StoredAnalysis | None:
        """An analysis, if it is this user's."""
        query = select(StoredAnalysis).where(StoredAnalysis.id == analysis_id, StoredAnalysis.user_id == user_id)
        return await self._one(query.options(undefer_group(FACE)))

    async def page(self, user_id: int, asked: PageRequest) -> Page[StoredAnalysis]:
        """The user's analyses, newest first, without what is sealed in them."""
        query = select(StoredAnalysis).order_by(StoredAnalysis.created_at.desc(), StoredAnalysis.id)
        return await self._page(query, asked, StoredAnalysis.user_id == user_id)

    async def all_of_user(self, user_id: int) -> tuple[StoredAnalysis, ...]:
        """Every analysis of the user, oldest first."""
        return await self._all(
            select(StoredAnalysis)
            .where(StoredAnalysis.user_id == user_id)
            .order_by(StoredAnalysis.created_at, StoredAnalysis.id)
            .options(undefer_group(FACE))
        )

    async def in_clear(self, limit: int) -> tuple[StoredAnalysis, ...]:
        """Rows of older releases, which did not seal, of users who have a key; others may be at the same work."""
        query = select(StoredAnalysis).join(UserKey, UserKey.user_id == StoredAnalysis.user_id)
        unsealed = query.where(StoredAnalysis.sealed.is_(None)).order_by(StoredAnalysis.id).limit(limit)
        return await self._all(
            unsealed.options(undefer_group(FACE)).with_for_update(of=StoredAnalysis, skip_locked=True)
        )

    async def delete(self, user_id: int, analysis_id: UUID) -> bool:
        """Deletes an analysis of this user; False where there is none."""
        return await self._delete(StoredAnalysis.id == analysis_id, StoredAnalysis.user_id == user_id) > 0

    async def delete_all(self, user_id: int) -> int:
        """Deletes every analysis of the user and says how many there were."""
        return await self._delete(StoredAnalysis.user_id == user_id)
