"""Links to kept readings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gwansang.core.paging import Page, PageRequest
from gwansang.models import Share
from gwansang.repositories.base import Repository
from gwansang.repositories.keyset import Order


class Shares(Repository[Share]):
    model = Share

    async def get_valid(self, token_hash: str, now: datetime) -> Share | None:
        """Return the link of a token's digest, unless it has expired."""
        return await self._one(select(Share).where(Share.token_hash == token_hash, Share.expires_at > now))

    async def page_valid(self, user_id: int, analysis_id: UUID, request: PageRequest, now: datetime) -> Page[Share]:
        """Return the user's links to an analysis that have not expired, newest first."""
        order = (Order(Share.created_at, descending=True), Order(Share.id))
        own = (Share.user_id == user_id, Share.analysis_id == analysis_id)
        return await self._page(request, order, *own, Share.expires_at > now)

    async def list_for_user(self, user_id: int) -> tuple[Share, ...]:
        """Return every link of the user, oldest first."""
        return await self._all(select(Share).where(Share.user_id == user_id).order_by(Share.created_at, Share.id))

    async def count_valid(self, user_id: int, now: datetime) -> int:
        return await self._count(Share.user_id == user_id, Share.expires_at > now)

    async def delete(self, user_id: int, analysis_id: UUID, share_id: UUID) -> bool:
        """End a link of this user; return False if there is none."""
        own = (Share.id == share_id, Share.user_id == user_id, Share.analysis_id == analysis_id)
        return await self._delete(*own) > 0

    async def delete_expired(self, now: datetime) -> int:
        return await self._delete(Share.expires_at <= now)
