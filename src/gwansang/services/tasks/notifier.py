"""Wake-ups between coroutines of one process; changes made by other processes are found by polling."""

import asyncio
from collections.abc import Hashable
from contextlib import suppress
from typing import Final

NEW_TASK: Final = "new task"


class Notifier:
    """Events by subject: the id of a task, or NEW_TASK. Belongs to one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, set[asyncio.Event]] = {}

    def notify(self, subject: Hashable) -> None:
        """Wake every coroutine that waits for the subject now."""
        for event in self._waiting.get(subject, ()):
            event.set()

    async def wait(self, subject: Hashable, timeout_s: float) -> None:
        """Return when the subject is notified, or after the timeout."""
        event = asyncio.Event()
        waiting = self._waiting.setdefault(subject, set())
        waiting.add(event)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await event.wait()
        finally:
            waiting.discard(event)
            if not waiting:
                self._waiting.pop(subject, None)
