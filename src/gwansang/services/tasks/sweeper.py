"""What workers do for each other: take over what a dead one had, and clear away what is over.

One worker does it for all, the first by name of those that were heard of lately.
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
_SURELY_DEAD: Final = 10  # times as long as a worker may be silent
_LOST_AFTER: Final = timedelta(seconds=60)  # what was enqueued, and is nowhere
_ORPHANED_AFTER: Final = timedelta(hours=1)  # inputs of what was never committed, or has ended
_ORPHANS_EVERY: Final = timedelta(minutes=10)


class Sweeper:
    """Looks after the tasks of all workers, with the engine of this one."""

    def __init__(
        self, places: JobResources, driver: JobExecutor, engine: "JobEngine", *, worker: str, silent: timedelta
    ) -> None:
        self._places = places
        self._driver = driver
        self._engine = engine
        self._worker = worker
        self._clock = places.clock
        self._silent = silent
        self._dropped: frozenset[UUID] = frozenset()
        self._gone: frozenset[UUID] = frozenset()
        self._heard: dict[str, tuple[datetime, float]] = {}
        self._orphans_at = places.clock()

    async def sweep(self) -> None:
        """One round; raises Unavailable."""
        now = self._clock()
        async with self._places.uow.read() as tx:
            alive = self._alive(await tx.workers.beats(), now) | {self._worker}
        await self._take_up(alive)
        if self._worker != min(alive):
            return
        await self.delete_ended()
        await self._find_lost()
        async with self._places.uow.write() as tx:
            await tx.workers.delete_stale(now - 2 * _SURELY_DEAD * self._silent)
            await tx.tasks.delete_expired(now)
        if now >= self._orphans_at:
            self._orphans_at = now + _ORPHANS_EVERY
            await self._forget_orphans()

    async def delete_ended(self) -> None:
        """Deletes what the engine knows of tasks that are over: it knows no more than their ids, and not even that."""
        over = await asyncio.to_thread(self._engine.ended)
        open_ = await asyncio.to_thread(self._engine.unfinished)
        async with self._places.uow.read() as tx:
            wanted = await tx.tasks.unfinished_among(open_)
        gone = frozenset(task_id for task_id in open_ if task_id not in wanted)
        erased = gone & self._gone  # twice in a row: it is not just about to end
        self._gone = gone - erased
        await asyncio.to_thread(self._engine.forget, [*over, *erased])

    def _alive(self, beats: Mapping[str, datetime], now: datetime) -> frozenset[str]:
        """Who was heard of lately, by the clock of this process: those of other machines may go wrong, and then only
        tell whether somebody was heard of again. Whoever was silent for very long is dead at first sight."""
        seen_at = time.monotonic()
        for name, beat_at in beats.items():
            if self._heard.get(name, (None, 0.0))[0] != beat_at:
                self._heard[name] = (beat_at, seen_at)
        self._heard = {name: heard for name, heard in self._heard.items() if name in beats}
        return frozenset(
            name
            for name, (beat_at, heard_at) in self._heard.items()
            if seen_at - heard_at < self._silent.total_seconds() and now - beat_at < _SURELY_DEAD * self._silent
        )

    async def _take_up(self, alive: frozenset[str]) -> None:
        """Resumes what a dead worker had (by the first of the living), and what this one let fall."""
        running = await asyncio.to_thread(self._engine.running)
        first = self._worker == min(alive)
        dead = [one.task_id for one in running if first and one.worker not in alive]
        mine = {one.task_id for one in running if one.worker == self._worker}
        idle = frozenset(mine - self._driver.active.keys())
        let_fall = idle & self._dropped  # twice in a row: it is not just about to begin
        self._dropped = idle - let_fall
        if dead or let_fall:
            await asyncio.to_thread(self._engine.resume, [*dead, *let_fall])
            _log.warning("jobs.taken_up", dead=len(dead), let_fall=len(let_fall))

    async def _find_lost(self) -> None:
        """Lets tasks be enqueued again that the engine has lost, or that an older release enqueued in its own way."""
        outdated = await asyncio.to_thread(self._engine.outdated)
        await asyncio.to_thread(self._engine.forget, outdated)
        async with self._places.uow.read() as tx:
            waiting = await tx.tasks.unfinished_since(self._clock() - _LOST_AFTER)
        known = await asyncio.to_thread(self._engine.known, waiting) if waiting else frozenset()
        lost = [*outdated, *(task_id for task_id in waiting if task_id not in known)]
        if lost:
            async with self._places.uow.write() as tx:
                await tx.tasks.mark_enqueued(lost, None)
            _log.warning("jobs.found_again", count=len(lost))

    async def _forget_orphans(self) -> None:
        old = await self._places.vault.stored_before(self._clock() - _ORPHANED_AFTER)
        async with self._places.uow.read() as tx:
            wanted = await tx.tasks.unfinished_among(tuple(old))
        for task_id in old - wanted:
            await self._places.vault.delete(task_id)
        if old - wanted:
            _log.info("jobs.orphans_deleted", count=len(old - wanted))
