"""The audit log, unfinished erasures, and runs of scheduled work."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from gwansang.core.paging import Page, PageRequest
from gwansang.models import AuditEntry, AuditHead, Erasure, ScheduledRun
from gwansang.repositories.base import Repository
from gwansang.repositories.keyset import Order


class Audit(Repository[AuditEntry]):
    model = AuditEntry

    async def get_head(self) -> AuditHead:
        """Return the sequence numbers and hashes at which the log begins and ends."""
        return (await self._session.execute(select(AuditHead))).scalar_one()

    async def get_head_for_update(self) -> AuditHead:
        """Return the head and lock it, so that appends take turns; lock it after everything else."""
        return (await self._session.execute(select(AuditHead).with_for_update())).scalar_one()

    async def list_after(self, seq: int, limit: int) -> tuple[AuditEntry, ...]:
        """Return the entries after `seq` in order."""
        return await self._all(select(AuditEntry).where(AuditEntry.seq > seq).order_by(AuditEntry.seq).limit(limit))

    async def page(self, request: PageRequest, subject: str | None) -> Page[AuditEntry]:
        """Return a page of the entries, of all or about one pseudonym, newest first."""
        about = [] if subject is None else [AuditEntry.subject == subject]
        return await self._page(request, (Order(AuditEntry.seq, descending=True),), *about)

    async def list_for_subject(self, subject: str) -> tuple[AuditEntry, ...]:
        """Return the entries about a pseudonym."""
        return await self._all(select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.seq))

    async def get_last_before(self, moment: datetime) -> AuditEntry | None:
        """Return the last entry before the first one that is not older than `moment`."""
        younger = select(AuditEntry.seq).where(AuditEntry.at >= moment).order_by(AuditEntry.seq).limit(1)
        first = await self._one(younger)
        query = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)
        return await self._one(query if first is None else query.where(AuditEntry.seq < first))

    async def delete_through(self, seq: int) -> int:
        """Delete the entries up to this one; the database allows it only if the head begins the log there."""
        return await self._delete(AuditEntry.seq <= seq)


class Erasures(Repository[Erasure]):
    model = Erasure

    async def list_due(self, now: datetime, limit: int) -> tuple[Erasure, ...]:
        """Return unfinished erasures that are due."""
        return await self._all(select(Erasure).where(Erasure.due_at <= now).order_by(Erasure.due_at).limit(limit))

    async def delete(self, erasure_id: UUID) -> None:
        """Delete the row of a finished erasure."""
        await self._delete(Erasure.id == erasure_id)


class ScheduledRuns(Repository[ScheduledRun]):
    model = ScheduledRun

    async def claim(self, name: str, now: datetime, *, done_before: datetime, begun_before: datetime) -> bool:
        """Claim the run unless it was finished after `done_before` or claimed after `begun_before`; return False if
        another process has it."""
        due = or_(ScheduledRun.done_at.is_(None), ScheduledRun.done_at < done_before)
        free = or_(ScheduledRun.begun_at.is_(None), ScheduledRun.begun_at < begun_before)
        statement = update(ScheduledRun).where(ScheduledRun.name == name, due, free).values(begun_at=now)
        return await self._execute(statement) > 0

    async def rewrite(self) -> None:
        """Write the rows as they are, to try whether the database can be written."""
        await self._execute(update(ScheduledRun).values(name=ScheduledRun.name))

    async def finish(self, name: str, now: datetime) -> None:
        """Store that the run is finished."""
        await self._execute(update(ScheduledRun).where(ScheduledRun.name == name).values(begun_at=None, done_at=now))
