"""Connections to an embedded SQLite file: their settings, and the threads that they run in."""

import asyncio
import sqlite3
import time
from threading import Thread
from typing import Any, Final
from weakref import WeakSet

import aiosqlite
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.pool import ConnectionPoolEntry

_PRAGMAS: Final = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # overwrites deleted content
)
_RETRY_S: Final = 0.02
_JOIN_S: Final = 5.0


class ConnectionThreads:
    """The worker threads of connections, one each.

    The statement of a cancelled session goes on in its thread, which reports to the event loop at the end. So the
    threads have to end before the loop is closed.
    """

    def __init__(self) -> None:
        self._threads: WeakSet[Thread] = WeakSet()

    def connect(self, *args: Any, **options: Any) -> aiosqlite.Connection:  # noqa: ANN401 - of sqlite3.connect
        """Return a connection that is not open yet, as SQLAlchemy makes them."""
        connection = aiosqlite.connect(*args, **options)
        connection._thread.daemon = True
        self._threads.add(connection._thread)
        return connection

    async def join(self) -> None:
        """Wait until the threads of closed connections have ended, for some seconds at most."""
        give_up_at = time.monotonic() + _JOIN_S
        for thread in [thread for thread in self._threads if thread.is_alive()]:
            await asyncio.to_thread(thread.join, max(0.0, give_up_at - time.monotonic()))


def set_pragmas_on_connect(engine: Engine, *, timeout_s: float) -> None:
    """Let every new connection of an engine set its pragmas; its statements wait `timeout_s` for locks of others."""

    def set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {round(timeout_s * 1000)}")
        _switch_to_wal(cursor, timeout_s)
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    event.listen(engine, "connect", set_pragmas)


def _switch_to_wal(cursor: DBAPICursor, timeout_s: float) -> None:
    """Set write-ahead logging, which stays with the file; SQLite doesn't apply busy_timeout to this switch."""
    give_up_at = time.monotonic() + timeout_s
    while not _has_wal(cursor):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return  # some file systems can't have it
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(_RETRY_S)


def _has_wal(cursor: DBAPICursor) -> bool:
    cursor.execute("PRAGMA journal_mode")
    row = cursor.fetchone()
    return row is not None and row[0] == "wal"
