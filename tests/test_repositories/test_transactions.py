"""Guarantees of transactions on both databases."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from gwansang.db.job_store import open_job_store
from gwansang.db.session import Database, DatabaseUnavailableError
from gwansang.models import Base, Consent, User
from gwansang.repositories.base import violated_constraint
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.repositories.users import EmailTakenError
from tests.support.database import scratch_sqlite
from tests.support.fakes import NOON

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def uow(database: Database) -> UnitOfWork:
    return UnitOfWork(database)


def user(email: str = "minji@example.com", created_at: datetime = NOON) -> User:
    return User(
        email=email,
        username="minji",
        password_hash="$2b$",
        is_active=True,
        is_admin=False,
        email_verified=False,
        token_version=0,
        created_at=created_at,
        updated_at=created_at,
    )


async def test_a_write_is_committed_after_the_block(uow: UnitOfWork) -> None:
    async with uow.write() as tx:
        written = await tx.users.add(user())
    async with uow.read() as tx:
        found = await tx.users.get(written.id)
    assert found is not None
    assert found.email == "minji@example.com"


async def test_an_exception_in_the_block_rolls_everything_back(uow: UnitOfWork) -> None:
    async def fail() -> None:
        async with uow.write() as tx:
            await tx.users.add(user())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with uow.read() as tx:
        assert await tx.users.get_by_email("minji@example.com") is None


async def test_a_cancelled_block_is_rolled_back_and_its_connection_is_reused(database: Database) -> None:
    uow, entered = UnitOfWork(database), asyncio.Event()

    async def never_done() -> None:
        async with uow.write() as tx:
            await tx.users.add(user())
            entered.set()
            await asyncio.sleep(60)

    for _ in range(12):  # more than there are connections
        task = asyncio.create_task(never_done())
        await entered.wait()
        entered.clear()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with uow.write() as tx:
        await tx.users.add(user())


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)read-?only|reached"):
        async with database.session("read") as session:
            await session.execute(text("DELETE FROM users"))
    async with UnitOfWork(database).write() as tx:  # the same connection can write afterwards
        await tx.users.add(user())


async def test_a_violated_constraint_raises_its_mapped_error(uow: UnitOfWork) -> None:
    async with uow.write() as tx:
        await tx.users.add(user())
    with pytest.raises(EmailTakenError):
        async with uow.write() as tx:
            await tx.users.add(user())


async def test_the_name_of_a_violated_constraint_is_found(uow: UnitOfWork) -> None:
    def consent(user_id: int) -> Consent:
        return Consent(user_id=user_id, purpose="x", version=1, locale="ko", text_sha256="", granted_at=NOON)

    async with uow.write() as tx:
        owner = await tx.users.add(user())
        await tx.consents.add(consent(owner.id))
    with pytest.raises(IntegrityError) as twice:
        async with uow.write() as tx:
            await tx.consents.add(consent(owner.id))
    assert violated_constraint(twice.value) == "uq_consents_active"


async def test_a_row_of_an_unknown_user_is_rejected(uow: UnitOfWork) -> None:
    with pytest.raises(IntegrityError):
        async with uow.write() as tx:
            await tx.consents.add(
                Consent(user_id=999, purpose="x", version=1, locale="ko", text_sha256="", granted_at=NOON)
            )


async def test_times_of_any_zone_are_loaded_in_utc(uow: UnitOfWork) -> None:
    seoul = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    async with uow.write() as tx:
        written = await tx.users.add(user(created_at=seoul))
    async with uow.read() as tx:
        found = await tx.users.get(written.id)
    assert found is not None
    assert found.created_at == seoul
    assert found.created_at.tzinfo is UTC


async def test_a_time_without_a_zone_is_rejected(uow: UnitOfWork) -> None:
    with pytest.raises(Exception, match="without a zone"):
        async with uow.write() as tx:
            await tx.users.add(user(created_at=NOON.replace(tzinfo=None)))


async def test_thirty_two_concurrent_writers_lose_no_update(uow: UnitOfWork) -> None:
    async with uow.write() as tx:
        counter = await tx.users.add(user())

    async def count_up() -> None:
        for _ in range(10):
            async with uow.write() as tx:
                row = await tx.users.get_for_update(counter.id)
                assert row is not None
                await asyncio.sleep(0)  # let others in between reading and writing
                row.token_version += 1
                await tx.users.save(row)

    await asyncio.gather(*(count_up() for _ in range(32)))
    async with uow.read() as tx:
        row = await tx.users.get(counter.id)
    assert row is not None
    assert row.token_version == 320


async def test_readers_see_the_previous_state_while_a_writer_writes(uow: UnitOfWork) -> None:
    async with uow.write() as tx:
        await tx.users.add(user())
        async with asyncio.timeout(60), uow.read() as reading:
            assert await reading.users.get_by_email("minji@example.com") is None


async def test_two_engines_writing_one_file_lose_no_update() -> None:
    url = scratch_sqlite()
    databases = [Database(url), Database(url)]
    async with UnitOfWork(databases[0]).write() as tx:
        counter = await tx.users.add(user())

    async def count_up(database: Database) -> None:
        for _ in range(20):
            async with database.session("write") as session:
                raise_version = update(User).where(User.id == counter.id)
                await session.execute(raise_version.values(token_version=User.token_version + 1))

    await asyncio.gather(*(count_up(database) for database in databases * 4))
    async with UnitOfWork(databases[1]).read() as tx:
        row = await tx.users.get(counter.id)
    for database in databases:
        await database.close()
    assert row is not None
    assert row.token_version == 160


async def test_a_new_file_is_opened_while_another_process_makes_its_first_table(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    database, jobs = Database(url), open_job_store(url)
    try:
        with first_table_under_way(database.url.database):
            async with database.session("write") as session:
                await session.execute(text("INSERT INTO first VALUES (1)"))
        with first_table_under_way(jobs.connections.url.database), jobs.connections.begin() as connection:
            connection.execute(text("INSERT INTO first VALUES (1)"))
    finally:
        jobs.close()
        await database.close()


@contextmanager
def first_table_under_way(file: str | None) -> Iterator[None]:
    with closing(sqlite3.connect(str(file), isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE first (id INTEGER)")
        commit = threading.Timer(0.3, other.execute, ["COMMIT"])
        commit.start()
        try:
            yield
        finally:
            commit.join()
        assert other.execute("SELECT count(*) FROM first").fetchone() == (1,)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def no_server(_: Path) -> str:
    return "postgresql://x:secret@127.0.0.1:1/none"


def no_database(folder: Path) -> str:
    (folder / "secret.sqlite3").write_text("no database at all, but long enough to look like one" * 100)
    return f"sqlite:///{folder}/secret.sqlite3"


def a_folder(folder: Path) -> str:
    (folder / "secret.sqlite3").mkdir()
    return f"sqlite:///{folder}/secret.sqlite3"


@pytest.mark.parametrize("url_in", [no_server, no_database, a_folder])
async def test_the_error_for_an_unreachable_database_does_not_contain_its_url(
    url_in: Callable[[Path], str], tmp_path: Path
) -> None:
    database = Database(url_in(tmp_path))
    with pytest.raises(DatabaseUnavailableError) as refused:
        await UnitOfWork(database).check_ready()
    await database.close()
    await asyncio.sleep(0.1)  # the driver's thread of a failed connection ends after the exception
    assert "secret" not in str(refused.value)
    assert refused.value.context == {"retry_after_s": 5}


async def test_a_reachable_database_is_ready(uow: UnitOfWork) -> None:
    await uow.check_ready()


async def test_a_full_connection_pool_raises_after_the_timeout() -> None:
    database = Database(scratch_sqlite(), pool_size=1, timeout_s=0.2)
    uow = UnitOfWork(database)
    async with uow.read() as tx:
        await tx.users.get(1)
        with pytest.raises(DatabaseUnavailableError):
            await uow.check_ready()
    await uow.check_ready()
    await database.close()


def test_every_constraint_has_a_name() -> None:
    unnamed = [
        (table.name, constraint)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if not constraint.name
    ]
    assert unnamed == []


def test_every_row_of_a_user_is_deleted_by_cascade() -> None:
    staying = {key.parent for table in Base.metadata.tables.values() for key in table.foreign_keys if not key.ondelete}
    # Objects are deleted after their photo.
    assert {f"{column.table.name}.{column.name}" for column in staying} == {"photos.key"}
    for table in Base.metadata.tables.values():
        if "user_id" in table.columns:
            kept = [key for key in table.columns["user_id"].foreign_keys if key.target_fullname == "users.id"]
            assert [key.ondelete for key in kept] == ["CASCADE"]
