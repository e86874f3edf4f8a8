"""Hostile clients, each of which plays until it is told to stop: `python -m benchmarks.hostile_clients NAME TARGET`.

Each is one client: one address, or one /64 of IPv6, and at most one account. `on` and `off` come by standard input.
"""

import argparse
import itertools
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.support.hostile_clips import hostile_clips
from tests.support.hostile_images import hostile_images

HOSTILE_ADDRESS = "127.0.0.2"
HOSTILE_NETWORK = "fd00:51:"  # a /64 that is routed to this machine
_UPLOAD = "/api/v1/analysis/face/upload"
_LARGE_ANSWER = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
_FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.jpg"\r\n\r\n'
_HEAD = b"GET /health HTTP/1.1\r\nHost: x\r\n"
_PING = bytes([0x89, 0x80, 0, 0, 0, 0])
IPV6_FREEBIND = 78  # of Linux: addresses of a routed network need no entry of their own
_NEW_PER_S = 100.0  # connections that replace closed ones


@dataclass(frozen=True)
class Target:
    """The server, the account of the hostile client, and files to send beside those of the tests."""

    url: str
    token: str
    task_id: str
    files: tuple[str, ...]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def bearer(self) -> str:
        return f"Authorization: Bearer {self.token}\r\n"


Attack = Callable[[Target, threading.Event], None]
ATTACKS: dict[str, Attack] = {}


def attack(function: Attack) -> Attack:
    ATTACKS[function.__name__.replace("_", "-")] = function
    return function


def connect(target: Target, receive_bytes: int | None = None, source: str = HOSTILE_ADDRESS) -> socket.socket:
    connection = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET)
    if receive_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.settimeout(2)
    if ":" in source:
        connection.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    connection.bind((source, 0))
    connection.connect(("::1" if ":" in source else "127.0.0.1", target.port))
    return connection


def keep_open(
    stop: threading.Event, number: int, open_one: Callable[[], socket.socket], feed: bytes = b"", read: bool = True
) -> None:
    """Hold connections, replace those that the server closes, and send `feed` on each of them again and again."""
    held: list[socket.socket] = []
    while not stop.wait(1 / _NEW_PER_S if len(held) < number else 0.1):
        if len(held) < number:
            with suppress(OSError):
                held.append(open_one())
                held[-1].setblocking(False)
        if len(held) == number or stop.is_set() or not len(held) % 20:
            gone = [one for one in held if _is_gone(one, feed, read=read)]
            for one in gone:
                held.remove(one)
                one.close()
    for one in held:
        one.close()


def _is_gone(connection: socket.socket, feed: bytes, *, read: bool) -> bool:
    """Send on a connection, read from it, and return whether the server has closed it."""
    try:
        with suppress(BlockingIOError):
            connection.send(feed)
        flags = 0 if read else socket.MSG_PEEK
        return connection.recv(65536 if read else 1, flags) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@contextmanager
def sent(target: Target, *pieces: bytes) -> Iterator[socket.socket]:
    """Send pieces as far as the server takes them, and read what it says."""
    with suppress(OSError), connect(target) as connection:
        with suppress(OSError):
            for piece in pieces:
                connection.sendall(piece)
        with suppress(OSError):
            while connection.recv(65536):
                pass
        yield connection


@attack
def idle_connections(target: Target, stop: threading.Event) -> None:
    keep_open(stop, 1000, lambda: connect(target))


@attack
def idle_connections_of_a_64(target: Target, stop: threading.Event) -> None:
    numbers = itertools.count(1)
    keep_open(stop, 1000, lambda: connect(target, source=f"{HOSTILE_NETWORK}:{next(numbers) % 65000 + 1:x}"))


@attack
def slow_heads(target: Target, stop: threading.Event) -> None:
    def open_one() -> socket.socket:
        connection = connect(target)
        connection.sendall(_HEAD)
        return connection

    keep_open(stop, 200, open_one, feed=b"a")


@attack
def header_lines(target: Target, stop: threading.Event) -> None:
    while not stop.wait(0.05):
        with sent(target, _HEAD + b"a: b\r\n" * 30_000):
            pass


@attack
def header_of_16_mb(target: Target, stop: threading.Event) -> None:
    while not stop.wait(0.1):
        with sent(target, _HEAD + b"a: ", *[b"x" * 1_000_000] * 16):
            pass


@attack
def pipelined_requests(target: Target, stop: threading.Event) -> None:
    while not stop.wait(0.05):
        with sent(target, (_HEAD + b"\r\n") * 6000):
            pass


@attack
def stalled_uploads(target: Target, stop: threading.Event) -> None:
    size = 25 * 1024 * 1024
    head = f"POST {_UPLOAD} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n{target.bearer}"

    def open_one() -> socket.socket:
        connection = connect(target)
        connection.sendall(f"{head}Content-Length: {size}\r\n\r\n".encode() + _FORM)
        connection.settimeout(0.5)  # the server does not read what is beyond the caller's share
        with suppress(TimeoutError):
            connection.sendall(b"x" * (size - len(_FORM) - 1000))
        return connection

    keep_open(stop, 8, open_one)


@attack
def unread_answers(target: Target, stop: threading.Event) -> None:
    def open_one() -> socket.socket:
        connection = connect(target, 4096)
        connection.sendall(_LARGE_ANSWER * 16)
        return connection

    keep_open(stop, 99, open_one, read=False)


@attack
def small_bodies_that_stall(target: Target, stop: threading.Event) -> None:
    head = "POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16384\r\n\r\n"

    def open_one() -> socket.socket:
        connection = connect(target)
        connection.sendall(head.encode() + b"x" * 16_383)
        return connection

    keep_open(stop, 99, open_one)


@attack
def many_small_bodies(target: Target, stop: threading.Event) -> None:
    body = json.dumps({"email": "x@example.com", "username": "x", "password": "x" * 16_000}).encode()
    transport = httpx.HTTPTransport(local_address=HOSTILE_ADDRESS)

    def run() -> None:
        url = f"http://127.0.0.1:{target.port}/api/v1/users"
        with httpx.Client(transport=transport, timeout=10) as client:
            while not stop.is_set():
                with suppress(httpx.TransportError):
                    client.post(url, content=body, headers={"Content-Type": "application/json"})

    run_threads(8, run)


@attack
def sockets_that_read_nothing(target: Target, stop: threading.Event) -> None:
    """Hold three sockets of live guidance and three of a task, and send frames that are answered with errors."""
    paths = itertools.cycle(["/api/v1/analysis/live", f"/api/v1/analysis/tasks/{target.task_id}/events"])

    def open_one() -> socket.socket:
        connection = connect(target, 4096)
        connection.sendall(_opening(next(paths), target.bearer))
        return connection

    frame = bytes([0x82, 0x80 | 4, 0, 0, 0, 0]) + b"none"
    keep_open(stop, 6, open_one, feed=frame * 30, read=False)


@attack
def pings_without_end(target: Target, stop: threading.Event) -> None:
    def open_one() -> socket.socket:
        connection = connect(target, 4096)
        connection.sendall(_opening("/api/v1/analysis/live", target.bearer))
        return connection

    keep_open(stop, 6, open_one, feed=_PING * 40_000, read=False)


def _opening(path: str, headers: str) -> bytes:
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{upgrade}{key}{headers}\r\n".encode()


@attack
def hostile_images_and_files(target: Target, stop: threading.Event) -> None:
    others = [Path(name) for name in target.files]
    files = [image.data for image in hostile_images()]
    files += [path.read_bytes() for path in others if path.suffix in (".jpg", ".png", ".webp")]
    _send_files(target, stop, _UPLOAD, files, 1.0)


@attack
def hostile_clips_and_files(target: Target, stop: threading.Event) -> None:
    files = [clip.data for clip in hostile_clips()]
    files += [Path(name).read_bytes() for name in target.files if Path(name).suffix in (".mp4", ".webm", ".mov")]
    _send_files(target, stop, "/api/v1/analysis/video", files, 4.0)


def _send_files(target: Target, stop: threading.Event, path: str, files: list[bytes], pause_s: float) -> None:
    """Send one file after the other, as fast as the account's limit allows."""
    transport = httpx.HTTPTransport(local_address=HOSTILE_ADDRESS)
    headers = {"Authorization": f"Bearer {target.token}"}
    with httpx.Client(transport=transport, timeout=30, headers=headers) as client:
        for data in itertools.cycle(files):
            if stop.wait(pause_s):
                return
            with suppress(httpx.TransportError):
                client.post(f"http://127.0.0.1:{target.port}{path}", files={"file": ("x", data)})


def run_threads(number: int, run: Callable[[], None]) -> None:
    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=ATTACKS)
    parser.add_argument("target", type=json.loads)
    options = parser.parse_args()
    os.nice(19)  # hostile clients are other machines; here they must not take the server's processor
    target = Target(**options.target)
    for _ in iter(sys.stdin.readline, ""):
        stop = threading.Event()
        playing = threading.Thread(target=ATTACKS[options.name], args=(target, stop))
        playing.start()
        sys.stdin.readline()
        stop.set()
        playing.join()
        print("off", flush=True)


if __name__ == "__main__":
    main()
