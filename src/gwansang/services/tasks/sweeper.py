"""Maintenance of the queues: requeue the work of dead workers, delete ended work from the engine.

One worker does it for all: the first by name of those that are alive.
"""

import time
from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from gwansang.jobs.protocols import DELIVERIES, TASKS
from gwansang.repositories.tasks import UNFINISHED
from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.kinds import JOB_KINDS
from gwansang.services.tasks.lane_keeper import LaneKeeper
from gwansang.services.tasks.run import JobResources
from gwansang.services.webhooks.delivery_executor import DeliveryExecutor

if TYPE_CHECKING:  # its module takes most of a second to import
    from gwansang.jobs.engine import JobEngine

_log = structlog.get_logger("gwansang.jobs")
_DEAD_FACTOR: Final = 10  # a heartbeat older than this many times the limit is dead even if clocks differ
_ORPHANED_AFTER: Final = timedelta(minutes=10)  # inputs of a task that was never committed, or has ended
_ORPHAN_INTERVAL: Final = timedelta(minutes=5)


class Sweeper:
    """Maintains the tasks and deliveries of all workers, with the engine of this one."""

    def __init__(
        self,
        resources: JobResources,
        executor: JobExecutor,
        engine: "JobEngine",
        *,
        worker: str,
        dead_after: timedelta,
        deliveries: DeliveryExecutor | None = None,
    ) -> None:
        self._resources = resources
        self._executor = executor
        self._deliveries = deliveries
        self._engine = engine
        self._worker = worker
        self._clock = resources.clock
        self._dead_after = dead_after
        self._tasks = LaneKeeper(engine, TASKS, worker)
        self._attempts = LaneKeeper(engine, DELIVERIES, worker)
        self._heartbeats: dict[str, tuple[datetime, float]] = {}
        self._orphans_due_at = resources.clock()

    async def sweep(self) -> None:
        """Do one round; raises Unavailable."""
        now = self._clock()
        async with self._resources.uow.read() as tx:
            alive = self._alive(await tx.workers.list_heartbeats(), now) | {self._worker}
        first = self._worker == min(alive)
        await self._sweep_tasks(alive if first else None)
        if self._deliveries is not None:
            await self._sweep_deliveries(self._deliveries.active, alive if first else None)
        if not first:
            return
        async with self._resources.uow.write() as tx:
            await tx.workers.delete_stale(now - 2 * _DEAD_FACTOR * self._dead_after)
        if now >= self._orphans_due_at:
            self._orphans_due_at = now + _ORPHAN_INTERVAL
            await self._delete_orphaned_inputs()

    async def clear(self) -> bool:
        """Delete ended work from the engine once more, and return whether it has none left."""
        tasks = await self._engine.list_tasks()
        await self._tasks.delete_ended(tasks, await self._load_unfinished([task.task_id for task in tasks]))
        if self._deliveries is not None:
            attempts = await self._engine.list_tasks(DELIVERIES)
            await self._attempts.delete_ended(attempts, await self._load_enqueued_attempts())
            if await self._engine.list_tasks(DELIVERIES):
                return False
        return not await self._engine.list_tasks()

    async def _sweep_tasks(self, alive: frozenset[str] | None) -> None:
        """Maintain the tasks of this worker, and those of all workers if it is the first, which gets those alive."""
        running = self._executor.active
        async with self._resources.uow.read() as tx:
            enqueued = await tx.tasks.list_enqueued()  # before the engine is asked, which had them all by then
        tasks = await self._engine.list_tasks()
        statuses = await self._load_statuses([*running, *(task.task_id for task in tasks)])
        # The engine records them as ended then; their rows are deleted only after that.
        self._executor.cancel({task_id for task_id in running if statuses.get(task_id) in (None, "cancelled")})
        await self._tasks.requeue_abandoned(tasks, running, alive)
        if alive is not None:
            await self._tasks.delete_ended(tasks, _unfinished(statuses))
            await self._tasks.enqueue_again(tasks, enqueued)

    async def _sweep_deliveries(self, active: frozenset[UUID], alive: frozenset[str] | None) -> None:
        """Do for attempts to deliver events what is done for tasks."""
        enqueued = await self._load_enqueued_attempts()
        attempts = await self._engine.list_tasks(DELIVERIES)
        await self._attempts.requeue_abandoned(attempts, active, alive)
        if alive is not None:
            await self._attempts.delete_ended(attempts, await self._load_enqueued_attempts())
            await self._attempts.enqueue_again(attempts, enqueued)

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

    async def _delete_orphaned_inputs(self) -> None:
        old = await self._resources.vault.stored_before(self._clock() - _ORPHANED_AFTER)
        async with self._resources.uow.read() as tx:
            needed = await tx.tasks.list_with_inputs(tuple(old), JOB_KINDS.names_keeping_inputs())
        orphans = old - needed
        for task_id in orphans:
            await self._resources.vault.delete(task_id)
        if orphans:
            _log.info("task.orphaned_inputs_deleted", count=len(orphans))

    async def _load_statuses(self, task_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        async with self._resources.uow.read() as tx:
            return await tx.tasks.list_statuses(task_ids)

    async def _load_unfinished(self, task_ids: Sequence[UUID]) -> Container[UUID]:
        return _unfinished(await self._load_statuses(task_ids))

    async def _load_enqueued_attempts(self) -> frozenset[UUID]:
        async with self._resources.uow.read() as tx:
            return await tx.webhooks.deliveries.list_enqueued()


def _unfinished(statuses: Mapping[UUID, str]) -> frozenset[UUID]:
    return frozenset(task_id for task_id, status in statuses.items() if status in UNFINISHED)
