"""Periodic maintenance chores while the service runs; `container/assembly.py` has the list of them."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import structlog

from gwansang.core.exceptions import Unavailable

_log = structlog.get_logger("gwansang.housekeeping")
Chore = Callable[[], Awaitable[object]]


@asynccontextmanager
async def run_housekeeping(chores: Mapping[str, Chore], interval_s: float) -> AsyncIterator[None]:
    """Run the chores one after the other at an interval, until the block ends; every process may run all of them."""
    task = asyncio.create_task(_run_periodically(chores, interval_s), name="housekeeping")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _run_periodically(chores: Mapping[str, Chore], interval_s: float) -> None:
    while True:
        await asyncio.sleep(interval_s * random.uniform(0.5, 1.0))  # noqa: S311 - keeps replicas from coinciding
        for name, chore in chores.items():
            await _run_chore(name, chore)


async def _run_chore(name: str, chore: Chore) -> None:
    try:
        count = await chore()
    except Unavailable:
        _log.warning("housekeeping.postponed", chore=name)
    except Exception:  # a failing chore must not keep the others from running
        _log.exception("housekeeping.failed", chore=name)
    else:
        if count:
            _log.info("housekeeping.done", chore=name, count=count)
