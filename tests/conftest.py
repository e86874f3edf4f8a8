"""Fixtures of all tests."""

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import settings

from tests.support.database import BACKENDS, drop_templates, scratch_database
from tests.support.serving import Server, serving

settings.register_profile("suite", deadline=None)  # a deadline would fail on a busy machine
settings.load_profile("suite")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service with the real networks in its own process; one for all tests that don't fill its queue."""
    with serving(
        tmp_path_factory.mktemp("server"), CONNECTIONS_PER_ADDRESS="1000"
    ) as running:  # tests have one address
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as connected:
        yield connected


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def clean_server() -> Iterator[None]:
    yield
    drop_templates()


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database with all tables; once on SQLite and once on PostgreSQL."""
    with scratch_database(request.param) as url:
        yield url
