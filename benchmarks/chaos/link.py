"""A TCP link between two programs that can be made slow, silent or gone."""

import asyncio
from contextlib import suppress

_CHUNK = 65_536
Address = tuple[str, int]


class Link:
    """Forwards the connections of a port of its own to `target`; belongs to one event loop."""

    def __init__(self, target: Address) -> None:
        self.target = target
        self.address: Address = ("", 0)
        self.delay_s = 0.0
        self._gone = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self, host: str) -> Address:
        """Listen on a free port and return the address."""
        self._server = await asyncio.start_server(self._start, host, 0, backlog=512)
        self.address = self._server.sockets[0].getsockname()[:2]
        return self.address

    async def close(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        self.restore()
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def cut(self) -> None:
        """Reset every connection that is open now."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    def lose(self) -> None:
        """Reset every connection, and each new one, until `restore`."""
        self._gone = True
        self.cut()

    def silence(self) -> None:
        """Hold back all bytes, and accept connections, until `restore`."""
        self._flowing.clear()

    def restore(self) -> None:
        """Forward everything at once again."""
        self._gone, self.delay_s = False, 0.0
        self._flowing.set()

    def _start(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._accept(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._gone:
                return
            there, back = await asyncio.open_connection(*self.target)
            self._writers.add(back)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pump(reader, back))
                    both.create_task(self._pump(there, writer))
            finally:
                self._writers.discard(back)
                back.transport.abort()
        except (OSError, BaseExceptionGroup):
            return
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()
