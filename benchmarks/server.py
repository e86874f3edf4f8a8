"""The server as people run it: how soon it is ready, what it holds in memory, and whether it stays alive under load.

    python benchmarks/server.py [PHOTOS] [--seconds N]

Starts `gwansang serve` on a free loopback port (rate limits raised), then measures the time from start to ready, the
resident memory after 100 uploads of 12 MP photos one after the other, and the slowest `/health/live` while 32 clients
upload such photos for some seconds from processes of their own. Exits with 1 where a target is missed.
"""

import argparse
import os
import socket
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

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.photos import MODEL_DIR, phone_photo, portraits

READY_S, MEMORY_MB, ALIVE_MS = 3.0, 250.0, 250.0
CLIENTS = 32
_UNLIMITED = {
    "CALLER_POINTS_PER_MINUTE": "10000000",
    "ADDRESS_CALLS_PER_MINUTE": "10000000",
    "GUEST_READINGS_PER_HOUR": "10000000",
    "ALLOW_GUESTS": "true",
}
_UPLOAD = "/api/v1/analysis/face/upload"


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, psutil.Process, float]]:
    """URL, process and seconds to ready of a server that ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("gwansang")), "serve", "--port", str(port)]
    environment = {**os.environ, "MODEL_PATH": str(MODEL_DIR), "LOG_LEVEL": "WARNING", **_UNLIMITED}
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
    """MB of the server and its children after so many readings."""
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        answers = [upload(client, photos[index % len(photos)]) for index in range(count)]
    if set(answers) != {200}:
        raise SystemExit(f"Not every photo gave a reading: {sorted(set(answers))}")
    return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)]) / 1e6


def keep_uploading(url: str, photo: bytes, seconds: float, clients: int) -> dict[int, int]:
    """What that many clients are answered, by status."""
    answered: dict[int, int] = {}
    end = time.monotonic() + seconds

    def one() -> None:
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
            while time.monotonic() < end:
                status = upload(client, photo)
                answered[status] = answered.get(status, 0) + 1

    threads = [threading.Thread(target=one) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answered


def load_process(url: str, photo: Path, seconds: float) -> subprocess.Popen[bytes]:
    """The clients, in a process of their own so that they don't delay the one that measures."""
    command = [sys.executable, __file__, "--clients", url, "--seconds", str(seconds), str(photo)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def slowest_alive(url: str, load: subprocess.Popen[bytes]) -> list[float]:
    """Milliseconds of each `/health/live` while the clients upload."""
    taken = []
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        while load.poll() is None:
            start = time.perf_counter()
            client.get("/health/live").raise_for_status()
            taken.append(1_000 * (time.perf_counter() - start))
            time.sleep(0.02)
    return sorted(taken)


def measure(photos: list[bytes], seconds: float, folder: Path) -> bool:
    file = folder / "photo.jpg"
    file.write_bytes(photos[0])
    with served(folder) as (url, process, ready_s):
        print(f"start to ready: {ready_s:.2f} s (at most {READY_S})")
        memory_mb = memory_after(url, process, photos)
        print(f"memory after 100 photos of 12 MP: {memory_mb:.0f} MB (at most {MEMORY_MB:.0f})")
        load = load_process(url, file, seconds)
        taken = slowest_alive(url, load)
        told = load.communicate()[0].decode().strip()
        after_mb = process.memory_info().rss / 1e6
    alive = f"median {taken[len(taken) // 2]:.1f} ms, slowest {taken[-1]:.1f} ms (at most {ALIVE_MS:.0f})"
    print(f"/health/live while {CLIENTS} clients upload for {seconds:.0f} s: {alive}, {len(taken)} calls")
    print(f"their uploads by status: {told}; memory then: {after_mb:.0f} MB")
    return ready_s <= READY_S and memory_mb <= MEMORY_MB and taken[-1] <= ALIVE_MS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--clients", help=argparse.SUPPRESS)  # the URL for the process that plays the clients
    options = parser.parse_args()
    if options.clients:
        print(keep_uploading(options.clients, options.photos[0].read_bytes(), options.seconds, CLIENTS))
        return 0
    photos = [phone_photo(portrait, seed) for seed, portrait in enumerate(portraits(options.photos, 3))]
    with tempfile.TemporaryDirectory() as folder:
        return int(not measure(photos, options.seconds, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
