"""Counting readings beside other work of the same user; on SQLite and PostgreSQL."""

import asyncio
from contextlib import nullcontext

import pytest

from gwansang.container import Accounts
from gwansang.services.accounts.usage_service import MonthlyLimitError
from tests.support.accounts import accounts_on, signed_up
from tests.support.fakes import MovingClock

pytestmark = pytest.mark.anyio
HANGS_S = 20


async def count(accounts: Accounts, user_id: int, number: int = 1) -> None:
    async with accounts.usage.counted(user_id, "face", number):
        pass


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
@pytest.mark.parametrize("limit", [None, 5])
async def test_a_reading_is_counted_while_another_transaction_has_locked_its_user(
    database_url: str, limit: int | None
) -> None:
    plans = {"plans": {"free": limit}, "default_plan": "free"} if limit is not None else {}
    async with accounts_on(database_url, **plans) as accounts:
        user = await signed_up(accounts)
        await count(accounts, user.id)
        async with accounts.uow.write() as saving, asyncio.timeout(HANGS_S):
            assert await saving.users.get_for_update(user.id) is not None
            await count(accounts, user.id)
        assert (await accounts.usage.info(user.id)).used == 2


async def test_the_first_readings_of_a_month_that_come_at_once_are_all_counted(
    accounts: Accounts, clock: MovingClock
) -> None:
    user = await signed_up(accounts)
    for used in (8, 8):
        await asyncio.gather(*(count(accounts, user.id) for _ in range(8)))
        assert (await accounts.usage.info(user.id)).used == used
        clock.advance(days=31)


async def test_more_readings_than_are_left_are_refused_as_a_whole(database_url: str) -> None:
    async with accounts_on(database_url, plans={"free": 3}, default_plan="free") as accounts:
        user = await signed_up(accounts)
        for number, fits, used in ((4, False, 0), (2, True, 2), (2, False, 2), (1, True, 3), (1, False, 3)):
            with nullcontext() if fits else pytest.raises(MonthlyLimitError):
                await count(accounts, user.id, number)
            assert (await accounts.usage.info(user.id)).used == used
