"""Parsing of the setting DATABASE_URL."""

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
    """The message is written for operators and never contains the URL, which has a password."""

    code = "DATABASE_URL_INVALID"
    title = "The setting DATABASE_URL can't be used"


def parse_database_url(url: str) -> URL:
    """Return the URL with the driver that is used here, and create the folder of an embedded file. Raises
    DatabaseUrlError."""
    try:
        parsed = make_url(url)
        parsed = parsed.set(drivername=_DRIVERS[parsed.drivername])
    except (ArgumentError, KeyError, ValueError):
        message = "DATABASE_URL must look like sqlite:///file.sqlite3 or postgresql://user:password@host/name."
        raise DatabaseUrlError(message) from None
    if is_embedded(parsed):
        _make_folder(parsed.database)
    return parsed


def is_embedded(url: URL) -> bool:
    """Return whether the database is a SQLite file."""
    return url.get_backend_name() == "sqlite"


def _make_folder(file: str | None) -> None:
    if not file or file == ":memory:":
        raise DatabaseUrlError("DATABASE_URL must name a file: connections share nothing in memory.")
    folder = Path(file).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUrlError(f"The folder of DATABASE_URL can't be made ({error.strerror}).") from error
