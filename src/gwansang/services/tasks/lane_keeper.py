"""Maintenance of one lane of the engine: its rows follow those of the database."""

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from gwansang.jobs.protocols import EngineTask, Lane

if TYPE_CHECKING:  # its module takes most of a second to import
    from gwansang.jobs.engine import JobEngine

_log = structlog.get_logger("gwansang.jobs")


class LaneKeeper:
    """Requeues, deletes and enqueues again the work of one lane, with the engine of this worker."""

    def __init__(self, engine: "JobEngine", lane: Lane, worker: str) -> None:
        self._engine = engine
        self._lane = lane
        self._worker = worker
        self._idle: frozenset[UUID] = frozenset()

    async def requeue_abandoned(
        self, tasks: Sequence[EngineTask], active: frozenset[UUID], alive: frozenset[str] | None
    ) -> None:
        """Requeue what this worker released, and what belongs to workers that are not alive, if given."""
        dead = [task.task_id for task in tasks if task.worker and alive is not None and task.worker not in alive]
        idle = frozenset(task.task_id for task in tasks if task.worker == self._worker) - active
        released = idle & self._idle  # in two rounds in a row: it is not just about to begin
        self._idle = idle - released
        if dead or released:
            await self._engine.requeue([*dead, *released], self._lane)
            counts = {"of_dead_workers": len(dead), "released": len(released)}
            _log.warning("task.requeued", queue=self._lane.queue, **counts)

    async def delete_ended(self, tasks: Sequence[EngineTask], unfinished: Container[UUID]) -> None:
        """Delete ended work from the engine, and cancelled and erased work that waits, so that not even its ids remain.
        What runs has to end first."""
        await self._engine.delete(
            [task.task_id for task in tasks if task.ended or (task.waits and task.task_id not in unfinished)]
        )

    async def enqueue_again(self, tasks: Sequence[EngineTask], enqueued: frozenset[UUID]) -> None:
        """Enqueue the work that the engine has lost, and what waits of an older protocol with this one. Workers of that
        protocol finish what they run; only marked as not enqueued, a task could be taken by them over and over, at the
        cost of a try each."""
        lost = enqueued - {task.task_id for task in tasks}
        outdated = enqueued & {task.task_id for task in tasks if task.waits and task.outdated}
        if lost or outdated:
            await self._engine.delete(tuple(outdated))
            await self._engine.enqueue(lost | outdated, self._lane)
            _log.warning("task.enqueued_again", queue=self._lane.queue, count=len(lost) + len(outdated))
