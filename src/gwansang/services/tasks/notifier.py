"""Who waits in this process is woken by who changes something in this process; everyone else looks at the clock."""

import asyncio
from collections.abc import Hashable
from typing import Final

NEW_WORK: Final = "new work"


class Notifier:
    """Events by subject: the id of a task, or NEW_WORK. All of it happens on one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, set[asyncio.Event]] = {}

    def notify(self, subject: Hashable) -> None:
        """Wakes all who wait for it now."""
        for event in self._waiting.get(subject, ()):
            event.set()

    async def wait(self, subject: Hashable, timeout_s: float) -> None:
        """Returns when the subject is woken, or after that time."""
        event = asyncio.Event()
        waiting = self._waiting.setdefault(subject, set())
        waiting.add(event)
        try:
            async with asyncio.timeout(timeout_s):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            waiting.discard(event)
            if not waiting:
                self._waiting.pop(subject, None)
