"""How many frames a second are guided, how long an answer takes, and how fairly many cameras share: a real server
process on one core, real sockets, photographed frames where the evaluation photos are at hand.

    python -m benchmarks.live [seconds]
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tests.support.cameras import Rgb, drawn_face, frame, hand_held, real_face
from tests.support.photos import faces_folder
from tests.support.serving import Server, serving
from tests.support.sockets import LIVE
from websockets.asyncio.client import ClientConnection, connect

CAMERA_FPS = 30.0
SOCKETS = 20


@dataclass
class Camera:
    """What one camera sent and was answered; waits are from sending a frame to its answer."""

    sent_s: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)
    slowed: int = 0


def main(seconds: float) -> None:
    """Prints what is measured, one line a question."""
    face = real_face() if faces_folder() else drawn_face()
    frames = [leaning(face, number) for number in range(60)]
    kind = "photographed" if faces_folder() else "drawn"
    print(f"640 x 480 frames of a {kind} face, {np.mean([len(data) for data in frames]) / 1000:.0f} kB each")
    with tempfile.TemporaryDirectory() as folder, server_on_one_core(Path(folder)) as server:
        asyncio.run(filmed(server, frames, 1, 2.0))  # warm
        told("one camera", asyncio.run(filmed(server, frames, 1, seconds)), seconds)
        told(f"{SOCKETS} cameras", asyncio.run(filmed(server, frames, SOCKETS, seconds)), seconds)
        took_s = asyncio.run(time_to_reading(server, hand_held(face, 150)))
        print(f"a calm face: reading {took_s:.2f} s after the first frame")


def leaning(face: Rgb, number: int) -> bytes:
    """A face that is never ready, so that the coaching does not end: its head leans."""
    return frame(face, roll_deg=20 + 2 * np.sin(number / 5), x=8 * np.sin(number / 10))


@contextmanager
def server_on_one_core(folder: Path) -> Iterator[Server]:
    """The server on the first core; its callers, who are other machines in life, on the others."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])
    with serving(folder, INFERENCE_WORKERS="1", SOCKETS_PER_ADDRESS="100", LOG_LEVEL="WARNING") as server:
        os.sched_setaffinity(0, cores[1:] or cores)
        yield server


async def filmed(server: Server, frames: list[bytes], cameras: int, seconds: float) -> list[Camera]:
    """What so many cameras at 30 frames a second are answered; they begin spread over one frame's time."""
    begin = time.perf_counter() + 1.0
    starts = (begin + number / cameras / CAMERA_FPS for number in range(cameras))
    return await asyncio.gather(*(film(server, frames, start, seconds) for start in starts))


async def film(server: Server, frames: list[bytes], start: float, seconds: float) -> Camera:
    camera = Camera()
    async with connect(f"ws://127.0.0.1:{server.port}{LIVE}", proxy=None, compression=None) as socket:
        await socket.send(json.dumps({"type": "start"}))
        await socket.recv()
        await asyncio.sleep(max(0.0, start - time.perf_counter()))
        hearing = asyncio.create_task(hear(socket, camera))
        for number in range(int(seconds * CAMERA_FPS)):
            await asyncio.sleep(max(0.0, start + number / CAMERA_FPS - time.perf_counter()))
            camera.sent_s.append(time.perf_counter())
            await socket.send(frames[number % len(frames)])
        await asyncio.sleep(0.3)
        hearing.cancel()
        with suppress(asyncio.CancelledError):
            await hearing
    return camera


async def hear(socket: ClientConnection, camera: Camera) -> None:
    async for message in socket:
        now, heard = time.perf_counter(), json.loads(message)
        if heard["type"] == "guidance":
            camera.waits_ms.append(1000 * (now - camera.sent_s[heard["frame"] - 1]))
        camera.slowed += heard["type"] == "slow_down"


def told(who: str, cameras: list[Camera], seconds: float) -> None:
    answers = [len(camera.waits_ms) for camera in cameras]
    waits = np.concatenate([camera.waits_ms for camera in cameras])
    p50, p95, p99 = np.percentile(waits, (50, 95, 99))
    print(
        f"{who} at {CAMERA_FPS:.0f} a second: {sum(answers) / seconds:.1f} guided frames a second; frame to answer "
        f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms; most / fewest answers {max(answers)}/{min(answers)} "
        f"= {max(answers) / max(min(answers), 1):.3f}; told to slow down {sum(camera.slowed for camera in cameras)}"
    )


async def time_to_reading(server: Server, frames: list[bytes]) -> float:
    """From the first frame to the reading, of a face about which nothing is wrong."""
    async with connect(f"ws://127.0.0.1:{server.port}{LIVE}", proxy=None, compression=None) as socket:
        await socket.send(json.dumps({"type": "start"}))
        await socket.recv()
        started = time.perf_counter()
        for number, data in enumerate(frames):
            await asyncio.sleep(max(0.0, started + number / CAMERA_FPS - time.perf_counter()))
            await socket.send(data)
            while (heard := json.loads(await socket.recv()))["type"] != "guidance":
                pass
            if heard["hints"][:1] == ["ready"]:
                await socket.recv()
                return time.perf_counter() - started
    raise RuntimeError("the face was never ready")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
