"""What has to be done every now and then, while the service runs."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import structlog

from gwansang.core.exceptions import Unavailable

_log = structlog.get_logger("gwansang.housekeeping")
Chore = Callable[[], Awaitable[object]]


@asynccontextmanager
async def housekeeping(chores: Mapping[str, Chore], every_s: float) -> AsyncIterator[None]:
    """Does the chores one after the other, again and again; every process may do all of them."""
    task = asyncio.create_task(_keep_house(chores, every_s), name="housekeeping")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_house(chores: Mapping[str, Chore], every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s * random.uniform(0.5, 1.0))  # noqa: S311 - replicas need not come all at once
        for name, chore in chores.items():
            await _do(name, chore)


async def _do(name: str, chore: Chore) -> None:
    try:
        done = await chore()
    except Unavailable:
        _log.warning("housekeeping.postponed", chore=name)
    except Exception:  # a chore that fails must not keep the others from being done
        _log.exception("housekeeping.failed", chore=name)
    else:
        if done:
            _log.info("housekeeping.done", chore=name, count=done)
