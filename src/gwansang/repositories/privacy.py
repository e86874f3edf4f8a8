"""The audit log, what is left of erasures, and turns of regular work."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from gwansang.models import AuditEntry, AuditHead, Erasure, Turn
from gwansang.repositories.base import Repository


class Audit(Repository[AuditEntry]):
    model = AuditEntry

    async def head(self) -> AuditHead:
        """Where the log begins and ends."""
        return (await self._session.execute(select(AuditHead))).scalar_one()

    async def locked_head(self) -> AuditHead:
        """The same, and nobody else appends before this transaction ends; lock it after everything else."""
        return (await self._session.execute(select(AuditHead).with_for_update())).scalar_one()

    async def after(self, seq: int, limit: int) -> tuple[AuditEntry, ...]:
        """The entries that follow, in their order."""
        return await self._all(select(AuditEntry).where(AuditEntry.seq > seq).order_by(AuditEntry.seq).limit(limit))

    async def of_subject(self, subject: str) -> tuple[AuditEntry, ...]:
        """What the log tells of somebody."""
        return await self._all(select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.seq))

    async def last_before(self, moment: datetime) -> AuditEntry | None:
        """The last of the entries that are older, all of which come before it."""
        younger = select(AuditEntry.seq).where(AuditEntry.at >= moment).order_by(AuditEntry.seq).limit(1)
        first = (await self._session.execute(younger)).scalar_one_or_none()
        query = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)
        return await self._one(query if first is None else query.where(AuditEntry.seq < first))

    async def delete_through(self, seq: int) -> int:
        """Deletes the entries up to this one; the database allows it where the head says that the log begins there."""
        return await self._changed(delete(AuditEntry).where(AuditEntry.seq <= seq))


class Erasures(Repository[Erasure]):
    model = Erasure

    async def due(self, now: datetime, limit: int) -> tuple[Erasure, ...]:
        """Erasures that are not at their end."""
        return await self._all(select(Erasure).where(Erasure.due_at <= now).order_by(Erasure.due_at).limit(limit))

    async def done(self, erasure_id: UUID) -> None:
        """Forgets an erasure that is at its end."""
        await self._delete(Erasure.id == erasure_id)


class Turns(Repository[Turn]):
    model = Turn

    async def take(self, name: str, now: datetime, *, done_before: datetime, begun_before: datetime) -> bool:
        """Takes the turn where nobody had it since these times; False where somebody has."""
        due = or_(Turn.done_at.is_(None), Turn.done_at < done_before)
        free = or_(Turn.begun_at.is_(None), Turn.begun_at < begun_before)
        return await self._changed(update(Turn).where(Turn.name == name, due, free).values(begun_at=now)) > 0

    async def finish(self, name: str, now: datetime) -> None:
        """Notes that the work is done."""
        await self._changed(update(Turn).where(Turn.name == name).values(begun_at=None, done_at=now))
