"""Migrations up and down on both databases; the migrated schema is that of the code."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from gwansang.cli.doctor_checks import Verdict
from gwansang.cli.service_checks import check_services
from gwansang.db import migrate
from gwansang.db.init_db import SchemaOutdatedError, ensure_schema
from gwansang.db.schema import REVISION
from gwansang.db.session import Database
from gwansang.db.url import DatabaseUrlError
from gwansang.models import Base
from tests.support.database import BACKENDS, scratch_database
from tests.support.serving import settings_for_tests

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


REVISION_OF_0_1 = "0010"  # the only one that it starts with


async def upgrade_to_a_newer_release(database: Database, oldest_code: str = REVISION) -> None:
    async with database.session("write") as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await session.execute(text(f"UPDATE schema_support SET oldest_code = '{oldest_code}'"))  # noqa: S608 - no input


async def test_a_schema_to_which_a_newer_release_only_added_is_used_as_it_is(migrated: Database) -> None:
    await upgrade_to_a_newer_release(migrated)
    await ensure_schema(migrated)
    await migrate.upgrade(migrated)
    assert await migrate.current_revision(migrated) == "9999"
    with pytest.raises(migrate.RevisionError, match=r"9999.*Only the newer release can change it"):
        await migrate.downgrade(migrated, REVISION)


async def test_a_schema_that_a_newer_release_changed_is_rejected_with_the_way_back(migrated: Database) -> None:
    await upgrade_to_a_newer_release(migrated, oldest_code="9999")
    with pytest.raises(SchemaOutdatedError, match=f"9999.*start the newer release, .*downgrade {REVISION}` with it"):
        await ensure_schema(migrated)
    with pytest.raises(migrate.RevisionError, match="9999"):
        await migrate.upgrade(migrated)


@pytest.mark.parametrize("state", ["newer", "older"])
async def test_the_doctor_says_what_a_start_says_of_tables_that_do_not_fit(migrated: Database, state: str) -> None:
    if state == "newer":
        await upgrade_to_a_newer_release(migrated, oldest_code="9999")
    elif migrated.embedded:
        pytest.skip("a start brings a file up to date")
    else:
        await migrate.downgrade(migrated, REVISION_OF_0_1)
    with pytest.raises(SchemaOutdatedError) as refusal:
        await ensure_schema(migrated)
    settings = settings_for_tests(database_url=migrated.url.render_as_string(hide_password=False))
    check = await asyncio.to_thread(lambda: next(check_services(settings)))
    assert (check.verdict, check.text) == (Verdict.MISSING, refusal.value.message)


def test_the_way_back_to_0_1_is_documented() -> None:
    chapter = (Path(__file__).parents[1] / "docs" / "operations.md").read_text().partition("**The way back.**")[2]
    assert f"gwansang db downgrade {REVISION_OF_0_1}" in chapter


FIRST_THAT_TELLS = "0011"


async def test_a_migration_either_adds_only_or_names_the_oldest_code_that_can_use_it(empty: Database) -> None:
    await migrate.upgrade(empty, FIRST_THAT_TELLS)
    revisions = migrate.list_revisions()
    for revision in revisions[revisions.index(FIRST_THAT_TELLS) + 1 :]:
        before = await shape(empty)
        await migrate.upgrade(empty, revision)
        async with empty.session("read") as session:
            oldest_code = (await session.execute(text("SELECT oldest_code FROM schema_support"))).scalar_one()
        if oldest_code != revision:
            assert needs_new_code(before, await shape(empty)) == [], revision


Shape = dict[str, dict[str, tuple[bool, bool]]]


async def shape(database: Database) -> Shape:
    """Return the columns of each table: whether a column can be null, and whether it has a default."""

    def read(connection: Connection) -> Shape:
        inspector = inspect(connection)
        return {
            table: {
                column["name"]: (bool(column["nullable"]), column.get("default") is not None)
                for column in inspector.get_columns(table)
            }
            for table in inspector.get_table_names()
        }

    async with database.session("read") as session:
        return await (await session.connection()).run_sync(read)


def needs_new_code(before: Shape, after: Shape) -> list[str]:
    """Return what code of the schema before can't use: columns that are gone, and new ones that must be given."""
    problems = []
    for table, columns in before.items():
        gone = columns.keys() - after.get(table, {}).keys()
        problems += [f"{table}.{column} is gone" for column in gone]
        for column, (can_be_null, has_default) in after.get(table, {}).items():
            was_optional = column not in columns or columns[column][0] or columns[column][1]
            if was_optional and not can_be_null and not has_default:
                problems.append(f"{table}.{column} must be given")
    return problems


def test_what_old_code_can_not_use_is_found() -> None:
    before: Shape = {"users": {"id": (False, False), "note": (True, False)}}
    users = before["users"]
    assert needs_new_code(before, {"users": {**users, "phone": (True, False)}, "more": {}}) == []
    assert needs_new_code(before, {"users": {"id": (False, False)}}) == ["users.note is gone"]
    assert needs_new_code(before, {"users": {**users, "note": (False, False)}}) == ["users.note must be given"]
    assert needs_new_code(before, {"users": {**users, "age": (False, False)}}) == ["users.age must be given"]


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
