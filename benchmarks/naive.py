"""The service beside the simplest servers of face landmarks: requests a second, latency and processor time.

    python -m benchmarks.naive [PHOTOS] [--seconds N] [--rounds N] [--clients N ...] [--megapixels N ...]

Starts `gwansang serve` (limits raised, guests allowed, a whole reading each) and the two servers of
`benchmarks/naive_server.py`, in processes of their own. For each size of photo and number of clients it alternates
them in short windows, and prints medians, and of the ratios within a round: naive over ours in processor time a
request, ours over naive in requests a second. Then the service alone with the points of a mesh. `loop` is the processor
time of the thread of the event loop. Photos are JPEGs as a phone stores them, of about 0.2, 4 and 12 MB.
"""

import argparse
import base64
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil
from tests.support.serving import free_port

from benchmarks.mediapipe_peer import peer_python
from benchmarks.photos import MODEL_DIR, phone_photo, portraits
from benchmarks.server import serving_process, wait_until_ready
from gwansang.vision.mesh import canonical_face
from gwansang.vision.models.catalog import FACE_LANDMARKER

WIDTHS, MEGA_BYTES = {1: 866, 12: 3_024, 48: 6_048}, {1: 0.2, 12: 4.0, 48: 12.0}
NAIVE = ("face_mesh", "landmarker")
_BOUNDARY = "5c1f0b6e"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and where it takes photos."""

    name: str
    url: str
    path: str
    process: psutil.Process


@dataclass(frozen=True, slots=True)
class Window:
    """What a server did in one window; times in ms, of which processor and loop are of one request."""

    rate: float
    p50: float
    p99: float
    processor: float
    loop: float


@contextmanager
def naive_server(kind: str) -> Iterator[Server]:
    """Start a naive server that ends with the block."""
    port, script = free_port(), Path(__file__).with_name("naive_server.py")
    command = [str(peer_python()), str(script), kind, str(port), str(MODEL_DIR / FACE_LANDMARKER.file)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, process)
        yield Server(kind, url, "/", psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(timeout=30)


def form_of(photo: bytes) -> tuple[str, bytes]:
    """Return the content type and the body of a form with a photo."""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n'
    body = f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + photo + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return f"multipart/form-data; boundary={_BOUNDARY}", body


def points_of_a_mesh() -> tuple[str, bytes]:
    """Return the content type and the body of a request with the points of the canonical face."""
    vertices = canonical_face().vertices * (0.03, -0.03, -0.03) + (0.5, 0.5, 0.0)
    body = {"landmarks": np.round(vertices, 5).tolist(), "image_width": 1_000, "image_height": 1_000}
    return "application/json", json.dumps(body).encode()


def call(url: str, path: str, kind: str, body: bytes, clients: int, seconds: float) -> list[float]:
    """Send a body with `clients` connections for some seconds; return the ms of each answer."""
    durations: list[float] = []
    parts, end = urlsplit(url), time.monotonic() + seconds

    def run_client() -> None:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        while time.monotonic() < end:
            start = time.perf_counter()
            connection.request("POST", path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{url}{path} answers {answer.status}")
            durations.append(1_000 * (time.perf_counter() - start))
        connection.close()

    with ThreadPoolExecutor(clients) as threads:
        for running in [threads.submit(run_client) for _ in range(clients)]:
            running.result()
    return durations


def processor_s(process: psutil.Process) -> tuple[float, float]:
    """Return the processor time of a server so far: of the process, and of the thread of its event loop."""
    times = process.cpu_times()
    loop = next(each for each in process.threads() if each.id == process.pid)
    return times.user + times.system, loop.user_time + loop.system_time


def observe(order: dict[str, Any]) -> Window:
    """Return what a server does with the clients of an order (arguments of `call`, and the server's `pid`)."""
    process = psutil.Process(order.pop("pid"))
    before, start = processor_s(process), time.perf_counter()
    durations = call(**{**order, "body": base64.b64decode(order["body"])})
    took, after = time.perf_counter() - start, processor_s(process)
    p50, p99 = np.percentile(durations, [50, 99])
    processor, loop = (1_000 * (late - early) / len(durations) for early, late in zip(before, after, strict=True))
    return Window(len(durations) / took, float(p50), float(p99), processor, loop)


def run_clients(server: Server, content: tuple[str, bytes], path: str, clients: int, seconds: float) -> Window:
    """Observe a server from a process of its own, whose processor time and start count for no server."""
    kind, body = content
    order = {"url": server.url, "path": path, "kind": kind, "clients": clients, "seconds": seconds}
    order |= {"body": base64.b64encode(body).decode(), "pid": server.process.pid}
    command = [sys.executable, "-m", "benchmarks.naive", "--call"]
    done = subprocess.run(command, input=json.dumps(order).encode(), stdout=subprocess.PIPE, check=True)
    return Window(*json.loads(done.stdout))


def middle(windows: list[Window]) -> Window:
    return Window(*(median(getattr(one, name) for one in windows) for name in Window.__slots__))


def print_window(label: str, one: Window) -> None:
    print(
        f"  {label:<12} {one.rate:7.1f}/s   p50 {one.p50:7.1f} ms   p99 {one.p99:7.1f} ms   "
        f"processor {one.processor:6.1f} ms   loop {one.loop:5.2f} ms",
        flush=True,
    )


def compare(servers: list[Server], photo: bytes, clients: int, options: argparse.Namespace) -> None:
    """Alternate the servers and print what each did, and the ratios."""
    windows: dict[str, list[Window]] = {server.name: [] for server in servers}
    for index in range(options.rounds + 1):
        for server in servers:
            seconds = options.seconds if index else 1.0  # the first round warms up
            window = run_clients(server, form_of(photo), server.path, clients, seconds)
            windows[server.name] += [window] if index else []
    ours = windows["ours"]
    for name, of_server in windows.items():
        print_window(name, middle(of_server))
        if name != "ours":
            pairs = list(zip(of_server, ours, strict=True))
            processor = median(naive.processor / own.processor for naive, own in pairs)
            rate = median(own.rate / naive.rate for naive, own in pairs)
            print(f"  {'':<12} ours: processor time x{processor:.2f}, requests a second x{rate:.2f}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--megapixels", type=int, nargs="*", default=[1, 12, 48], choices=WIDTHS)
    parser.add_argument("--call", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.call:
        print(json.dumps(astuple(observe(json.loads(sys.stdin.read())))))
        return 0
    (portrait,) = portraits(options.photos, 1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, process, _ = stack.enter_context(serving_process(folder))
        ours = Server("ours", url, "/api/v1/analysis/face/upload", process)
        naive = [stack.enter_context(naive_server(kind)) for kind in NAIVE] if options.megapixels else []
        for megapixels in options.megapixels:
            photo = phone_photo(portrait, 0, MEGA_BYTES[megapixels], WIDTHS[megapixels])
            for clients in options.clients:
                print(f"{megapixels} MP, {len(photo) / 1e6:.2f} MB, {clients} clients", flush=True)
                compare([ours, *naive], photo, clients, options)
        for clients in options.clients:
            windows = [
                run_clients(ours, points_of_a_mesh(), "/api/v1/analysis/face", clients, options.seconds)
                for _ in range(options.rounds)
            ]
            print(f"points of a mesh, {clients} clients")
            print_window("ours", middle(windows))
    return 0


if __name__ == "__main__":
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    sys.exit(main())
