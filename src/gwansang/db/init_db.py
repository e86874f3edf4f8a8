"""Check of the schema at the start of the service."""

from gwansang.core.exceptions import Unavailable
from gwansang.db.schema import REVISION, SchemaFit, read_schema
from gwansang.db.session import Database


class SchemaOutdatedError(Unavailable):
    """Carries `found` and `needed` revisions in its context."""

    code = "SCHEMA_OUTDATED"
    title = "The database has another version"


async def ensure_schema(database: Database) -> None:
    """Check that this release can use the schema; an embedded database is upgraded if it is older.

    Raises SchemaOutdatedError if a server, which other processes may be using, has an older schema, or any database one
    that a newer release changed.
    """
    schema = await read_schema(database)
    if schema.fit in (SchemaFit.CURRENT, SchemaFit.NEWER_USABLE):
        return
    if schema.fit is SchemaFit.NEWER_UNUSABLE or not database.embedded:
        raise SchemaOutdatedError(schema.advice, found=schema.found, needed=REVISION)
    from gwansang.db.migrate import upgrade  # noqa: PLC0415 - alembic takes longer to import than a start takes

    await upgrade(database)
