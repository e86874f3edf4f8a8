"""Stored analyses."""

from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import undefer_group

from gwansang.core.paging import Page, PageRequest
from gwansang.models import StoredAnalysis, UserKey
from gwansang.models.analysis import FACE_COLUMNS
from gwansang.repositories.base import Repository
from gwansang.repositories.keyset import Order


class Analyses(Repository[StoredAnalysis]):
    model = StoredAnalysis

    async def get(self, user_id: int, analysis_id: UUID) -> StoredAnalysis | None:
        """Return an analysis if it is this user's."""
        query = select(StoredAnalysis).where(StoredAnalysis.id == analysis_id, StoredAnalysis.user_id == user_id)
        return await self._one(query.options(undefer_group(FACE_COLUMNS)))

    async def exists(self, user_id: int, analysis_id: UUID) -> bool:
        """Return whether an analysis is this user's, without loading its sealed columns."""
        return await self._count(StoredAnalysis.id == analysis_id, StoredAnalysis.user_id == user_id) > 0

    async def page(self, user_id: int, request: PageRequest) -> Page[StoredAnalysis]:
        """Return a page of the user's analyses, newest first, without their sealed columns."""
        order = (Order(StoredAnalysis.created_at, descending=True), Order(StoredAnalysis.id))
        return await self._page(request, order, StoredAnalysis.user_id == user_id)

    async def count_for_user(self, user_id: int) -> int:
        return await self._count(StoredAnalysis.user_id == user_id)

    async def list_after(self, user_id: int, last: StoredAnalysis | None, limit: int) -> tuple[StoredAnalysis, ...]:
        """Return the user's next analyses after `last`, or the first, oldest first."""
        query = select(StoredAnalysis).where(StoredAnalysis.user_id == user_id).options(undefer_group(FACE_COLUMNS))
        if last is not None:
            later = StoredAnalysis.created_at > last.created_at
            next_id = and_(StoredAnalysis.created_at == last.created_at, StoredAnalysis.id > last.id)
            query = query.where(or_(later, next_id))
        return await self._all(query.order_by(StoredAnalysis.created_at, StoredAnalysis.id).limit(limit))

    async def list_unsealed(self, limit: int) -> tuple[StoredAnalysis, ...]:
        """Return and lock rows that older releases stored unsealed, of users who have a key. Rows locked by another
        process are skipped."""
        query = select(StoredAnalysis).join(UserKey, UserKey.user_id == StoredAnalysis.user_id)
        unsealed = query.where(StoredAnalysis.sealed.is_(None)).order_by(StoredAnalysis.id).limit(limit)
        locked = unsealed.with_for_update(of=StoredAnalysis, skip_locked=True)
        return await self._all(locked.options(undefer_group(FACE_COLUMNS)))

    async def delete(self, user_id: int, analysis_id: UUID) -> bool:
        """Delete an analysis of this user; return False if there is none."""
        return await self._delete(StoredAnalysis.id == analysis_id, StoredAnalysis.user_id == user_id) > 0

    async def delete_for_user(self, user_id: int) -> int:
        """Delete every analysis of the user and return their number."""
        return await self._delete(StoredAnalysis.user_id == user_id)
