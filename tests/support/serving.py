"""Two ways to run the application for tests: in this process, or as a server in its own process."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import httpx
import psutil
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from gwansang.config import Settings
from gwansang.container import Container, assemble_container
from gwansang.container.tracing import open_tracer
from gwansang.core.clock import Clock
from gwansang.core.meters import Meters
from gwansang.main import create_app, lifespan_of
from gwansang.services.ml.face_analyzer import FaceVision
from gwansang.services.ml.inference_pool import InferencePool
from tests.support.database import scratch_folder, scratch_sqlite
from tests.support.fakes import FakeVision, frozen_clock
from tests.support.photos import model_dir

JSON_CALL = "/api/v1/analysis/face"
ENCRYPTION_KEYS = "tests:Yk3vRr0cW8xq1dJmTzS5nUeB7hGfLpA2oQ9iKtVwX4E="
UPLOAD_CALL = "/api/v1/analysis/face/upload"
_START = """
import sys, uvicorn
from gwansang.cli.serve import SERVER_OPTIONS
uvicorn.run("gwansang.main:app", fd=int(sys.argv[1]), **SERVER_OPTIONS)
"""  # as `gwansang serve`, on a socket that the test listens on already
# Most tests are not about limits, and all of them come from one address.
LIMITS = (
    "caller_points_per_minute",
    "address_calls_per_minute",
    "guest_readings_per_hour",
    "logins_per_minute",
    "requests_per_second",
)


def settings_for_tests(**changes: object) -> Settings:
    """Return settings that no file and no variable of this machine can change."""
    defaults = {
        "inference_workers": 1,
        "encryption_keys": ENCRYPTION_KEYS,
        "log_level": "WARNING",
        "log_format": "json",
        "password_bcrypt_rounds": 10 if changes.get("environment") == "production" else 4,
        "database_url": changes.get("database_url") or scratch_sqlite(),
        "mail_folder": scratch_folder() / "mail",
        "worker_folder": scratch_folder() / "workers",
        "storage_folder": scratch_folder() / "storage",
        **{name: 1_000_000 for name in LIMITS},
    }
    return Settings.model_validate({**Settings.model_construct().model_dump(), **defaults, **changes})


_PLACES = {
    "database_url": SecretStr("sqlite://"),
    **{f"{name}_folder": Path() for name in ("mail", "worker", "storage")},
}
"""Settings that only the running service reads, not the application around it."""


@asynccontextmanager
async def run_app(
    build: Callable[[], FaceVision] = FakeVision, clock: Clock | None = None, **changes: object
) -> AsyncIterator[ASGIApp]:
    """Yield the application in this process, with its lifespan; time stands still unless a clock is given."""

    @asynccontextmanager
    async def opening(settings: Settings) -> AsyncIterator[Container]:
        meters = Meters()
        async with open_tracer(settings) as tracer:
            pool = InferencePool[FaceVision](
                build,
                workers=settings.inference_workers,
                queue=settings.inference_queue,
                timeout_s=settings.inference_timeout_s,
                record_queue=meters.observe_queue,
                tracer=tracer,
            )
            built = {"clock": clock or frozen_clock(), "meters": meters, "tracer": tracer}
            async with assemble_container(pool, settings, **built) as container:
                yield container

    settings = settings_for_tests(**changes)
    app = _app_with_routes(settings.model_copy(update=_PLACES))
    middleware = app.build_middleware_stack()  # of its own: it counts bytes and keeps locks of this event loop
    async with lifespan_of(settings, opening)(app) as state:

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await middleware({**scope, "app": app, "state": dict(state)}, receive, send)

        with_state.container = (state or {})["container"]  # type: ignore[attr-defined]  # for `container_behind`
        yield with_state


def _app_with_routes(settings: Settings) -> FastAPI:
    """Return the application of settings, without a running service. Its routes do not depend on where things are
    kept, and deriving them, with the first request, is most of the work of a test that sends one."""
    values = settings.model_dump().items()
    plain = [(name, value.get_secret_value() if isinstance(value, SecretStr) else value) for name, value in values]
    return _app_of(_SameSettings(repr(plain), settings))


@dataclass(frozen=True)
class _SameSettings:
    """Settings that are equal if their values are."""

    values: str
    settings: Settings = field(compare=False)


@lru_cache(maxsize=16)
def _app_of(same: _SameSettings) -> FastAPI:
    return create_app(same.settings)


@asynccontextmanager
async def application(
    build: Callable[[], FaceVision] = FakeVision, **changes: object
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the application in this process."""
    async with run_app(build, **changes) as app, client_of(app) as client:
        yield client


def container_behind(client: httpx.AsyncClient) -> Container:
    """Return the services of the application in this process that a client calls."""
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    container: Container = transport.app.container  # type: ignore[union-attr]  # set by `run_app`
    return container


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


def send_request(method: str, path: str, *, app: dict[str, object] | None = None, **request: object) -> httpx.Response:
    """Send one request to the application in this process."""

    async def run() -> httpx.Response:
        async with application(**(app or {})) as client:
            return await client.request(method, path, **request)

    return asyncio.run(run())


@dataclass(frozen=True)
class Server:
    """The service as in production: another process, a real socket, the real networks."""

    port: int
    process: psutil.Process
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def memory_mb(self) -> float:
        return self.process.memory_info().rss / 1e6

    def open_connections(self) -> int:
        """Return how many connections the server holds open, whatever their clients did."""
        held = self.process.net_connections("tcp")
        return sum(each.laddr.port == self.port and each.status != psutil.CONN_LISTEN for each in held)

    def cpu_s(self) -> float:
        """Return the processor time that the server has used."""
        times = self.process.cpu_times()
        return times.user + times.system

    def thread_cpu_s(self) -> tuple[float, float]:
        """Return the processor time of the thread with the event loop, and that of all others together."""
        times = {thread.id: thread.user_time + thread.system_time for thread in self.process.threads()}
        loop_s = times.pop(self.process.pid)
        return loop_s, sum(times.values())

    @contextmanager
    def costs_at_most(self, *, cpu_s: float, memory_mb: float) -> Iterator[None]:
        """Assert bounds on what the block costs the server; processor time does not depend on other processes."""
        cpu_before_s, memory_before_mb = self.cpu_s(), self.memory_mb()
        yield
        assert self.cpu_s() - cpu_before_s < cpu_s
        assert self.memory_mb() - memory_before_mb < memory_mb

    def raw(self, *pieces: bytes, pause_s: float = 0.0, timeout_s: float = 10.0) -> bytes:
        """Send raw bytes and return the answer, up to the end of the connection or half a second of silence."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as connection:
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):
                    break
                time.sleep(pause_s)
            return b"".join(received(connection))

    def events(self) -> list[dict[str, object]]:
        """Return the events of the log."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


def received(connection: socket.socket) -> Iterator[bytes]:
    """Yield what comes until the connection ends, or half a second passes without a byte after the first."""
    while True:
        try:
            piece = connection.recv(65536)
        except (TimeoutError, ConnectionResetError):
            return
        if not piece:
            return
        yield piece
        connection.settimeout(0.5)


def free_port() -> int:
    """Return a port of the loopback address on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    """Start a server on a free loopback port and yield it once it is ready."""
    log = folder / "server.log"
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening, log.open("w") as sink:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # uvicorn sets it on sockets that it opens
        process = subprocess.Popen(
            [sys.executable, "-c", _START, str(listening.fileno())],
            pass_fds=[listening.fileno()],
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={
                **os.environ,
                "MODEL_PATH": str(model_dir()),
                "LOG_FORMAT": "json",
                **{name.upper(): "1000000" for name in LIMITS},
                **environment,
            },
        )
        try:
            server = Server(listening.getsockname()[1], psutil.Process(process.pid), log)
            _wait_until_ready(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{server.url}/health/ready", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not get ready:\n" + server.log.read_text()[-3000:])
