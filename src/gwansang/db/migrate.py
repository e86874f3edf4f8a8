"""The schema: brought to a version, and compared with the tables of the code. Importing alembic takes its time."""

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
from gwansang.db.session import Access, Database, map_driver_errors
from gwansang.models import Base

HEAD: Final = "head"
BASE: Final = "base"
_MIGRATIONS = Path(__file__).with_name("migrations")
_ADVISORY_LOCK = 7_206_101  # any number that is ours: migrations of several processes take turns
T = TypeVar("T")


class RevisionError(InvalidInput):
    """The message says which revision is meant and what is wrong with it."""

    code = "SCHEMA_REVISION_UNKNOWN"
    title = "There is no such version of the schema"


async def upgrade(database: Database, revision: str = HEAD) -> None:
    """Brings the schema up to a revision, in one transaction; raises RevisionError."""
    await _on(database, "write", partial(_command, command.upgrade, revision))


async def downgrade(database: Database, revision: str) -> None:
    """Brings the schema down to a revision or to "base", in one transaction; raises RevisionError."""
    await _on(database, "write", partial(_command, command.downgrade, revision))


async def schema_differences(database: Database) -> tuple[str, ...]:
    """In what the database differs from the tables of the code."""
    return await _on(database, "read", _compare)


async def current_revision(database: Database) -> str | None:
    """The revision of the database, None where it has no tables yet."""
    return await _on(database, "read", lambda connection: MigrationContext.configure(connection).get_current_revision())


def list_revisions() -> tuple[str, ...]:
    """Every revision there is, oldest first."""
    script = ScriptDirectory.from_config(_config(None))
    return tuple(one.revision for one in reversed(list(script.walk_revisions())))


async def _on(database: Database, access: Access, work: Callable[[Connection], T]) -> T:
    with map_driver_errors():
        async with database.engine(access).begin() as connection:
            if access == "write" and not database.embedded:  # an embedded file has one writer anyway
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            return await connection.run_sync(work)


def _command(run: Callable[[Config, str], object], revision: str, connection: Connection) -> None:
    try:
        run(_config(connection), revision)
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
