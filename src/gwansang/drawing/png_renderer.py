"""Rendering of pictures as PNG in a process of their own, one after the other."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from gwansang.core.exceptions import Unavailable
from gwansang.drawing.png_messages import LENGTH

_TIMEOUT_S: Final = 20.0  # of one picture, which takes a fifth of a second
_MAX_WAITING: Final = 32


class DrawingUnavailableError(Unavailable):
    """Too many pictures wait, or the process that renders them fails; carries `retry_after_s` in its context."""

    code = "DRAWING_UNAVAILABLE"
    title = "No picture can be drawn now"


class PngRenderer:
    """Renders SVG as PNG in a child process, which starts with the first picture and is replaced when it fails."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def render(self, svg: str) -> bytes:
        """Return a picture as PNG; raises DrawingUnavailableError."""
        if self._waiting >= _MAX_WAITING:
            raise DrawingUnavailableError("Too many pictures are waiting to be drawn.", retry_after_s=5)
        self._waiting += 1
        try:
            async with self._turn:
                return await self._render(svg.encode())
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the process, and with it a picture that is being rendered."""
        if self._process is not None:
            _kill(self._process)
        async with self._turn:
            await self._end_process()

    async def _render(self, svg: bytes) -> bytes:
        answer = b""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                answer = await self._exchange(svg)
        except (OSError, EOFError, TimeoutError) as error:
            raise DrawingUnavailableError("The picture could not be drawn; try again.", retry_after_s=2) from error
        finally:  # an exchange that was not completed, by a cancelled request too, leaves the process out of step
            if not answer:
                await asyncio.shield(self._end_process())
        if answer[:1] != b"+":
            raise ValueError(answer[1:].decode())
        return answer[1:]

    async def _exchange(self, svg: bytes) -> bytes:
        if self._process is None:
            command = (sys.executable, "-m", "gwansang.drawing.png_process")
            self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
        source, target = self._process.stdin, self._process.stdout
        if source is None or target is None:
            raise EOFError("the process has no pipes")
        source.write(LENGTH.pack(len(svg)) + svg)
        await source.drain()
        (length,) = LENGTH.unpack(await target.readexactly(LENGTH.size))
        return await target.readexactly(length)

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            _kill(process)
            if process.stdout is not None:
                await process.stdout.read()  # asyncio sees no end of a process while an answer of it is unread
            await process.wait()


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


@asynccontextmanager
async def open_png_renderer() -> AsyncIterator[PngRenderer]:
    """Yield a renderer, whose process ends with the block."""
    renderer = PngRenderer()
    try:
        yield renderer
    finally:
        await renderer.close()
