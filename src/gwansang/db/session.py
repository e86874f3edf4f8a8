"""The database engine, and sessions that either read or write.

SQLite has one writer. A transaction that reads first and writes later fails with "database is locked" if another one
wrote in between, whatever the timeout; so writers take the lock when they begin (BEGIN IMMEDIATE), and readers can't
write. Readers have connections of their own, because writers that wait for the lock hold theirs.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Literal

from sqlalchemy import URL, Connection, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from gwansang.core.exceptions import Unavailable
from gwansang.db.sqlite import ConnectionThreads, set_pragmas_on_connect
from gwansang.db.texts import check_texts_before_execution
from gwansang.db.url import is_embedded, parse_database_url

_WRITES: Final = "gwansang_writes"
_RETRY_AFTER_S: Final = 5
_COMPACT_TIMEOUT_MS: Final = 3000  # writers wait that long
# SQLSTATEs, most of them classes: no connection, read-only, no such role, no such database, rolled back, out of
# resources, shutting down.
_UNAVAILABLE_SQLSTATES: Final = ("08", "25006", "28", "3D", "40", "53", "57")
_PRIMARY_CODE_MASK: Final = 0xFF
_UNAVAILABLE_SQLITE_CODES: Final = frozenset(
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
_REFUSING_SQLITE_CODES: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY})
_REFUSING_SQLSTATES: Final = ("53100", "58030", "25006")  # disk full, I/O error, read-only
Access = Literal["read", "write"]


class DatabaseUnavailableError(Unavailable):
    """Carries `retry_after_s` in its context."""

    code = "DATABASE_UNAVAILABLE"
    title = "The database can't be reached"


class Database:
    """An embedded SQLite file or a PostgreSQL database; it connects when the first session begins.

    refuses_writes: whether a transaction failed because the disk is full or the database is read-only, and no write
    has been tried with success since.
    """

    def __init__(self, url: str, *, pool_size: int = 5, max_overflow: int = 5, timeout_s: float = 30.0) -> None:
        self.url = parse_database_url(url)
        self.embedded = is_embedded(self.url)
        self.refuses_writes = False
        self._timeout_ms = int(1000 * timeout_s)
        self._threads = ConnectionThreads()
        if self.embedded:
            self._engine = _embedded(self.url, pool_size, timeout_s, self._threads)
            self._reader = _embedded(self.url, pool_size, timeout_s, self._threads)
        else:
            self._engine = self._reader = _server(self.url, pool_size, max_overflow, timeout_s)
        for engine in {self._engine, self._reader}:
            check_texts_before_execution(engine.sync_engine)
        option = _WRITES if self.embedded else "postgresql_readonly"
        reads, writes = (False, True) if self.embedded else (True, False)
        self._engines: dict[Access, AsyncEngine] = {
            "read": self._reader.execution_options(**{option: reads}),
            "write": self._engine.execution_options(**{option: writes}),
        }

    @asynccontextmanager
    async def session(self, access: Access) -> AsyncIterator[AsyncSession]:
        """Open a transaction that is committed at the end of the block and rolled back on any exception. Raises
        DatabaseUnavailableError if the database fails, as opposed to the statement."""
        try:
            with map_driver_errors():
                async with AsyncSession(self._engines[access], expire_on_commit=False, autoflush=False) as session:
                    yield session
                    if access == "write":
                        await session.commit()
        except DatabaseUnavailableError as error:
            self.refuses_writes = self.refuses_writes or _is_refusal(error.__cause__)
            raise

    def engine(self, access: Access) -> AsyncEngine:
        """Return the engine for work without a session, such as migrations."""
        return self._engines[access]

    async def ping(self) -> None:
        """Raise DatabaseUnavailableError unless the database answers a query."""
        async with self.session("read") as session:
            await session.execute(text("SELECT 1"))

    async def compact(self, *tables: str) -> bool:
        """Remove deleted and overwritten rows from the disk: of all tables of an embedded file, of these tables of a
        server, which may take minutes. Return False if a reader holds an older state, so that the call has to be
        repeated later. The write-ahead log of a server is not touched."""
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
                await driver.execute(f"PRAGMA busy_timeout = {_COMPACT_TIMEOUT_MS}")
                try:
                    rows = await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
                finally:
                    await driver.execute(f"PRAGMA busy_timeout = {self._timeout_ms}")
                return [row[0] for row in rows] == [0]

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        if self._reader is not self._engine:
            await self._reader.dispose()
        await self._threads.join()


def _embedded(url: URL, pool_size: int, timeout_s: float, threads: ConnectionThreads) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout_s,
        # No isolation level: otherwise the driver begins transactions on its own.
        connect_args={"timeout": timeout_s, "isolation_level": None, "async_creator_fn": threads.connect},
    )
    set_pragmas_on_connect(engine.sync_engine, timeout_s=timeout_s)
    event.listen(engine.sync_engine, "begin", _begin_transaction)
    return engine


def _server(url: URL, pool_size: int, max_overflow: int, timeout_s: float) -> AsyncEngine:
    return create_async_engine(
        url,
        hide_parameters=True,  # an error in the log quotes its statement, and else its values, too
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=timeout_s,
        pool_pre_ping=True,  # the server may have restarted
        connect_args={"timeout": timeout_s, "command_timeout": timeout_s},
    )


def _begin_transaction(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def map_driver_errors() -> Iterator[None]:
    """Raise failures of the database itself as DatabaseUnavailableError."""
    try:
        yield
    except DBAPIError as error:
        if not _is_unavailable(error):
            raise
        raise _unavailable_error() from error
    except (PoolTimeoutError, OSError) as error:
        raise _unavailable_error() from error


def _is_unavailable(error: DBAPIError) -> bool:
    """Return whether the database failed, as opposed to the statement."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & _PRIMARY_CODE_MASK in _UNAVAILABLE_SQLITE_CODES
    state = getattr(error.orig, "sqlstate", None) or ""
    disconnected = error.connection_invalidated or isinstance(error, InterfaceError | OperationalError)
    return disconnected or state.startswith(_UNAVAILABLE_SQLSTATES)


def _is_refusal(cause: BaseException | None) -> bool:
    """Return whether the database is there and takes no writes."""
    driver_error = getattr(cause, "orig", None)
    code = getattr(driver_error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & _PRIMARY_CODE_MASK in _REFUSING_SQLITE_CODES
    return getattr(driver_error, "sqlstate", None) in _REFUSING_SQLSTATES


def _unavailable_error() -> DatabaseUnavailableError:
    message = "The database can't be reached or written right now; try again in a moment."
    return DatabaseUnavailableError(message, retry_after_s=_RETRY_AFTER_S)
