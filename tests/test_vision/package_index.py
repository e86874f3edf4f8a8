"""A package index on loopback that serves crafted wheels and can misbehave."""

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
    """A minimal wheel, version 1.0, that pip accepts."""
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


def archive_of(package: str, content: bytes) -> ModelSource:
    """The catalog's entry for a crafted wheel."""
    return ModelSource(package, "1.0", sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def model_of(archive: ModelSource, name: str, content: bytes) -> Model:
    """The catalog's entry for a file `data/<name>` of a crafted wheel."""
    digest = hashlib.sha256(content).hexdigest()
    return Model(
        name=name,
        file=f"{name}.tflite",
        sha256=digest,
        input_shape=(1, 1, 1, 1),
        licence="CC0-1.0",
        archive=archive,
        member=f"data/{name}",
        member_sha256=digest,
        member_size=len(content),
    )


@dataclass
class PackageIndex:
    """What the index serves, how it behaves, and what it was asked."""

    url: str
    wheels: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)  # path and Range header
    cut_once: set[str] = field(default_factory=set)  # packages whose first download breaks off half-way
    stalled: dict[str, threading.Event] = field(default_factory=dict)  # packages that stop half-way until set

    def add(self, package: str, members: dict[str, bytes]) -> ModelSource:
        self.wheels[package] = wheel(package, members)
        return archive_of(package, self.wheels[package])

    def downloads(self, package: str) -> list[str | None]:
        """The Range headers of all requests for the package's wheel."""
        return [asked for path, asked in self.requests if path.startswith(f"/files/{package}-")]


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
            self._answer(200, link.encode(), "text/html")
        elif kind == "files":
            self._file(name.partition("-")[0])
        else:
            self._answer(404, b"", "text/plain")

    def _file(self, package: str) -> None:
        content = self.index.wheels[package]
        half = len(content) // 2
        if asked := self.headers.get("Range"):
            start = int(asked.removeprefix("bytes=").partition("-")[0])
            self._answer(206, content[start:], "application/zip", f"bytes {start}-{len(content) - 1}/{len(content)}")
        elif package in self.index.cut_once:
            self.index.cut_once.discard(package)
            self._half(content, half)
        elif package in self.index.stalled:
            self._half(content, half)
            self.index.stalled[package].wait(30)
        else:
            self._answer(200, content, "application/zip")

    def _half(self, content: bytes, half: int) -> None:
        self._head(200, len(content), "application/zip")
        self.wfile.write(content[:half])
        self.wfile.flush()
        self.close_connection = True

    def _answer(self, status: int, content: bytes, kind: str, content_range: str | None = None) -> None:
        self._head(status, len(content), kind, content_range)
        self.wfile.write(content)

    def _head(self, status: int, length: int, kind: str, content_range: str | None = None) -> None:
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
