"""Accounts on SQLite and on PostgreSQL, and a real receiver on this machine."""

from collections.abc import AsyncIterator, Iterator

import pytest

from gwansang.container import Accounts
from tests.support.accounts import accounts_on
from tests.support.fakes import MovingClock
from tests.support.receivers import Receiver


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
async def accounts(database_url: str, clock: MovingClock) -> AsyncIterator[Accounts]:
    async with accounts_on(database_url, clock, webhook_local_targets=True) as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().listening() as listening:
        yield listening
