"""Maintenance of the queue: requeue the tasks of dead workers, delete ended tasks from the engine.

One worker does it for all: the first by name of those that are alive.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from gwansang.jobs.protocols import EngineTask
from gwansang.repositories.tasks import UNFINISHED
from gwansang.services.tasks.executor import JobExecutor
from gwansang.services.tasks.kinds import JOB_KINDS
from gwansang.services.tasks.run import JobResources

if TYPE_CHECKING:  # its module takes most of a second to import
    from gwansang.jobs.engine import JobEngine

_log = structlog.get_logger("gwansang.jobs")
_DEAD_FACTOR: Final = 10  # a heartbeat older than this many times the limit is dead even if clocks differ
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
        now, running = self._clock(), self._executor.active
        async with self._resources.uow.read() as tx:
            alive = self._alive(await tx.workers.list_heartbeats(), now) | {self._worker}
            enqueued = await tx.tasks.list_enqueued()  # before the engine is asked, which had them all by then
        tasks = await self._engine.list_tasks()
        statuses = await self._load_statuses([*running, *(task.task_id for task in tasks)])
        # The engine records them as ended then; their rows are deleted only after that.
        self._executor.cancel({task_id for task_id in running if statuses.get(task_id) in (None, "cancelled")})
        first = self._worker == min(alive)
        await self._requeue_abandoned(tasks, alive if first else None)
        if not first:
            return
        await self._delete_ended(tasks, statuses)
        await self._enqueue_again(tasks, enqueued)
        async with self._resources.uow.write() as tx:
            await tx.workers.delete_stale(now - 2 * _DEAD_FACTOR * self._dead_after)
        if now >= self._orphans_due_at:
            self._orphans_due_at = now + _ORPHAN_INTERVAL
            await self._delete_orphaned_inputs()

    async def clear(self) -> bool:
        """Delete ended tasks from the engine once more, and return whether it has no tasks left."""
        tasks = await self._engine.list_tasks()
        await self._delete_ended(tasks, await self._load_statuses([task.task_id for task in tasks]))
        return not await self._engine.list_tasks()

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

    async def _requeue_abandoned(self, tasks: Sequence[EngineTask], alive: frozenset[str] | None) -> None:
        """Requeue the tasks that this worker released, and those of workers that are not alive, if given."""
        dead = [task.task_id for task in tasks if task.worker and alive is not None and task.worker not in alive]
        idle = frozenset(task.task_id for task in tasks if task.worker == self._worker) - self._executor.active
        released = idle & self._idle  # in two rounds in a row: it is not just about to begin
        self._idle = idle - released
        if dead or released:
            await self._engine.requeue([*dead, *released])
            _log.warning("task.requeued", of_dead_workers=len(dead), released=len(released))

    async def _delete_ended(self, tasks: Sequence[EngineTask], statuses: Mapping[UUID, str]) -> None:
        """Delete ended tasks from the engine, and cancelled and erased ones that wait, so that not even their ids
        remain. Those that run have to end first."""
        await self._engine.delete(
            [
                task.task_id
                for task in tasks
                if task.ended or (task.waits and statuses.get(task.task_id) not in UNFINISHED)
            ]
        )

    async def _enqueue_again(self, tasks: Sequence[EngineTask], enqueued: frozenset[UUID]) -> None:
        """Enqueue the tasks that the engine has lost, and the waiting ones of an older protocol with this one. Workers
        of that protocol finish those that they run; only marked as not enqueued, a task could be taken by them over and
        over, at the cost of a try each."""
        lost = enqueued - {task.task_id for task in tasks}
        outdated = enqueued & {task.task_id for task in tasks if task.waits and task.outdated}
        if lost or outdated:
            await self._engine.delete(tuple(outdated))
            await self._engine.enqueue(lost | outdated)
            _log.warning("task.enqueued_again", count=len(lost) + len(outdated))

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
