"""The ledger of consents."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from gwansang.models import Consent
from gwansang.repositories.base import Repository


class Consents(Repository[Consent]):
    model = Consent

    async def get_active(self, user_id: int, purpose: str) -> Consent | None:
        """Return the consent that was granted and not withdrawn."""
        return await self._one(select(Consent).where(*_active(user_id, purpose)))

    async def list_for_user(self, user_id: int) -> tuple[Consent, ...]:
        """Return every row of the user, oldest first."""
        return await self._all(select(Consent).where(Consent.user_id == user_id).order_by(Consent.id))

    async def latest_by_purpose(self, user_id: int) -> Mapping[str, Consent]:
        """Return the last row of each purpose."""
        return {row.purpose: row for row in await self.list_for_user(user_id)}

    async def count_by_purpose_and_version(self) -> Mapping[tuple[str, int], tuple[int, int]]:
        """Return the number of granted and of withdrawn consents by purpose and version of the text."""
        withdrawn = func.count(Consent.withdrawn_at)  # counts what is not null
        query = select(Consent.purpose, Consent.version, func.count() - withdrawn, withdrawn)
        rows = await self._session.execute(query.group_by(Consent.purpose, Consent.version))
        return {(purpose, version): (granted, ended) for purpose, version, granted, ended in rows}

    async def withdraw(self, user_id: int, purpose: str, now: datetime) -> bool:
        """Withdraw the active consent; return False if there is none."""
        return await self._execute(update(Consent).where(*_active(user_id, purpose)).values(withdrawn_at=now)) > 0

    async def delete_withdrawn(self, before: datetime) -> int:
        """Delete the rows, of all users, that were withdrawn until that time, and return their number."""
        return await self._delete(Consent.withdrawn_at <= before)


def _active(user_id: int, purpose: str) -> tuple[ColumnElement[bool], ...]:
    return Consent.user_id == user_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
