"""Migrations up and down on both databases; the migrated schema is that of the code."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import inspect, text

from gwansang.db import migrate
from gwansang.db.init_db import REVISION, SchemaOutdatedError, ensure_schema
from gwansang.db.session import Database
from gwansang.db.url import DatabaseUrlError
from gwansang.models import Base
from tests.support.database import BACKENDS, scratch_database

pytestmark = pytest.mark.anyio


@pytest.fixture(params=BACKENDS)
def empty_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with scratch_database(request.param, migrated=False) as url:
        yield url


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    database = Database(empty_url)
    yield database
    await database.close()


@pytest.fixture
async def migrated(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def tables(database: Database) -> set[str]:
    async with database.session("read") as session:
        names = await (await session.connection()).run_sync(lambda connection: inspect(connection).get_table_names())
    return set(names) - {"alembic_version"}


async def test_the_schema_can_be_upgraded_and_downgraded_step_by_step(empty: Database) -> None:
    for revision in migrate.list_revisions():
        await migrate.upgrade(empty, revision)
        assert await migrate.current_revision(empty) == revision
    assert await tables(empty) == set(Base.metadata.tables)
    for revision in (*reversed(migrate.list_revisions()[:-1]), migrate.BASE):
        await migrate.downgrade(empty, revision)
    assert await migrate.current_revision(empty) is None
    assert await tables(empty) == set()
    await migrate.upgrade(empty)


async def test_the_migrated_schema_equals_that_of_the_code(migrated: Database) -> None:
    assert await migrate.schema_differences(migrated) == ()


@pytest.mark.parametrize(
    "drift",
    [
        "ALTER TABLE users DROP COLUMN email_verified",
        "CREATE TABLE strangers (id INTEGER)",
        "DROP INDEX ix_api_keys_user_id",
        "DROP INDEX uq_consents_active",
        "ALTER TABLE analyses ADD COLUMN photo TEXT",
    ],
)
async def test_a_difference_from_the_schema_of_the_code_is_found(migrated: Database, drift: str) -> None:
    async with migrated.session("write") as session:
        await session.execute(text(drift))
    assert len(await migrate.schema_differences(migrated)) == 1


def test_the_code_needs_the_newest_revision() -> None:
    assert migrate.list_revisions()[-1] == REVISION


async def test_upgrading_twice_changes_nothing(migrated: Database) -> None:
    before = await tables(migrated)
    await migrate.upgrade(migrated)
    assert await tables(migrated) == before


async def test_concurrent_upgrades_take_turns(empty_url: str) -> None:
    databases = [Database(empty_url) for _ in range(3)]
    try:
        await asyncio.gather(*(migrate.upgrade(database) for database in databases))
        assert await migrate.schema_differences(databases[0]) == ()
    finally:
        for database in databases:
            await database.close()


async def test_a_failing_upgrade_leaves_nothing_behind(empty: Database) -> None:
    async with empty.session("write") as session:
        await session.execute(text("CREATE TABLE consents (id INTEGER)"))  # in the way, halfway through
    with pytest.raises(Exception, match="consents"):
        await migrate.upgrade(empty)
    assert await tables(empty) == {"consents"}
    assert await migrate.current_revision(empty) is None


async def test_an_unknown_revision_is_rejected(empty: Database) -> None:
    with pytest.raises(migrate.RevisionError, match="nowhere"):
        await migrate.upgrade(empty, "nowhere")


async def test_the_service_upgrades_an_embedded_database_but_not_a_server(empty: Database) -> None:
    if empty.embedded:
        await ensure_schema(empty)
        assert await migrate.current_revision(empty) == REVISION
    else:
        with pytest.raises(SchemaOutdatedError, match="gwansang db upgrade"):
            await ensure_schema(empty)
        assert await tables(empty) == set()


async def test_a_database_of_a_newer_release_is_rejected_with_its_revision(migrated: Database) -> None:
    async with migrated.session("write") as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises((SchemaOutdatedError, migrate.RevisionError), match="9999"):
        await ensure_schema(migrated)


@pytest.mark.parametrize(
    "url", ["", "mysql://a:secret@b/c", "sqlite://", "sqlite:///:memory:", "secret", "sqlite:////proc/no/file"]
)
def test_an_invalid_database_url_is_rejected_without_repeating_it(url: str) -> None:
    with pytest.raises(DatabaseUrlError) as refused:
        Database(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_common_scheme_of_a_postgresql_url_is_accepted(scheme: str) -> None:
    assert Database(f"{scheme}://me@127.0.0.1/gwansang").url.drivername == "postgresql+asyncpg"


def test_a_start_without_migrations_does_not_import_alembic() -> None:
    script = "import sys, gwansang.container; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], env=os.environ, check=False).returncode == 0
