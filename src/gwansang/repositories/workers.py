"""Heartbeats of workers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select, update

from gwansang.models import Worker
from gwansang.repositories.base import Repository

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Workers(Repository[Worker]):
    model = Worker

    async def record_heartbeat(self, worker_id: str, now: datetime) -> None:
        """Record that a worker is alive, adding it if it is new or was deleted as dead."""
        if not await self._execute(update(Worker).where(Worker.id == worker_id).values(beat_at=now)):
            await self.add(Worker(id=worker_id, started_at=now, beat_at=now))

    async def list_heartbeats(self) -> Mapping[str, datetime]:
        """Return the last heartbeat of every worker, by that worker's clock."""
        query = select(Worker.id, Worker.beat_at)
        return {name: beat_at for name, beat_at in await self._session.execute(query)}

    async def any_stale(self, before: datetime) -> bool:
        """Return whether a worker's last heartbeat is older than that."""
        query = select(Worker.id).where(Worker.beat_at < before).limit(1)
        return (await self._session.execute(query)).first() is not None

    async def delete(self, worker_id: str) -> None:
        """Delete a worker that has stopped."""
        await self._delete(Worker.id == worker_id)

    async def mark_dead(self, worker_id: str) -> None:
        """Make a stopped worker count as dead, so that the next worker cleans up after it."""
        await self._execute(update(Worker).where(Worker.id == worker_id).values(beat_at=_EPOCH))

    async def delete_stale(self, before: datetime) -> int:
        """Delete the workers whose last heartbeat is older than that; return their number."""
        return await self._delete(Worker.beat_at < before)
