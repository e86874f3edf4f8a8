"""Check of the schema at the start of the service."""

from typing import Final

from sqlalchemy import inspect, text

from gwansang.core.exceptions import Unavailable
from gwansang.db.session import Database

REVISION: Final = "0010"  # that this code needs: the newest in migrations/versions


class SchemaOutdatedError(Unavailable):
    """Carries `found` and `needed` revisions in its context."""

    code = "SCHEMA_OUTDATED"
    title = "The database has another version"


async def ensure_schema(database: Database) -> None:
    """Migrate an embedded database to the needed revision; raise SchemaOutdatedError if a server, which other processes
    may be using, has another one."""
    found = await _revision(database)
    if found == REVISION:
        return
    if not database.embedded:
        message = f"The database is at version {found or 'none'} and {REVISION} is needed: run `gwansang db upgrade`."
        raise SchemaOutdatedError(message, found=found, needed=REVISION)
    from gwansang.db.migrate import upgrade  # noqa: PLC0415 - alembic takes longer to import than a start takes

    await upgrade(database)


async def _revision(database: Database) -> str | None:
    async with database.session("read") as session:
        tables = await (await session.connection()).run_sync(lambda connection: inspect(connection).get_table_names())
        if "alembic_version" not in tables:
            return None
        return (await session.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
