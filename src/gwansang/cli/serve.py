"""`gwansang serve`: the HTTP service."""

import asyncio
import errno
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer
import uvicorn

from gwansang.cli.failure import CommandError
from gwansang.cli.options import read_norms, read_settings
from gwansang.config import Settings
from gwansang.core.http_protocol import BoundedHttpProtocol
from gwansang.core.meters import FOLDER_VARIABLE
from gwansang.core.websocket_protocol import BoundedWebSocketProtocol
from gwansang.db.init_db import ensure_schema
from gwansang.db.session import Database
from gwansang.vision.models import catalog

GRACE_S = 10  # running analyses end within this
SERVER_OPTIONS: Mapping[str, Any] = {
    "loop": "uvloop",
    "http": BoundedHttpProtocol,
    "log_config": None,  # the application configures logging, and logs requests itself
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,  # TRUSTED_PROXIES counts them from the right; here the leftmost could be believed
    "ws": BoundedWebSocketProtocol,
    "ws_max_size": 1024 * 1024,  # bytes of a message
    "ws_per_message_deflate": False,  # photos don't shrink, and what unpacks to much more can't be sent
    "limit_concurrency": 1000,  # beyond, an idle connection gives way; if all are at work, the new one gets a 503
    "backlog": 512,
    "timeout_keep_alive": 15,  # seconds
}
"""Options of uvicorn that every server of the application is started with."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on [HOST, else 127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on [PORT, else 8000].")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; each has its own models and inference threads.")] = 1,
    grace: Annotated[int, typer.Option(min=1, help="Seconds to finish running requests in after SIGTERM.")] = GRACE_S,
) -> None:
    """Serve the API until interrupted."""
    settings = read_settings()
    host, port = host or settings.host, settings.port if port is None else port
    catalog.verify_models(settings.model_path)
    read_norms(settings.norms_path)
    asyncio.run(prepare_database(settings))
    require_free_port(host, port)
    with shared_metrics(workers):
        _run(host, port, workers, grace)


@contextmanager
def shared_metrics(workers: int) -> Iterator[None]:
    """Give the processes that are started in the block a folder for their common metrics, if there are several."""
    if workers == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="gwansang-metrics-") as folder:
        os.environ[FOLDER_VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER_VARIABLE]


def _run(host: str, port: int, workers: int, grace: int) -> None:
    uvicorn.run(
        "gwansang.main:app",
        host=host,
        port=port,
        workers=workers,
        timeout_graceful_shutdown=grace,
        **SERVER_OPTIONS,
    )


async def prepare_database(settings: Settings) -> None:
    """Create or upgrade the embedded database, once for all workers; raises AppError if another is outdated."""
    database = Database(settings.database_url.get_secret_value())
    try:
        await ensure_schema(database)
    finally:
        await database.close()


def require_free_port(host: str, port: int) -> None:
    """Raise CommandError with the reason if the service can't listen on this address."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the server does, which may take a port while its old connections are closing.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as error:
        raise CommandError(f"{host} is no address of this machine; try --host 127.0.0.1 or --host 0.0.0.0.") from error
    except OSError as error:
        raise CommandError(_listen_fault(error, host, port)) from error


def _listen_fault(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken; stop what uses it or choose another one: --port {port + 1}."
    if error.errno == errno.EACCES:
        return f"Port {port} may only be used by an administrator; choose one above 1023, such as --port 8000."
    return f"Nothing can listen on {host}:{port} ({error.strerror}); try --host 127.0.0.1 --port 8000."
