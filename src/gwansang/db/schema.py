"""Revision of a database's schema, and whether this release can use it; without alembic, whose import is slow."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from gwansang.db.session import Database

REVISION: Final = "0019"  # that this code needs: the newest in migrations/versions
_VERSIONS = Path(__file__).with_name("migrations") / "versions"


class SchemaFit(Enum):
    """How a schema fits this release."""

    CURRENT = "current"
    OLDER = "older"  # it has to be upgraded
    NEWER_USABLE = "newer, usable"  # a newer release only added to it
    NEWER_UNUSABLE = "newer, unusable"  # a newer release changed what this one needs


@dataclass(frozen=True, slots=True)
class Schema:
    """State of a database's schema; found: its revision, None without tables."""

    found: str | None
    fit: SchemaFit

    @property
    def advice(self) -> str:
        """The state, and what to do about it, as a sentence for operators."""
        match self.fit:
            case SchemaFit.CURRENT:
                return f"The database is at version {REVISION}, which this release needs."
            case SchemaFit.OLDER:
                found = self.found or "none"
                return f"The database is at version {found} and {REVISION} is needed: run `gwansang db upgrade`."
            case SchemaFit.NEWER_USABLE:
                return f"The database is at version {self.found} of a newer release; this one ({REVISION}) can use it."
            case SchemaFit.NEWER_UNUSABLE:
                return (
                    f"The database is at version {self.found} of a newer release; this one ({REVISION}) can't use it: "
                    f"start the newer release, or run `gwansang db downgrade {REVISION}` with it before you go back."
                )


def known_revisions() -> frozenset[str]:
    """Return the revisions that this release has migrations for, without importing alembic."""
    return frozenset(file.name.partition("_")[0] for file in _VERSIONS.glob("[0-9]*_*.py"))


async def read_schema(database: Database) -> Schema:
    """Return the state of the schema."""
    async with database.session("read") as session:
        return await (await session.connection()).run_sync(_read)


def _read(connection: Connection) -> Schema:
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        return Schema(None, SchemaFit.OLDER)
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    known = known_revisions()
    if found is None or found in known:
        return Schema(found, SchemaFit.CURRENT if found == REVISION else SchemaFit.OLDER)
    oldest_code = None
    if "schema_support" in tables:
        oldest_code = connection.execute(text("SELECT oldest_code FROM schema_support")).scalar_one_or_none()
    return Schema(found, SchemaFit.NEWER_USABLE if oldest_code in known else SchemaFit.NEWER_UNUSABLE)
