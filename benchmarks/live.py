"""Live guidance on one core: guided frames a second, response times, and fairness between many cameras; with a real
server process, real sockets, and photographed frames if the evaluation photos are available.

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
    """Measurements of one camera; waits are from sending a frame to its answer."""

    sent_s: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)
    slowed: int = 0


def main(seconds: float) -> None:
    """Print the results, one line for each measurement."""
    face = real_face() if faces_folder() else drawn_face()
    frames = [leaning_frame(face, number) for number in range(60)]
    kind = "photographed" if faces_folder() else "drawn"
    print(f"640 x 480 frames of a {kind} face, {np.mean([len(data) for data in frames]) / 1000:.0f} kB each")
    with tempfile.TemporaryDirectory() as folder, server_on_one_core(Path(folder)) as server:
        asyncio.run(run_cameras(server, frames, 1, 2.0))  # warm
        report("one camera", asyncio.run(run_cameras(server, frames, 1, seconds)), seconds)
        report(f"{SOCKETS} cameras", asyncio.run(run_cameras(server, frames, SOCKETS, seconds)), seconds)
        took_s = asyncio.run(time_to_reading(server, hand_held(face, 150)))
        print(f"a calm face: reading {took_s:.2f} s after the first frame")


def leaning_frame(face: Rgb, number: int) -> bytes:
    """Return a frame of a leaning head, which is never ready, so that the guidance does not end."""
    return frame(face, roll_deg=20 + 2 * np.sin(number / 5), x=8 * np.sin(number / 10))


@contextmanager
def server_on_one_core(folder: Path) -> Iterator[Server]:
    """Run the server on the first core, and its clients, which are other machines in practice, on the others."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])
    with serving(folder, INFERENCE_WORKERS="1", SOCKETS_PER_ADDRESS="100", LOG_LEVEL="WARNING") as server:
        os.sched_setaffinity(0, cores[1:] or cores)
        yield server


async def run_cameras(server: Server, frames: list[bytes], cameras: int, seconds: float) -> list[Camera]:
    """Run cameras at 30 frames a second, which begin spread over one frame's time."""
    begin = time.perf_counter() + 1.0
    starts = (begin + number / cameras / CAMERA_FPS for number in range(cameras))
    return await asyncio.gather(*(run_camera(server, frames, start, seconds) for start in starts))


async def run_camera(server: Server, frames: list[bytes], start: float, seconds: float) -> Camera:
    camera = Camera()
    async with connect(f"ws://127.0.0.1:{server.port}{LIVE}", proxy=None, compression=None) as socket:
        await socket.send(json.dumps({"type": "start"}))
        await socket.recv()
        await asyncio.sleep(max(0.0, start - time.perf_counter()))
        receiving = asyncio.create_task(receive(socket, camera))
        for number in range(int(seconds * CAMERA_FPS)):
            await asyncio.sleep(max(0.0, start + number / CAMERA_FPS - time.perf_counter()))
            camera.sent_s.append(time.perf_counter())
            await socket.send(frames[number % len(frames)])
        await asyncio.sleep(0.3)
        receiving.cancel()
        with suppress(asyncio.CancelledError):
            await receiving
    return camera


async def receive(socket: ClientConnection, camera: Camera) -> None:
    async for message in socket:
        now, answer = time.perf_counter(), json.loads(message)
        if answer["type"] == "guidance":
            camera.waits_ms.append(1000 * (now - camera.sent_s[answer["frame"] - 1]))
        camera.slowed += answer["type"] == "slow_down"


def report(label: str, cameras: list[Camera], seconds: float) -> None:
    answers = [len(camera.waits_ms) for camera in cameras]
    waits = np.concatenate([camera.waits_ms for camera in cameras])
    p50, p95, p99 = np.percentile(waits, (50, 95, 99))
    print(
        f"{label} at {CAMERA_FPS:.0f} a second: {sum(answers) / seconds:.1f} guided frames a second; frame to answer "
        f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms; most / fewest answers {max(answers)}/{min(answers)} "
        f"= {max(answers) / max(min(answers), 1):.3f}; told to slow down {sum(camera.slowed for camera in cameras)}"
    )


async def time_to_reading(server: Server, frames: list[bytes]) -> float:
    """Return the seconds from the first frame to the reading, for a face without hindering cues."""
    async with connect(f"ws://127.0.0.1:{server.port}{LIVE}", proxy=None, compression=None) as socket:
        await socket.send(json.dumps({"type": "start"}))
        await socket.recv()
        started = time.perf_counter()
        for number, data in enumerate(frames):
            await asyncio.sleep(max(0.0, started + number / CAMERA_FPS - time.perf_counter()))
            await socket.send(data)
            while (answer := json.loads(await socket.recv()))["type"] != "guidance":
                pass
            if answer["hints"][:1] == ["ready"]:
                await socket.recv()
                return time.perf_counter() - started
    raise RuntimeError("the face was never ready")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
