"""Schema migrations with alembic; import this module only to migrate, because importing alembic is slow."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from gwansang.core.exceptions import InvalidInput
from gwansang.db.schema import Schema, SchemaFit, read_schema
from gwansang.db.session import Access, Database, map_driver_errors
from gwansang.models import Base

HEAD: Final = "head"
BASE: Final = "base"
_MIGRATIONS = Path(__file__).with_name("migrations")
_ADVISORY_LOCK = 7_206_101  # an arbitrary constant: migrations of several processes take turns
T = TypeVar("T")


class RevisionError(InvalidInput):
    """The message names the revision and the problem."""

    code = "SCHEMA_REVISION_UNKNOWN"
    title = "There is no such version of the schema"


async def upgrade(database: Database, revision: str = HEAD) -> None:
    """Upgrade the schema to a revision in one transaction; raises RevisionError.

    A schema of a newer release that this one can use is left as it is by an upgrade to HEAD.
    """
    schema = await read_schema(database)
    if schema.fit is SchemaFit.NEWER_USABLE and revision == HEAD:
        return
    _require_known(schema)
    await _run(database, "write", partial(_alembic, command.upgrade, revision))


async def downgrade(database: Database, revision: str) -> None:
    """Downgrade the schema to a revision or to "base" in one transaction; raises RevisionError."""
    _require_known(await read_schema(database))
    await _run(database, "write", partial(_alembic, command.downgrade, revision))


async def schema_differences(database: Database) -> tuple[str, ...]:
    """Return the differences between the database and the tables of the code."""
    return await _run(database, "read", _compare)


async def current_revision(database: Database) -> str | None:
    """Return the revision of the database, None if it has no tables yet."""
    return await _run(
        database, "read", lambda connection: MigrationContext.configure(connection).get_current_revision()
    )


def list_revisions() -> tuple[str, ...]:
    """Return all known revisions, oldest first."""
    folder = ScriptDirectory.from_config(_config(None))
    return tuple(script.revision for script in reversed(list(folder.walk_revisions())))


def _require_known(schema: Schema) -> None:
    """Raise RevisionError for a schema of a newer release, to and from which only that release has migrations."""
    if schema.fit in (SchemaFit.NEWER_USABLE, SchemaFit.NEWER_UNUSABLE):
        message = f"{schema.advice} Only the newer release can change it."
        raise RevisionError(message, revision=schema.found)


async def _run(database: Database, access: Access, operation: Callable[[Connection], T]) -> T:
    with map_driver_errors():
        async with database.engine(access).begin() as connection:
            if access == "write" and not database.embedded:  # an embedded file has one writer anyway
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            return await connection.run_sync(operation)


def _alembic(operation: Callable[[Config, str], object], revision: str, connection: Connection) -> None:
    try:
        operation(_config(connection), revision)
    except CommandError as error:
        raise RevisionError(f"The schema can't be brought to {revision}: {error}.", revision=revision) from error


def _compare(connection: Connection) -> tuple[str, ...]:
    context = MigrationContext.configure(connection)
    return tuple(str(difference) for difference in compare_metadata(context, Base.metadata))


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
