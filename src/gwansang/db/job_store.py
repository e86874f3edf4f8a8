"""Database of the job engine: a file next to the embedded database, or a schema of the same PostgreSQL server.

Its SQLAlchemy engine is a blocking one; the job engine uses it in threads of its own.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from gwansang.db.sqlite import set_pragmas_on_connect
from gwansang.db.url import is_embedded, parse_database_url

_POOL_SIZE: Final = 5
_TIMEOUT_S: Final = 30
_CLOSE_S: Final = 5.0  # a statement of the engine takes milliseconds
_CLOSE_POLL_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class JobStore:
    """Address of the job engine's database, as DBOS expects it, and its connection pool."""

    url: str
    connections: Engine

    def compact(self) -> None:
        """Truncate the write-ahead log of an embedded file, so that no deleted row remains in it."""
        if self.connections.dialect.name == "sqlite":
            with closing(self.connections.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def refuse_connections(self) -> None:
        """Refuse new connections, so that engine threads end with an error instead of waiting for a database."""
        event.listen(self.connections, "do_connect", _refuse_connection)

    def close(self) -> None:
        """Close all connections, once the threads of the engine have given theirs back: later ones would stay open."""
        pool, deadline = self.connections.pool, monotonic() + _CLOSE_S
        while isinstance(pool, QueuePool) and pool.checkedout() and monotonic() < deadline:
            sleep(_CLOSE_POLL_S)
        self.connections.dispose()


def open_job_store(database_url: str) -> JobStore:
    """Return the job engine's database for a DATABASE_URL; raises DatabaseUrlError."""
    address = parse_database_url(database_url)
    return _open_file(address) if is_embedded(address) else _open_server(address)


def _open_file(address: URL) -> JobStore:
    main = Path(str(address.database))
    url = address.set(drivername="sqlite", database=str(main.with_name(f"{main.stem}.jobs{main.suffix}")))
    connections = create_engine(
        url, hide_parameters=True, pool_size=_POOL_SIZE, max_overflow=_POOL_SIZE, pool_timeout=_TIMEOUT_S
    )
    # DBOS does not set write-ahead logging; with it, twice as many jobs a second.
    set_pragmas_on_connect(connections, timeout_s=_TIMEOUT_S)
    event.listen(connections, "connect", _begin_with_writing)
    return JobStore(url.render_as_string(hide_password=False), connections)


def _open_server(address: URL) -> JobStore:
    url = address.set(drivername="postgresql+psycopg")
    connections = create_engine(
        url,
        hide_parameters=True,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_SIZE,
        pool_timeout=_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _TIMEOUT_S, "application_name": "gwansang-jobs"},
    )
    return JobStore(url.render_as_string(hide_password=False), connections)


def _refuse_connection(*_: object) -> None:
    raise RuntimeError("the job engine has been closed")


def _begin_with_writing(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = "IMMEDIATE"
