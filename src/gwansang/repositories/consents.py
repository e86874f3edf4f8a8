"""The ledger of consents."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from gwansang.models import Consent
from gwansang.repositories.base import Repository


class Consents(Repository[Consent]):
    model = Consent

    async def active(self, user_id: int, purpose: str) -> Consent | None:
        """The consent that was given and not withdrawn."""
        return await self._one(
            select(Consent).where(
                Consent.user_id == user_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
            )
        )

    async def of_user(self, user_id: int) -> tuple[Consent, ...]:
        """Every row of the user, oldest first."""
        return await self._all(select(Consent).where(Consent.user_id == user_id).order_by(Consent.id))

    async def latest(self, user_id: int) -> Mapping[str, Consent]:
        """The last row of each purpose."""
        return {row.purpose: row for row in await self.of_user(user_id)}

    async def withdraw(self, user_id: int, purpose: str, now: datetime) -> bool:
        """Withdraws the active consent; False where there is none."""
        statement = (
            update(Consent)
            .where(Consent.user_id == user_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None))
            .values(withdrawn_at=now)
        )
        return await self._changed(statement) > 0
