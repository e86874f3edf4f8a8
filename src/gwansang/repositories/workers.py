"""The workers that are at work."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from gwansang.models import Worker
from gwansang.repositories.base import Repository


class Workers(Repository[Worker]):
    model = Worker

    async def beat(self, worker_id: str, now: datetime) -> None:
        """Writes down that the worker is alive; one that is new, or was taken for dead, is there again."""
        if not await self._execute(update(Worker).where(Worker.id == worker_id).values(beat_at=now)):
            await self.add(Worker(id=worker_id, started_at=now, beat_at=now))

    async def alive(self, since: datetime) -> frozenset[str]:
        """Who was heard of since that time."""
        query = select(Worker.id).where(Worker.beat_at >= since)
        return frozenset((await self._session.execute(query)).scalars())

    async def beats(self) -> Mapping[str, datetime]:
        """When every worker was last heard of, by its own clock."""
        query = select(Worker.id, Worker.beat_at)
        return {name: beat_at for name, beat_at in await self._session.execute(query)}

    async def leave(self, worker_id: str) -> None:
        """Forgets a worker."""
        await self._delete(Worker.id == worker_id)

    async def any_stale(self, before: datetime) -> bool:
        """Whether there is somebody who was not heard of since that time."""
        query = select(Worker.id).where(Worker.beat_at < before).limit(1)
        return (await self._session.execute(query)).first() is not None

    async def delete_stale(self, before: datetime) -> int:
        """Forgets who was not heard of since that time."""
        return await self._delete(Worker.beat_at < before)
