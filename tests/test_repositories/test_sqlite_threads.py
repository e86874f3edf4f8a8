"""The worker threads of SQLite connections end before the event loop does."""

import asyncio
import threading

from sqlalchemy import text

from gwansang.db.session import Database
from tests.support.database import scratch_sqlite


def test_an_event_loop_ends_after_its_database_although_a_statement_was_cancelled() -> None:
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT max(i) FROM n"
    before = set(threading.enumerate())
    missed: list[threading.ExceptHookArgs] = []
    hook, threading.excepthook = threading.excepthook, missed.append

    async def run(database: Database) -> None:
        async with database.session("read") as session:
            await session.execute(text(slow))

    async def cancel_and_close() -> None:
        database = Database(scratch_sqlite())
        running = asyncio.create_task(run(database))
        await asyncio.sleep(0.1)
        while not running.done():  # again and again: the first times it waits for the end of the statement
            running.cancel()
            await asyncio.sleep(0.01)
        await database.close()

    try:
        asyncio.run(cancel_and_close())
        for thread in set(threading.enumerate()) - before:
            thread.join(30)
    finally:
        threading.excepthook = hook
    assert missed == []
