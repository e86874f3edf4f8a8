"""A database that turns read-only, as after a failover or a fault of the file system: readings are given, not kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import event

from gwansang.db.session import Database
from tests.support.database import execute_on_server
from tests.support.people import person
from tests.support.serving import JSON_CALL, application, container_behind
from tests.test_api.test_full_disk import FACE, HEADERS

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def read_only(database: Database) -> AsyncIterator[None]:
    """Make a database read-only for all new connections: by a setting of the server, or opened for reading."""
    engine, name = database.engine("write").sync_engine, database.url.database
    if database.embedded:
        event.listen(engine, "do_connect", open_for_reading)
    else:
        execute_on_server(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    await close_idle(database)
    yield
    if database.embedded:
        event.remove(engine, "do_connect", open_for_reading)
    else:
        execute_on_server(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    await close_idle(database)


async def close_idle(database: Database) -> None:
    """Close the connections once no chore of the service holds one, which nobody would close then."""
    pools = [database.engine(access).sync_engine.pool for access in ("read", "write")]
    async with asyncio.timeout(60):
        while any(pool.checkedout() for pool in pools):  # noqa: ASYNC110 - other tasks hold them
            await asyncio.sleep(0.01)
    await database.close()


def open_for_reading(_: object, __: object, arguments: list[str], options: dict[str, object]) -> None:
    arguments[0] = f"file:{arguments[0]}?mode=ro"
    options["uri"] = True


def reader(client: httpx.AsyncClient, bearer: dict[str, str]) -> Callable[[], Awaitable[object]]:
    """Return a call that reads a face and returns whether the reading was kept."""

    async def read() -> object:
        answer = await client.post(JSON_CALL, content=FACE, headers={**HEADERS, **bearer})
        assert answer.status_code == 200, answer.text
        return answer.json()["kept"]

    return read


async def test_a_read_only_database_costs_the_history_and_not_the_reading(database_url: str) -> None:
    async with application(database_url=database_url) as client:
        someone = await person(client)
        await someone.agree("reading")
        await someone.agree("history")
        read = reader(client, someone.bearer)
        assert await read() is True
        async with read_only(container_behind(client).uow._database):
            assert await read() is False
            for _ in range(2):
                ready = await client.get("/health/ready")
                assert (ready.status_code, ready.json()["error"]["code"]) == (503, "DATABASE_UNAVAILABLE")
            refused = await someone.call("PUT", "/consents/lookalike")
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "DATABASE_UNAVAILABLE")
            assert (await someone.call("GET", "/analysis")).json()["total"] == 1
        assert (await client.get("/health/ready")).status_code == 200
        assert await read() is True


async def test_only_a_write_makes_a_database_that_refused_one_ready_again(database_url: str) -> None:
    async with application(database_url=database_url) as client:
        someone = await person(client)
        uow = container_behind(client).uow
        async with read_only(uow._database):
            assert (await someone.call("PUT", "/consents/lookalike")).status_code == 503
            if database_url.startswith("postgresql"):  # a file that is read-only refuses the transaction itself
                async with uow.write():
                    pass
            assert (await client.get("/health/ready")).status_code == 503
        assert (await client.get("/health/ready")).status_code == 200
