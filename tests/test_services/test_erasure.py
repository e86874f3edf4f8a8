"""An erased account leaves nothing, wherever its process died; somebody stays to run the service."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import make_url

from gwansang.container import Accounts
from gwansang.services.accounts.user_service import LastAdminError, UserNotFoundError
from gwansang.services.tasks.task_service import TaskInfo
from gwansang.storage.base import StorageUnavailableError
from tests.support.accounts import PASSWORD, signed_up
from tests.support.fakes import MovingClock
from tests.test_services.test_history import make_analysis, user_with_history
from tests.test_services.test_sealing import query

pytestmark = pytest.mark.anyio


async def submitted(accounts: Accounts, user_id: int) -> TaskInfo:
    return await accounts.tasks.submit(user_id, "face", {}, [b"a photo", b"another"], request_sha256="0" * 64)


async def objects(accounts: Accounts, *tasks: TaskInfo) -> int:
    """How many inputs of these tasks there are; tests share the folder."""
    found = 0
    for task in tasks:
        async for _ in accounts.store.list(f"jobs/{task.id}/"):
            found += 1
    return found


async def test_tasks_and_their_inputs_go_with_their_user(accounts: Accounts) -> None:
    user_id, other_id = await user_with_history(accounts), await user_with_history(accounts, "other@example.com")
    mine, others = await submitted(accounts, user_id), await submitted(accounts, other_id)
    assert await objects(accounts, mine, others) == 4
    await accounts.users.delete(user_id)
    assert (await objects(accounts, mine), await objects(accounts, others)) == (0, 2)


async def test_what_a_dying_process_left_outside_the_database_goes_with_the_sweep(
    accounts: Accounts, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = await user_with_history(accounts)
    task = await submitted(accounts, user_id)
    erasures = accounts.erasures

    async def away(_: UUID) -> None:
        raise StorageUnavailableError("away")

    with monkeypatch.context() as patched:
        patched.setattr(erasures, "_delete_inputs", away)
        await accounts.users.delete(user_id)  # the account is gone, and nobody is told of the rest
    with pytest.raises(UserNotFoundError):
        await accounts.users.get(user_id)
    assert await objects(accounts, task) == 2
    clock.advance(minutes=2)
    assert await erasures.sweep() == 1
    assert await objects(accounts, task) == 0
    assert await erasures.sweep() == 0


async def test_the_files_of_an_embedded_database_tell_nothing_of_an_erased_user(
    accounts: Accounts, database_url: str
) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("a server's files are its own")
    user_id, made = await user_with_history(accounts, "gone.for.good@example.com"), make_analysis()
    await accounts.history.save(user_id, made)
    file = Path(str(make_url(database_url).database))
    assert b"gone.for.good" in written(file)
    await accounts.users.delete(user_id)
    assert b"gone.for.good" not in written(file)
    assert made.analysis_id.bytes not in written(file)
    assert made.analysis_id.hex.encode() not in written(file)


def written(file: Path) -> bytes:
    """All files of an embedded database, the log of changes too."""
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))


async def test_a_servers_tables_tell_nothing_of_an_erased_user(accounts: Accounts, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("tested by its files")
    user_id, made = await user_with_history(accounts, "gone.for.good@example.com"), make_analysis()
    await accounts.history.save(user_id, made)
    await submitted(accounts, user_id)
    await accounts.users.delete(user_id)
    assert await everything(database_url, "gone.for.good") == []
    assert await everything(database_url, str(made.analysis_id)) == []


async def everything(url: str, word: str) -> list[str]:
    """In which tables of all schemas a word is found."""
    tables = await query(
        url,
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
        "AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    return [
        f"{schema}.{table}"
        for schema, table in tables
        if any(word in str(row) for row in await query(url, f'SELECT t::text FROM "{schema}"."{table}" t'))  # noqa: S608 - names of this test
    ]


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_admin": False}, None])
async def test_the_last_administrator_stays_until_there_is_another(
    accounts: Accounts, change: dict[str, bool] | None
) -> None:
    admin = await accounts.users.register("admin@example.com", "admin", PASSWORD, is_admin=True)
    asleep = await accounts.users.register("asleep@example.com", "admin", PASSWORD, is_admin=True)
    await accounts.users.update(asleep.id, is_active=False)

    async def leave() -> object:
        return await (accounts.users.update(admin.id, **change) if change else accounts.users.delete(admin.id))

    with pytest.raises(LastAdminError):
        await leave()
    assert (await accounts.users.get(admin.id)).is_admin
    await accounts.users.update(asleep.id, is_active=True)
    await leave()


async def test_two_administrators_who_leave_at_once_leave_one(accounts: Accounts) -> None:
    admins = [await accounts.users.register(f"a{n}@example.com", "admin", PASSWORD, is_admin=True) for n in range(2)]
    left = await asyncio.gather(*(accounts.users.delete(one.id) for one in admins), return_exceptions=True)
    assert sorted(type(one).__name__ for one in left) == ["LastAdminError", "NoneType"]


async def test_a_user_who_is_no_administrator_may_always_leave(accounts: Accounts) -> None:
    await accounts.users.register("admin@example.com", "admin", PASSWORD, is_admin=True)
    user = await signed_up(accounts)
    await accounts.users.delete(user.id)
