"""The server under a steady load: latency, errors and memory, minute by minute.

    python -m benchmarks.sustained [--minutes 30] [--readings 1.5] [--sockets 5] [--sign-ins 1]

Starts `gwansang serve` as it is run in production (rate limits raised, SQLite) and loads it as a tenth of 100,000 users
a day do at their busiest: readings a second (photos of 12 MP, of 1 MP and points of a mesh in turn), sign-ins a second,
and open live sockets that send ten frames a second. Requests begin at their planned times whether or not earlier ones
were answered, so that a slow server is not spared. Prints one line for each minute, then p50 and p99 of all, and the
memory of the first, the middle and the last third. Exits with 1 if anything failed, p99 is a second or more, or the
memory of the last third is more than 5 % above that of the middle one.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import mean

import httpx
import numpy as np
import psutil
from tests.support.cameras import drawn_face, frame, real_face
from tests.support.photos import faces_folder
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.naive import form_of, points_of_a_mesh
from benchmarks.photos import phone_photo, portraits
from benchmarks.server import serving_process

KINDS = ("reading", "sign in", "frame")
MAX_P99_MS, MAX_GROWTH = 1_000.0, 1.05
_ACCOUNTS, _FRAMES_PER_SECOND = 20, 10.0
_PASSWORD = "a long password of the load"  # noqa: S105 - of accounts that live as long as the run
_SOURCES = tuple(f"127.0.0.{number}" for number in range(2, 42))  # of as many addresses


@dataclass
class Measured:
    """Milliseconds of the answers by kind, failures by reason, and the server's memory in MB, since the last minute."""

    took_ms: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    failures: Counter[str] = field(default_factory=Counter)
    memory_mb: list[float] = field(default_factory=list)

    def answered(self, kind: str, start: float) -> None:
        self.took_ms[kind].append(1_000 * (time.perf_counter() - start))


class Load:
    """The clients: each call is told to the measurements of the running minute."""

    def __init__(self, url: str, process: psutil.Process) -> None:
        self._url, self._process = url, process
        self.minutes: list[Measured] = [Measured()]

    async def run(self, options: argparse.Namespace, bodies: list[tuple[str, str, bytes]], frames: list[bytes]) -> None:
        """Load the server for the given minutes."""
        bodies_in_turn = cycle(bodies)
        async with self._clients() as clients, AsyncExitStack() as stack:
            in_turn = cycle(clients)
            emails = cycle([await self._register(next(in_turn), number) for number in range(_ACCOUNTS)])
            endless = [
                every(1 / options.readings, lambda: self._read(next(in_turn), *next(bodies_in_turn))),
                every(1 / options.sign_ins, lambda: self._sign_in(next(in_turn), next(emails))),
                every(2.0, self._note_memory),
                *(self._film(frames, number / options.sockets) for number in range(options.sockets)),
            ]
            for work in endless:
                stack.push_async_callback(_cancelled, asyncio.create_task(work))
            print_head()
            for minute in range(options.minutes):
                await asyncio.sleep(60)
                print_minute(minute + 1, self.minutes[-1])
                self.minutes.append(Measured())
        self.minutes.pop()  # calls that were under way at the end

    @asynccontextmanager
    async def _clients(self) -> AsyncIterator[list[httpx.AsyncClient]]:
        async with AsyncExitStack() as stack:
            yield [
                await stack.enter_async_context(
                    httpx.AsyncClient(
                        base_url=self._url,
                        transport=httpx.AsyncHTTPTransport(local_address=source),
                        timeout=60,
                    )
                )
                for source in _SOURCES
            ]

    async def _register(self, client: httpx.AsyncClient, number: int) -> str:
        email = f"person{number}@example.com"
        body = {"email": email, "username": f"person{number}", "password": _PASSWORD}
        (await client.post("/api/v1/users", json=body)).raise_for_status()
        return email

    async def _read(self, client: httpx.AsyncClient, path: str, kind: str, body: bytes) -> None:
        await self._call("reading", client, path, kind, body)

    async def _sign_in(self, client: httpx.AsyncClient, email: str) -> None:
        form = str(httpx.QueryParams({"username": email, "password": _PASSWORD})).encode()
        await self._call("sign in", client, "/api/v1/auth/login", "application/x-www-form-urlencoded", form)

    async def _call(self, kind: str, client: httpx.AsyncClient, path: str, content_type: str, body: bytes) -> None:
        start = time.perf_counter()
        try:
            answer = await client.post(path, content=body, headers={"Content-Type": content_type})
        except httpx.HTTPError as error:
            self.minutes[-1].failures[f"{kind}: {type(error).__name__}"] += 1
            return
        if answer.is_success:
            self.minutes[-1].answered(kind, start)
        else:
            self.minutes[-1].failures[f"{kind}: {answer.status_code}"] += 1

    async def _note_memory(self) -> None:
        family = [self._process, *self._process.children(recursive=True)]
        self.minutes[-1].memory_mb.append(sum(each.memory_info().rss for each in family) / 1e6)

    async def _film(self, frames: list[bytes], offset: float) -> None:
        """Keep a live socket open, session after session: a session is ended after half a minute."""
        await asyncio.sleep(offset)
        url = self._url.replace("http", "ws", 1) + "/api/v1/analysis/live"
        for source in cycle(_SOURCES):
            try:
                async with connect(url, proxy=None, compression=None, local_addr=(source, 0)) as socket:
                    await socket.send(json.dumps({"type": "start"}))
                    await socket.recv()
                    await self._session(socket, frames)
            except (OSError, TimeoutError, WebSocketException) as error:
                self.minutes[-1].failures[f"frame: {type(error).__name__}"] += 1
                await asyncio.sleep(1)

    async def _session(self, socket: ClientConnection, frames: list[bytes]) -> None:
        sent: list[float] = []
        receiving = asyncio.create_task(self._receive(socket, sent))
        try:
            for number in range(int(30 * _FRAMES_PER_SECOND)):
                sent.append(time.perf_counter())
                await socket.send(frames[number % len(frames)])
                await asyncio.sleep(1 / _FRAMES_PER_SECOND)
        finally:
            await _cancelled(receiving)

    async def _receive(self, socket: ClientConnection, sent: list[float]) -> None:
        async for message in socket:
            answer = json.loads(message)
            if answer["type"] == "guidance":
                self.minutes[-1].answered("frame", sent[answer["frame"] - 1])


async def every(seconds: float, call: Callable[[], Awaitable[None]]) -> None:
    """Begin a call every so many seconds, whether or not earlier ones have ended."""
    running: set[asyncio.Future[None]] = set()
    planned = time.monotonic()
    while True:
        task = asyncio.ensure_future(call())
        running.add(task)
        task.add_done_callback(running.discard)
        planned += seconds
        await asyncio.sleep(max(0.0, planned - time.monotonic()))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def percentiles(durations: list[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile."""
    median, slow = np.percentile(durations or [float("nan")], [50, 99])
    return float(median), float(slow)


def print_head() -> None:
    print("minute " + "".join(f"{f'{kind}: count':>16}   p50    p99" for kind in KINDS) + "   memory  failures")


def print_minute(minute: int, measured: Measured) -> None:
    columns = ""
    for kind in KINDS:
        median, slow = percentiles(measured.took_ms[kind])
        columns += f"{len(measured.took_ms[kind]):>16} {median:>5.0f} {slow:>6.0f}"
    memory = mean(measured.memory_mb)
    print(f"{minute:>6} {columns} {memory:>5.0f} MB  {dict(measured.failures) or '-'}", flush=True)


def judge(minutes: list[Measured]) -> bool:
    """Print the summary; return whether every target was met."""
    good = not any(measured.failures for measured in minutes)
    for kind in KINDS:
        median, slow = percentiles([took for measured in minutes for took in measured.took_ms[kind]])
        reached = slow < MAX_P99_MS
        target = f"below {MAX_P99_MS:.0f}" if reached else f"missed: {MAX_P99_MS:.0f}"
        print(f"{kind}: p50 {median:.0f} ms, p99 {slow:.0f} ms ({target})")
        good = good and reached
    thirds = [mean(part) for part in np.array_split([mean(measured.memory_mb) for measured in minutes], 3)]
    print("memory by thirds: " + ", ".join(f"{third:.0f} MB" for third in thirds))
    print(f"failures: {dict(sum((measured.failures for measured in minutes), Counter())) or 'none'}")
    return good and thirds[2] <= MAX_GROWTH * thirds[1]


def bodies_of_readings() -> list[tuple[str, str, bytes]]:
    """Return the path, the content type and the body of a reading of each kind."""
    first, second = (portraits([], 2) * 2)[:2]
    upload = "/api/v1/analysis/face/upload"
    return [
        (upload, *form_of(phone_photo(first, 0, 4.0, 3_024))),
        (upload, *form_of(phone_photo(second, 0, 0.2, 866))),
        ("/api/v1/analysis/face", *points_of_a_mesh()),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=30, choices=range(3, 1_000), metavar="N")
    parser.add_argument("--readings", type=float, default=1.5)
    parser.add_argument("--sockets", type=int, default=5)
    parser.add_argument("--sign-ins", type=float, default=1.0)
    options = parser.parse_args()
    face = real_face() if faces_folder() else drawn_face()
    frames = [frame(face, roll_deg=20 + 2 * np.sin(number / 5)) for number in range(60)]  # leaning: never ready
    bodies = bodies_of_readings()
    with tempfile.TemporaryDirectory() as folder, serving_process(Path(folder)) as (url, process, _):
        load = Load(url, process)
        asyncio.run(load.run(options, bodies, frames))
    return int(not judge(load.minutes))


if __name__ == "__main__":
    sys.exit(main())
