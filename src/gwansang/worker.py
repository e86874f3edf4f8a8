"""A process that does nothing but long work: the same container as the service's, and no web."""

import asyncio
import signal
from collections.abc import Callable

from gwansang.config import Settings
from gwansang.container import open_container


async def work(settings: Settings, ready: Callable[[str], object]) -> None:
    """Does long work until SIGTERM or SIGINT, then lets running steps end and hands back the rest; `ready` is told the
    worker's name. Raises where the service could not work."""
    stopped = stop_signal()
    async with open_container(settings, worker=True) as container:
        if container.worker is not None:
            ready(container.worker.name)
        await stopped.wait()


def stop_signal() -> asyncio.Event:
    """Set by SIGTERM and SIGINT, from now on."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped
