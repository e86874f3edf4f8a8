"""Migrations up and down on both databases; the migrated schema is that of the code."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import BatchOperations, Operations
from sqlalchemy import Connection, inspect, text

from gwansang.cli.doctor_checks import Verdict
from gwansang.cli.service_checks import check_services
from gwansang.db import migrate
from gwansang.db.init_db import SchemaOutdatedError, ensure_schema
from gwansang.db.schema import REVISION
from gwansang.db.session import Database
from gwansang.db.url import DatabaseUrlError
from gwansang.models import Base, MailToken, User
from tests.support.database import BACKENDS, scratch_database
from tests.support.fakes import NOON
from tests.support.schema_shape import (
    ColumnShape,
    RuleShape,
    Shape,
    TableShape,
    create_tables_of_the_code,
    differences,
    needs_new_code,
    shape_of,
)
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


async def test_types_keys_and_constraints_are_those_of_the_code(migrated: Database) -> None:
    with scratch_database(backend_of(migrated), migrated=False) as url:
        created = Database(url)
        try:
            await create_tables_of_the_code(created)
            assert differences(await shape_of(migrated), await shape_of(created)) == []
        finally:
            await created.close()


Drift = Callable[[BatchOperations], None]
DRIFTS: dict[str, tuple[str, Drift]] = {
    "a unique constraint": ("users", lambda table: table.drop_constraint("uq_users_email", type_="unique")),
    "a check": (
        "schema_support",
        lambda table: table.drop_constraint(table.f("ck_schema_support_one_row"), type_="check"),
    ),
    "a foreign key": (
        "api_keys",
        lambda table: table.drop_constraint("fk_api_keys_user_id", type_="foreignkey"),
    ),
    "a type": ("users", lambda table: table.alter_column("username", type_=sa.String(51))),
    "a column that may be null": ("users", lambda table: table.alter_column("username", nullable=True)),
    "a unique index": ("consents", lambda table: table.drop_index("uq_consents_active")),
    "an index": ("api_keys", lambda table: table.drop_index("ix_api_keys_user_id")),
}


@pytest.mark.parametrize("drift", DRIFTS)
async def test_a_difference_in_types_keys_and_constraints_is_found(migrated: Database, drift: str) -> None:
    table, change = DRIFTS[drift]

    def apply(connection: Connection) -> None:
        options = {"naming_convention": Base.metadata.naming_convention}
        operations = Operations(MigrationContext.configure(connection, opts={"target_metadata": Base.metadata}))
        with operations.batch_alter_table(table, **options) as batch:
            change(batch)

    before = await shape_of(migrated)
    async with migrated.session("write") as session:
        await (await session.connection()).run_sync(apply)
    assert len(differences(before, await shape_of(migrated))) >= 1


def backend_of(database: Database) -> str:
    return "sqlite" if database.embedded else "postgresql"


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
    check = await asyncio.to_thread(lambda: next(check_services(settings, frozenset())))
    assert (check.verdict, check.text) == (Verdict.WRONG, refusal.value.message)


def test_the_way_back_to_0_1_is_documented() -> None:
    chapter = (Path(__file__).parents[1] / "docs" / "operations.md").read_text().partition("**The way back.**")[2]
    assert f"gwansang db downgrade {REVISION_OF_0_1}" in chapter


FIRST_THAT_TELLS = "0011"


async def test_a_migration_either_adds_only_or_names_the_oldest_code_that_can_use_it(empty: Database) -> None:
    await migrate.upgrade(empty, FIRST_THAT_TELLS)
    revisions = migrate.list_revisions()
    for revision in revisions[revisions.index(FIRST_THAT_TELLS) + 1 :]:
        before = await shape_of(empty)
        await migrate.upgrade(empty, revision)
        async with empty.session("read") as session:
            oldest_code = (await session.execute(text("SELECT oldest_code FROM schema_support"))).scalar_one()
        if oldest_code != revision:
            assert needs_new_code(before, await shape_of(empty)) == [], revision


def test_what_old_code_can_not_use_is_found() -> None:
    name, note = ColumnShape("TEXT", nullable=False), ColumnShape("TEXT", nullable=True)
    key = RuleShape("primary key", frozenset(("name",)))
    before: Shape = {"users": TableShape({"name": name, "note": note}, frozenset((key,)))}

    def after(rules: tuple[RuleShape, ...] = (key,), **columns: ColumnShape) -> list[str]:
        return needs_new_code(before, {"users": TableShape({"name": name, **columns}, frozenset(rules)), **more})

    more: Shape = {"more": TableShape({"any": name})}
    assert after(note=note, phone=ColumnShape("TEXT", nullable=True)) == []
    assert after(note=note, rules=()) == []
    assert after() == ["users.note is gone"]
    assert after(note=name) == ["users.note must be given"]
    assert after(note=note, age=name) == ["users.age must be given"]
    assert after(note=ColumnShape("INTEGER", nullable=True)) == ["users.note is of another type"]
    unique, check = RuleShape("unique note", frozenset(("note",))), RuleShape("check note")
    assert after(note=note, rules=(key, unique)) == ["users has a new rule: unique note"]
    assert after(note=note, rules=(key, check)) == ["users has a new rule: check note"]
    of_new = RuleShape("unique phone", frozenset(("phone",)))
    assert after(note=note, phone=note, rules=(key, of_new)) == []


async def test_a_downgrade_deletes_the_codes_that_the_older_release_can_not_read(empty: Database) -> None:
    await migrate.upgrade(empty)
    user = {
        **{"id": 1, "email": "a@example.com", "username": "abc", "password_hash": "x", "is_active": True},
        **{"is_admin": False, "email_verified": True, "token_version": 0, "created_at": NOON, "updated_at": NOON},
    }
    codes = [
        {
            **{"id": UUID(int=number), "user_id": 1, "purpose": purpose, "email": "b@example.com"},
            **{"token_hash": f"{number:064x}", "created_at": NOON + timedelta(seconds=number)},
            "expires_at": NOON + timedelta(days=7),
        }
        for number, purpose in enumerate(("verify", "change", "reset", "reset", "undo"))
    ]
    async with empty.session("write") as session:
        await session.execute(sa.insert(User), [user])
        await session.execute(sa.insert(MailToken), codes)
    await migrate.downgrade(empty, "0012")
    async with empty.session("read") as session:
        left = (await session.execute(text("SELECT purpose, token_hash FROM mail_tokens ORDER BY 1"))).all()
    assert [tuple(row) for row in left] == [("reset", f"{3:064x}"), ("verify", f"{0:064x}")]


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
