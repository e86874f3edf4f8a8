"""What is older than anybody promised to keep it."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select

from gwansang.models import (
    ApiKey,
    Base,
    Consent,
    MailToken,
    StoredAnalysis,
    TokenFamily,
    User,
    UserProfile,
)
from gwansang.repositories.base import Repository


class Retention(Repository[User]):
    """Deletes by age alone, whosever it is, and says how many rows that were."""

    model = User

    async def mail_tokens(self, now: datetime) -> int:
        """Codes that were mailed and don't work any more."""
        return await self._gone(MailToken, MailToken.expires_at <= now)

    async def sign_ins(self, now: datetime) -> int:
        """Sign-ins that are over."""
        return await self._gone(TokenFamily, TokenFamily.expires_at <= now)

    async def keys(self, expired_before: datetime) -> int:
        """API keys that ended before that."""
        return await self._gone(ApiKey, ApiKey.expires_at <= expired_before)

    async def consents(self, withdrawn_before: datetime) -> int:
        """Proofs of consents that were withdrawn before that."""
        return await self._gone(Consent, Consent.withdrawn_at <= withdrawn_before)

    async def inactive(self, since: datetime, limit: int) -> tuple[int, ...]:
        """Users who have a history and were not here since then: no sign-in, no call with a key, no reading."""
        key_used = select(ApiKey.id).where(ApiKey.user_id == User.id, ApiKey.last_used_at >= since).exists()
        analysis = select(StoredAnalysis.id).where(StoredAnalysis.user_id == User.id)
        profile = select(UserProfile.user_id).where(UserProfile.user_id == User.id).exists()
        query = select(User.id).where(
            func.coalesce(User.seen_at, User.created_at) < since,
            ~key_used,
            ~analysis.where(StoredAnalysis.created_at >= since).exists(),
            analysis.exists() | profile,
        )
        return tuple((await self._session.execute(query.order_by(User.id).limit(limit))).scalars())

    async def _gone(self, table: type[Base], condition: ColumnElement[bool]) -> int:
        return await self._changed(delete(table).where(condition))
