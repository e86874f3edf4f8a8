"""The engine, and sessions that either read or write.

SQLite has one writer. A transaction that reads first and writes later loses to another one with "database is locked",
whatever the timeout; so writers take their turn at the very beginning (BEGIN IMMEDIATE), and readers can't write.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Literal

from sqlalchemy import URL, Connection, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from gwansang.core.exceptions import Unavailable
from gwansang.db.url import is_embedded, parse_database_url

_WRITES: Final = "gwansang_writes"
_SQLITE_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten, too
)
_RETRY_AFTER_S: Final = 5
_COMPACTING_MS: Final = 3000  # writers wait for as long
# Classes of SQLSTATE: no connection, no such role, no such database, lost a race, out of something, shutting down.
_NOT_THE_STATEMENTS_FAULT: Final = ("08", "28", "3D", "40", "53", "57")
_PRIMARY_CODE: Final = 0xFF
_FILE_FAULTS: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
Access = Literal["read", "write"]


class DatabaseUnavailableError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "DATABASE_UNAVAILABLE"
    title = "The database can't be reached"


class Database:
    """One database: an embedded SQLite file, or PostgreSQL. Nothing is connected before the first session."""

    def __init__(self, url: str, *, pool_size: int = 5, timeout_s: float = 30.0) -> None:
        self.address = parse_database_url(url)
        self.embedded = is_embedded(self.address)
        self._timeout_ms = int(1000 * timeout_s)
        make = _embedded if self.embedded else _server
        self._engine = make(self.address, pool_size, timeout_s)
        option = _WRITES if self.embedded else "postgresql_readonly"
        reads, writes = (False, True) if self.embedded else (True, False)
        self._engines: dict[Access, AsyncEngine] = {
            "read": self._engine.execution_options(**{option: reads}),
            "write": self._engine.execution_options(**{option: writes}),
        }

    @asynccontextmanager
    async def session(self, access: Access) -> AsyncIterator[AsyncSession]:
        """A transaction: what was written is committed at the end, and rolled back on any exception. Raises
        DatabaseUnavailableError where not the statement but the database is at fault."""
        with map_driver_errors():
            async with AsyncSession(self._engines[access], expire_on_commit=False, autoflush=False) as session:
                yield session
                if access == "write":
                    await session.commit()

    def engine(self, access: Access) -> AsyncEngine:
        """For what needs no session: migrations."""
        return self._engines[access]

    async def ping(self) -> None:
        """Raises DatabaseUnavailableError unless a query is answered."""
        async with self.session("read") as session:
            await session.execute(text("SELECT 1"))

    async def compact(self, *tables: str) -> bool:
        """Leaves nothing on the disk of what was deleted or overwritten: everywhere in an embedded file, in these
        tables of a server, which may take it minutes. False where others are reading an older state just now, so that
        it has to be asked for again. The logs that a server writes for itself are its own affair."""
        if not self.embedded and not tables:
            return True
        with map_driver_errors():
            async with self._engine.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                if driver is None:
                    return False
                if not self.embedded:
                    for table in tables:
                        await driver.execute(f'VACUUM "{table}"')
                    return True
                await driver.execute(f"PRAGMA busy_timeout = {_COMPACTING_MS}")
                try:
                    rows = await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
                finally:
                    await driver.execute(f"PRAGMA busy_timeout = {self._timeout_ms}")
                return [row[0] for row in rows] == [0]

    async def close(self) -> None:
        """Closes all connections."""
        await self._engine.dispose()


def _embedded(address: URL, pool_size: int, timeout_s: float) -> AsyncEngine:
    engine = create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout_s,
        # No isolation level: the driver begins no transaction behind our back.
        connect_args={"timeout": timeout_s, "isolation_level": None},
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _server(address: URL, pool_size: int, timeout_s: float) -> AsyncEngine:
    return create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=timeout_s,
        pool_pre_ping=True,  # a server may have restarted since
        connect_args={"timeout": timeout_s, "command_timeout": timeout_s},
    )


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def map_driver_errors() -> Iterator[None]:
    """Errors of the database itself as DatabaseUnavailableError."""
    try:
        yield
    except DBAPIError as error:
        if not _away(error):
            raise
        raise _unavailable() from error
    except (PoolTimeoutError, OSError) as error:
        raise _unavailable() from error


def _away(error: DBAPIError) -> bool:
    """Whether the database is at fault, and not the statement."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & _PRIMARY_CODE in _FILE_FAULTS
    state = getattr(error.orig, "sqlstate", None) or ""
    lost = error.connection_invalidated or isinstance(error, InterfaceError | OperationalError)
    return lost or state.startswith(_NOT_THE_STATEMENTS_FAULT)


def _unavailable() -> DatabaseUnavailableError:
    message = "The database can't be reached right now; try again in a moment."
    return DatabaseUnavailableError(message, retry_after_s=_RETRY_AFTER_S)
