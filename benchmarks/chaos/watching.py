"""The live socket of a task, opened again whenever it is cut."""

import asyncio
import json
from collections.abc import Callable

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from benchmarks.chaos.calls import Caller, Headers
from benchmarks.chaos.ledger import Ledger

_TRIES = 40
_PAUSE_S = 2.0
_SILENCE_S = 90.0
_ENDS = ("result", "failed", "cancelled")


async def watch(caller: Caller, task_id: str, headers: Callable[[], Headers], ledger: Ledger) -> str:
    """Watch a task to its end and return how that was told; "" if it was not told in any of many tries."""
    version, progress = -1, 0.0
    for _ in range(_TRIES):
        try:
            async with caller.socket(f"/analysis/tasks/{task_id}/events?after={version}", headers()) as socket:
                ledger.counts["sockets opened"] += 1
                while True:
                    message = json.loads(await asyncio.wait_for(socket.recv(), _SILENCE_S))
                    if message["type"] == "error":
                        break
                    if message["version"] < version or message["progress"] < progress:
                        ledger.faults.append(f"the progress of a task went back: {task_id}")
                    version, progress = message["version"], message["progress"]
                    if message["type"] in _ENDS:
                        ledger.counts["sockets that told the end"] += 1
                        return str(message["type"])
        except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
            ledger.counts["sockets cut"] += 1
        await asyncio.sleep(_PAUSE_S)
    return ""
