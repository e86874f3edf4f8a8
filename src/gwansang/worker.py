"""Process that only runs long work: the container of the service without the web application."""

import asyncio
import signal
from collections.abc import Callable

from gwansang.config import Settings
from gwansang.container import open_container


async def run(settings: Settings, ready: Callable[[str], object]) -> None:
    """Run tasks until SIGTERM or SIGINT, then let running steps end and requeue the rest. Call `ready` with the
    worker's name once it accepts tasks; raises if the service could not start."""
    stopped = stop_signal()
    async with open_container(settings, worker=True) as container:
        if container.worker is not None:
            ready(container.worker.name)
        await stopped.wait()


def stop_signal() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set from now on."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped
