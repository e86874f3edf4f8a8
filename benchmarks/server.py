"""Start, memory and responsiveness of the server as it is run in production.

    python -m benchmarks.server [PHOTOS] [--seconds N]

Starts `gwansang serve` on a free loopback port (rate limits raised), then measures the time from start to ready, the
resident memory after 100 uploads of 12 MP photos one after the other and at rest, three seconds later, and the slowest
`/health/live` while 32 clients in another process upload such photos. Exits with 1 if a target is missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
from tests.support.serving import free_port

from benchmarks.photos import MODEL_DIR, phone_photo, portraits

MAX_READY_S, MAX_MEMORY_MB, MAX_ALIVE_MS = 3.0, 250.0, 250.0
CLIENTS = 32
_REST_S = 3.0  # after which freed memory has been given back
_NO_LIMITS = {
    "CALLER_POINTS_PER_MINUTE": "10000000",
    "ADDRESS_CALLS_PER_MINUTE": "10000000",
    "GUEST_READINGS_PER_HOUR": "10000000",
    "REQUESTS_PER_SECOND": "10000000",
    "MAX_UPLOAD_BYTES": "16777216",  # a photo of 48 MP has 11 MB
    "ALLOW_GUESTS": "true",
}
_UPLOAD = "/api/v1/analysis/face/upload"


@contextmanager
def serving_process(folder: Path) -> Iterator[tuple[str, psutil.Process, float]]:
    """Start a server that ends with the block; yields its URL, its process and the seconds until it was ready."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("gwansang")), "serve", "--port", str(port)]
    environment = {**os.environ, "MODEL_PATH": str(MODEL_DIR), "LOG_LEVEL": "WARNING", **_NO_LIMITS}
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, process)
        yield url, psutil.Process(process.pid), time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(3_000):
        if process.poll() is not None:
            raise SystemExit("The server ended before it was ready; see its message above.")
        try:
            if httpx.get(f"{url}/health/ready", trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise SystemExit("The server was not ready within a minute.")


def upload(client: httpx.Client, photo: bytes) -> int:
    return client.post(_UPLOAD, files={"file": ("photo.jpg", photo, "image/jpeg")}).status_code


def memory_after(url: str, process: psutil.Process, photos: list[bytes], count: int = 100) -> float:
    """Return the MB of the server and its children after `count` readings."""
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        answers = [upload(client, photos[index % len(photos)]) for index in range(count)]
    if set(answers) != {200}:
        raise SystemExit(f"Not every photo gave a reading: {sorted(set(answers))}")
    return resident_mb(process)


def resident_mb(process: psutil.Process) -> float:
    """Return the MB of a server and its children."""
    return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)]) / 1e6


def keep_uploading(url: str, photo: bytes, seconds: float, clients: int) -> dict[int, int]:
    """Upload with `clients` threads for some seconds; return the number of answers by status."""
    answers: dict[int, int] = {}
    end = time.monotonic() + seconds

    def run_client() -> None:
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
            while time.monotonic() < end:
                status = upload(client, photo)
                answers[status] = answers.get(status, 0) + 1

    threads = [threading.Thread(target=run_client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def start_clients(url: str, photo: Path, seconds: float) -> subprocess.Popen[bytes]:
    """Start the clients in a process of their own, so that they don't delay the one that measures."""
    command = [sys.executable, "-m", "benchmarks.server", "--clients", url, "--seconds", str(seconds), str(photo)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def liveness_ms(url: str, load: subprocess.Popen[bytes]) -> list[float]:
    """Return the sorted milliseconds of each `/health/live` while the clients upload."""
    durations = []
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        while load.poll() is None:
            start = time.perf_counter()
            client.get("/health/live").raise_for_status()
            durations.append(1_000 * (time.perf_counter() - start))
            time.sleep(0.02)
    return sorted(durations)


def measure(photos: list[bytes], seconds: float, folder: Path) -> bool:
    file = folder / "photo.jpg"
    file.write_bytes(photos[0])
    with serving_process(folder) as (url, process, ready_s):
        print(f"start to ready: {ready_s:.2f} s (at most {MAX_READY_S})")
        memory_mb = memory_after(url, process, photos)
        time.sleep(_REST_S)
        at_rest = f"{resident_mb(process):.0f} MB {_REST_S:.0f} s later"
        print(f"memory after 100 photos of 12 MP: {memory_mb:.0f} MB (at most {MAX_MEMORY_MB:.0f}), {at_rest}")
        load = start_clients(url, file, seconds)
        durations = liveness_ms(url, load)
        answers = load.communicate()[0].decode().strip()
        after_mb = process.memory_info().rss / 1e6
    median_ms, slowest_ms = durations[len(durations) // 2], durations[-1]
    alive = f"median {median_ms:.1f} ms, slowest {slowest_ms:.1f} ms (at most {MAX_ALIVE_MS:.0f})"
    print(f"/health/live while {CLIENTS} clients upload for {seconds:.0f} s: {alive}, {len(durations)} calls")
    print(f"their uploads by status: {answers}; memory then: {after_mb:.0f} MB")
    return ready_s <= MAX_READY_S and memory_mb <= MAX_MEMORY_MB and slowest_ms <= MAX_ALIVE_MS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--clients", help=argparse.SUPPRESS)  # the URL, for the process of the clients
    options = parser.parse_args()
    if options.clients:
        print(keep_uploading(options.clients, options.photos[0].read_bytes(), options.seconds, CLIENTS))
        return 0
    photos = [phone_photo(portrait, seed) for seed, portrait in enumerate(portraits(options.photos, 3))]
    with tempfile.TemporaryDirectory() as folder:
        return int(not measure(photos, options.seconds, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
