"""Accounts on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from gwansang.container import Accounts
from tests.support.accounts import accounts_on
from tests.support.fakes import MovingClock


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
async def accounts(database_url: str, clock: MovingClock) -> AsyncIterator[Accounts]:
    async with accounts_on(database_url, clock) as opened:
        yield opened
