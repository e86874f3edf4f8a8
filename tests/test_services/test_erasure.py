"""An erased account leaves no trace, even if its process died; the last administrator can't be erased."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import make_url

from gwansang.container import Accounts
from gwansang.services.accounts.user_service import LastAdminError, UserNotFoundError
from gwansang.services.tasks.kinds import FACE
from gwansang.services.tasks.task_service import TaskInfo
from gwansang.storage.base import StorageUnavailableError
from tests.support.accounts import PASSWORD, signed_up, stream
from tests.support.fakes import MovingClock
from tests.test_services.test_history import make_analysis, user_with_history
from tests.test_services.test_sealing import query

pytestmark = pytest.mark.anyio


async def submitted(accounts: Accounts, user_id: int) -> TaskInfo:
    return await accounts.tasks.submit(user_id, FACE, stream(b"a photo", b"another"))


async def count_inputs(accounts: Accounts, *tasks: TaskInfo) -> int:
    """Return the number of stored inputs of these tasks; tests share the folder."""
    count = 0
    for task in tasks:
        async for _ in accounts.store.list(f"jobs/{task.id}/"):
            count += 1
    return count


async def test_erasing_a_user_deletes_their_tasks_and_inputs(accounts: Accounts) -> None:
    user_id, other_id = await user_with_history(accounts), await user_with_history(accounts, "other@example.com")
    mine, others = await submitted(accounts, user_id), await submitted(accounts, other_id)
    assert await count_inputs(accounts, mine, others) == 4
    await accounts.users.delete(user_id)
    assert (await count_inputs(accounts, mine), await count_inputs(accounts, others)) == (0, 2)


async def test_the_sweep_finishes_an_erasure_that_was_interrupted(
    accounts: Accounts, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = await user_with_history(accounts)
    task = await submitted(accounts, user_id)
    erasures = accounts.erasures

    async def unreachable(_: UUID) -> None:
        raise StorageUnavailableError("unreachable")

    with monkeypatch.context() as patched:
        patched.setattr(erasures, "_delete_inputs", unreachable)
        await accounts.users.delete(user_id)  # the account is deleted, and the request succeeds
    with pytest.raises(UserNotFoundError):
        await accounts.users.get(user_id)
    assert await count_inputs(accounts, task) == 2
    clock.advance(minutes=2)
    assert await erasures.sweep() == 1
    assert await count_inputs(accounts, task) == 0
    assert await erasures.sweep() == 0


async def test_the_files_of_an_embedded_database_have_no_trace_of_an_erased_user(
    accounts: Accounts, database_url: str
) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("the files of a server are not readable")
    user_id, made = await user_with_history(accounts, "gone.for.good@example.com"), make_analysis()
    await accounts.history.save(user_id, made)
    file = Path(str(make_url(database_url).database))
    assert b"gone.for.good" in database_bytes(file)
    await accounts.users.delete(user_id)
    assert b"gone.for.good" not in database_bytes(file)
    assert made.analysis_id.bytes not in database_bytes(file)
    assert made.analysis_id.hex.encode() not in database_bytes(file)


def database_bytes(file: Path) -> bytes:
    """Return the bytes of all files of an embedded database, with its write-ahead log."""
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))


async def test_the_tables_of_a_server_have_no_trace_of_an_erased_user(accounts: Accounts, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("tested on its files")
    user_id, made = await user_with_history(accounts, "gone.for.good@example.com"), make_analysis()
    await accounts.history.save(user_id, made)
    await submitted(accounts, user_id)
    await accounts.users.delete(user_id)
    assert await tables_with(database_url, "gone.for.good") == []
    assert await tables_with(database_url, str(made.analysis_id)) == []


async def tables_with(url: str, word: str) -> list[str]:
    """Return the tables of all schemas in which a word occurs."""
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
async def test_the_last_active_administrator_cannot_leave(accounts: Accounts, change: dict[str, bool] | None) -> None:
    admin = await accounts.users.register("admin@example.com", "admin", PASSWORD, is_admin=True)
    inactive = await accounts.users.register("inactive@example.com", "admin", PASSWORD, is_admin=True)
    await accounts.users.update(inactive.id, is_active=False)

    async def leave() -> object:
        return await (accounts.users.update(admin.id, **change) if change else accounts.users.delete(admin.id))

    with pytest.raises(LastAdminError):
        await leave()
    assert (await accounts.users.get(admin.id)).is_admin
    await accounts.users.update(inactive.id, is_active=True)
    await leave()


async def test_of_two_administrators_who_leave_concurrently_one_stays(accounts: Accounts) -> None:
    admins = [await accounts.users.register(f"a{n}@example.com", "admin", PASSWORD, is_admin=True) for n in range(2)]
    left = await asyncio.gather(*(accounts.users.delete(one.id) for one in admins), return_exceptions=True)
    assert sorted(type(one).__name__ for one in left) == ["LastAdminError", "NoneType"]


async def test_a_user_who_is_not_an_administrator_can_always_leave(accounts: Accounts) -> None:
    await accounts.users.register("admin@example.com", "admin", PASSWORD, is_admin=True)
    user = await signed_up(accounts)
    await accounts.users.delete(user.id)
