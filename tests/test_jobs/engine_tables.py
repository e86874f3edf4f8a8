"""The engine's database: everything it has stored, and its absence."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError

from gwansang.db.job_store import JobStore, open_job_store
from tests.test_jobs.counting import PATIENCE_S


def dump_engine_tables(database_url: str) -> str:
    """Return all rows of all tables of the engine, as text."""
    store = open_job_store(database_url)
    schema = "" if database_url.startswith("sqlite") else "dbos."
    listing = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if not schema
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'dbos'"
    )
    try:
        with store.connections.connect() as connection:
            tables = [name for (name,) in connection.exec_driver_sql(listing)]
            selects = [f'SELECT * FROM {schema}"{name}"' for name in tables]  # noqa: S608 - names of its own tables
            rows = [connection.exec_driver_sql(select).all() for select in selects]
    finally:
        store.connections.dispose()
    return repr(rows)


async def wait_until_deleted(database_url: str, text: str) -> None:
    """Return once no row of the engine contains a text."""
    async with asyncio.timeout(PATIENCE_S):
        while text in await asyncio.to_thread(dump_engine_tables, database_url):  # noqa: ASYNC110 - in a table
            await asyncio.sleep(0.1)


@contextmanager
def no_database(store: JobStore) -> Iterator[None]:
    """Let every connection of an engine fail."""

    def disconnect(*_: object) -> None:
        raise DisconnectionError

    def refuse(*_: object) -> None:
        raise psycopg.OperationalError("connection failed") if on_server else sqlite3.OperationalError("disk I/O error")

    on_server = store.url.startswith("postgresql")
    event.listen(store.connections, "checkout", disconnect)
    event.listen(store.connections, "do_connect", refuse)
    try:
        yield
    finally:
        event.remove(store.connections, "checkout", disconnect)
        event.remove(store.connections, "do_connect", refuse)
