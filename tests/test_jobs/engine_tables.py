"""What the engine has written down."""

import asyncio

from gwansang.db.job_store import open_job_store


def everything_kept(database_url: str) -> str:
    """All rows of all tables of the engine, as text."""
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


async def until_forgotten(database_url: str, word: str) -> None:
    async with asyncio.timeout(10):
        while word in await asyncio.to_thread(everything_kept, database_url):  # noqa: ASYNC110 - in a table
            await asyncio.sleep(0.1)
