"""Maintenance of the queue: requeue the tasks of dead workers, delete ended tasks from the engine.

One worker does it for all: the first by name of those that are alive.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.run import JobResources

if TYPE_CHECKING:  # its module takes most of a second to import
    from gwansang.jobs.engine import JobEngine

_log = structlog.get_logger("gwansang.jobs")
_CERTAINLY_DEAD: Final = 10  # times the silence after which a worker counts as dead
_LOST_AFTER: Final = timedelta(seconds=60)  # an enqueued task that the engine does not have
_ORPHANED_AFTER: Final = timedelta(hours=1)  # inputs of a task that was never committed, or has ended
_ORPHAN_INTERVAL: Final = timedelta(minutes=10)


class Sweeper:
    """Maintains the tasks of all workers, with the engine of this one."""

    def __init__(
        self, resources: JobResources, executor: JobExecutor, engine: "JobEngine", *, worker: str, dead_after: timedelta
    ) -> None:
        self._resources = resources
        self._executor = executor
        self._engine = engine
        self._worker = worker
        self._clock = resources.clock
        self._dead_after = dead_after
        self._idle: frozenset[UUID] = frozenset()
        self._gone: frozenset[UUID] = frozenset()
        self._heartbeats: dict[str, tuple[datetime, float]] = {}
        self._orphans_due_at = resources.clock()

    async def sweep(self) -> None:
        """Do one round; raises Unavailable."""
        now = self._clock()
        async with self._resources.uow.read() as tx:
            alive = self._alive(await tx.workers.list_heartbeats(), now) | {self._worker}
        await self._requeue_abandoned(alive)
        if self._worker != min(alive):
            return
        await self.delete_ended()
        await self._reenqueue_lost()
        async with self._resources.uow.write() as tx:
            await tx.workers.delete_stale(now - 2 * _CERTAINLY_DEAD * self._dead_after)
            await tx.tasks.delete_expired(now)
        if now >= self._orphans_due_at:
            self._orphans_due_at = now + _ORPHAN_INTERVAL
            await self._delete_orphaned_inputs()

    async def delete_ended(self) -> None:
        """Delete ended, cancelled and erased tasks from the engine, so that not even their ids remain."""
        ended = await asyncio.to_thread(self._engine.list_ended)
        active = await asyncio.to_thread(self._engine.list_active)
        async with self._resources.uow.read() as tx:
            gone = active - await tx.tasks.filter_unfinished(tuple(active))
        erased = gone & self._gone  # in two rounds in a row: it is not just about to end
        self._gone = gone - erased
        await asyncio.to_thread(self._engine.delete, [*ended, *erased])

    def _alive(self, heartbeats: Mapping[str, datetime], now: datetime) -> frozenset[str]:
        """Return the workers whose heartbeat changed lately by the clock of this process. Clocks of other machines can
        be wrong, so their times only show that a heartbeat is new, or that it is so old that the worker is dead."""
        seen_at = time.monotonic()
        for name, beat_at in heartbeats.items():
            if self._heartbeats.get(name, (None, 0.0))[0] != beat_at:
                self._heartbeats[name] = (beat_at, seen_at)
        self._heartbeats = {name: known for name, known in self._heartbeats.items() if name in heartbeats}
        return frozenset(
            name
            for name, (beat_at, changed_at) in self._heartbeats.items()
            if seen_at - changed_at < self._dead_after.total_seconds()
            and now - beat_at < _CERTAINLY_DEAD * self._dead_after
        )

    async def _requeue_abandoned(self, alive: frozenset[str]) -> None:
        """Requeue the tasks of dead workers (if this worker is the first), and those that this worker released."""
        running = await asyncio.to_thread(self._engine.list_running)
        first = self._worker == min(alive)
        dead = [task.task_id for task in running if first and task.worker not in alive]
        own = {task.task_id for task in running if task.worker == self._worker}
        idle = frozenset(own - self._executor.active.keys())
        released = idle & self._idle  # in two rounds in a row: it is not just about to begin
        self._idle = idle - released
        if dead or released:
            await asyncio.to_thread(self._engine.requeue, [*dead, *released])
            _log.warning("task.requeued", of_dead_workers=len(dead), released=len(released))

    async def _reenqueue_lost(self) -> None:
        """Enqueue again the tasks that the engine has lost, and those that an older release enqueued."""
        outdated = await asyncio.to_thread(self._engine.list_outdated)
        await asyncio.to_thread(self._engine.delete, outdated)
        async with self._resources.uow.read() as tx:
            unfinished = await tx.tasks.list_unfinished(self._clock() - _LOST_AFTER)
        active = await asyncio.to_thread(self._engine.list_active, unfinished) if unfinished else frozenset()
        lost = [*outdated, *(task_id for task_id in unfinished if task_id not in active)]
        if lost:
            async with self._resources.uow.write() as tx:
                await tx.tasks.mark_enqueued(lost, None)
            _log.warning("task.enqueued_again", count=len(lost))

    async def _delete_orphaned_inputs(self) -> None:
        old = await self._resources.vault.stored_before(self._clock() - _ORPHANED_AFTER)
        async with self._resources.uow.read() as tx:
            orphans = old - await tx.tasks.filter_unfinished(tuple(old))
        for task_id in orphans:
            await self._resources.vault.delete(task_id)
        if orphans:
            _log.info("task.orphaned_inputs_deleted", count=len(orphans))
