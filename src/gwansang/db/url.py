"""DATABASE_URL: where the database is."""

from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from gwansang.core.exceptions import Unavailable

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


class DatabaseUrlError(Unavailable):
    """The message is a sentence for whoever runs the service; it never holds the address, which has a password."""

    code = "DATABASE_URL_INVALID"
    title = "The setting DATABASE_URL can't be used"


def parse_database_url(url: str) -> URL:
    """The address with the driver that is used here; makes the folder of an embedded file. Raises
    DatabaseUrlError."""
    try:
        address = make_url(url)
        address = address.set(drivername=_DRIVERS[address.drivername])
    except (ArgumentError, KeyError, ValueError):
        message = "DATABASE_URL must look like sqlite:///file.sqlite3 or postgresql://user:password@host/name."
        raise DatabaseUrlError(message) from None
    if is_embedded(address):
        _make_folder(address.database)
    return address


def is_embedded(address: URL) -> bool:
    """Whether the database is a file of our own."""
    return address.get_backend_name() == "sqlite"


def _make_folder(file: str | None) -> None:
    if not file or file == ":memory:":
        raise DatabaseUrlError("DATABASE_URL must name a file: connections share nothing in memory.")
    folder = Path(file).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUrlError(f"The folder of DATABASE_URL can't be made ({error.strerror}).") from error
