"""Where the job engine keeps its own tables: a file beside the embedded one, or a schema of the same server.

The engine is an ordinary, blocking one; it runs in threads of its own.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from gwansang.db.url import is_embedded, parse_database_url

_POOL: Final = 5
_TIMEOUT_S: Final = 30
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",  # not the engine's own choice; with it, twice as many jobs a second
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    f"PRAGMA busy_timeout = {_TIMEOUT_S * 1000}",
)


@dataclass(frozen=True, slots=True)
class JobStore:
    """The address as the job engine wants it, and the connections to it."""

    url: str
    connections: Engine

    def compact(self) -> None:
        """Leaves nothing of what was deleted in the log of changes of an embedded file."""
        if self.connections.dialect.name == "sqlite":
            with closing(self.connections.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def close(self) -> None:
        """Closes all connections, for good: threads of the engine that wait for something end with an error."""
        event.listen(self.connections, "do_connect", _refuse)
        self.connections.dispose()


def open_job_store(database_url: str) -> JobStore:
    """The job engine's place in the database of DATABASE_URL; raises DatabaseUrlError."""
    address = parse_database_url(database_url)
    return _embedded(address) if is_embedded(address) else _server(address)


def _beside(address: URL) -> Path:
    file = Path(str(address.database))
    return file.with_name(f"{file.stem}.jobs{file.suffix}")


def _embedded(address: URL) -> JobStore:
    url = address.set(drivername="sqlite", database=str(_beside(address)))
    connections = create_engine(url, pool_size=_POOL, max_overflow=_POOL, pool_timeout=_TIMEOUT_S)
    event.listen(connections, "connect", _prepare)
    return JobStore(url.render_as_string(hide_password=False), connections)


def _server(address: URL) -> JobStore:
    url = address.set(drivername="postgresql+psycopg")
    connections = create_engine(
        url,
        pool_size=_POOL,
        max_overflow=_POOL,
        pool_timeout=_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _TIMEOUT_S, "application_name": "gwansang-jobs"},
    )
    return JobStore(url.render_as_string(hide_password=False), connections)


def _refuse(*_: object) -> None:
    raise RuntimeError("the job engine has been closed")


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = "IMMEDIATE"
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
