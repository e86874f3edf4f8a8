"""What all tests share."""

from collections.abc import Iterator

import httpx
import pytest

from tests.serving import Server, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service with the real networks, in a process of its own; one for all tests that don't fill its queue."""
    with serving(tmp_path_factory.mktemp("server"), BODY_TIMEOUT_S="2") as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as connected:
        yield connected


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
