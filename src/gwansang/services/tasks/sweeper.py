"""Maintenance of the queue: requeue the tasks of dead workers, delete ended tasks from the engine.

One worker does it for all: the first by name of those that are alive.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from gwansang.jobs.protocols import ActiveTask
from gwansang.repositories.tasks import UNFINISHED
from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.run import JobResources

if TYPE_CHECKING:  # its module takes most of a second to import
    from gwansang.jobs.engine import JobEngine

_log = structlog.get_logger("gwansang.jobs")
_DEAD_FACTOR: Final = 10  # a heartbeat older than this many times the limit is dead even if clocks differ
_LOST_AFTER: Final = timedelta(seconds=60)  # an enqueued task that the engine does not have
_ORPHANED_AFTER: Final = timedelta(minutes=10)  # inputs of a task that was never committed, or has ended
_ORPHAN_INTERVAL: Final = timedelta(minutes=5)


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
        self._heartbeats: dict[str, tuple[datetime, float]] = {}
        self._orphans_due_at = resources.clock()

    async def sweep(self) -> None:
        """Do one round; raises Unavailable."""
        now = self._clock()
        async with self._resources.uow.read() as tx:
            alive = self._alive(await tx.workers.list_heartbeats(), now) | {self._worker}
        active = await asyncio.to_thread(self._engine.list_active)
        first = self._worker == min(alive)
        await self._requeue_abandoned(active, alive if first else None)
        await self._abort_gone()
        if not first:
            return
        await self._delete_ended(active)
        await self._take_over_outdated(active)
        await self._reenqueue_lost(active)
        async with self._resources.uow.write() as tx:
            await tx.workers.delete_stale(now - 2 * _DEAD_FACTOR * self._dead_after)
        if now >= self._orphans_due_at:
            self._orphans_due_at = now + _ORPHAN_INTERVAL
            await self._delete_orphaned_inputs()

    async def clear(self) -> bool:
        """Delete ended tasks from the engine once more, and return whether it has no tasks left."""
        await self._delete_ended(await asyncio.to_thread(self._engine.list_active))
        return not await asyncio.to_thread(self._engine.list_active)

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
            and now - beat_at < _DEAD_FACTOR * self._dead_after
        )

    async def _requeue_abandoned(self, active: Sequence[ActiveTask], alive: frozenset[str] | None) -> None:
        """Requeue the tasks that this worker released, and those of workers that are not alive, if given."""
        dead = [task.task_id for task in active if task.worker and alive is not None and task.worker not in alive]
        own = {task.task_id for task in active if task.worker == self._worker}
        idle = frozenset(own - self._executor.active.keys())
        released = idle & self._idle  # in two rounds in a row: it is not just about to begin
        self._idle = idle - released
        if dead or released:
            await asyncio.to_thread(self._engine.requeue, [*dead, *released])
            _log.warning("task.requeued", of_dead_workers=len(dead), released=len(released))

    async def _abort_gone(self) -> None:
        """End the runs of this worker whose task was cancelled or erased; the engine then records them as ended."""
        if running := tuple(self._executor.active):
            statuses = await self._load_statuses(running)
            self._executor.abort({task_id for task_id in running if statuses.get(task_id) in (None, "cancelled")})

    async def _delete_ended(self, active: Sequence[ActiveTask]) -> None:
        """Delete ended tasks from the engine, and cancelled and erased ones that wait, so that not even their ids
        remain. Those that run have to end first."""
        ended = await asyncio.to_thread(self._engine.list_ended)
        queued = [task.task_id for task in active if task.worker is None]
        statuses = await self._load_statuses(queued)
        gone = [task_id for task_id in queued if statuses.get(task_id) not in UNFINISHED]
        await asyncio.to_thread(self._engine.delete, [*ended, *gone])

    async def _take_over_outdated(self, active: Sequence[ActiveTask]) -> None:
        """Enqueue the waiting tasks of an older protocol with this one. Workers of that protocol finish those that they
        run; only marked as not enqueued, a task could be taken by them over and over, at the cost of a try each."""
        outdated = [task.task_id for task in active if task.outdated and task.worker is None]
        if not outdated:
            return
        statuses = await self._load_statuses(outdated)
        await asyncio.to_thread(self._engine.delete, outdated)
        unfinished = [task_id for task_id in outdated if statuses.get(task_id) in UNFINISHED]
        await asyncio.to_thread(self._engine.enqueue, unfinished)
        _log.warning("task.enqueued_again", count=len(unfinished))

    async def _reenqueue_lost(self, active: Sequence[ActiveTask]) -> None:
        """Mark the tasks that the engine has lost as not enqueued."""
        async with self._resources.uow.read() as tx:
            unfinished = await tx.tasks.list_unfinished(self._clock() - _LOST_AFTER)
        lost = tuple(frozenset(unfinished) - {task.task_id for task in active})
        if lost:
            async with self._resources.uow.write() as tx:
                await tx.tasks.mark_enqueued(lost, None)
            _log.warning("task.enqueued_again", count=len(lost))

    async def _delete_orphaned_inputs(self) -> None:
        old = await self._resources.vault.stored_before(self._clock() - _ORPHANED_AFTER)
        statuses = await self._load_statuses(tuple(old))
        orphans = [task_id for task_id in old if statuses.get(task_id) not in UNFINISHED]
        for task_id in orphans:
            await self._resources.vault.delete(task_id)
        if orphans:
            _log.info("task.orphaned_inputs_deleted", count=len(orphans))

    async def _load_statuses(self, task_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        async with self._resources.uow.read() as tx:
            return await tx.tasks.list_statuses(task_ids)
