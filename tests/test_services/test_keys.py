"""API keys."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import inspect

from gwansang.container import Accounts
from gwansang.core.exceptions import AppError
from gwansang.services.accounts.caller import AdminOnlyError, ScopeMissingError
from gwansang.services.accounts.key_service import (
    InvalidKeyRequestError,
    KeyInvalidError,
    KeyLimitError,
    KeyNotFoundError,
)
from gwansang.services.accounts.user_service import UserNotFoundError
from tests.support.accounts import accounts_on, signed_up
from tests.support.fakes import NOON, MovingClock

pytestmark = pytest.mark.anyio


async def test_a_key_speaks_for_its_owner_within_its_scopes(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    made = await accounts.keys.create(user.id, "my server", ["analyze", "history:read"])
    caller = await accounts.keys.authenticate(made.key)
    assert (caller.user_id, caller.key_id, caller.family) == (user.id, made.info.id, None)
    caller.require("analyze")
    for scope in ("history:write", "match", "account"):
        with pytest.raises(ScopeMissingError) as refused:
            caller.require(scope)
        assert refused.value.context == {"scope": scope}


async def test_an_administrators_key_is_no_administrator(accounts: Accounts) -> None:
    admin = await accounts.users.register("admin@example.com", "admin", "a good password", is_admin=True)
    made = await accounts.keys.create(admin.id, "key", ["analyze"])
    with pytest.raises(AdminOnlyError):
        (await accounts.keys.authenticate(made.key)).require("admin")


async def test_a_key_is_shown_once_and_the_database_has_no_usable_one(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    made = await accounts.keys.create(user.id, "key", ["analyze"])
    secret = made.key.removeprefix(made.info.prefix + "_")
    assert len(secret) == 43
    assert secret not in repr(made)
    assert secret not in str(dataclasses.asdict((await accounts.keys.page(user.id)).items[0]))
    async with accounts.uow.read() as tx:
        row = (await tx.keys.list_for_user(user.id))[0]
    assert secret not in str([getattr(row, column.key) for column in inspect(type(row)).columns])


async def test_keys_that_are_not_right_are_refused_alike(accounts: Accounts) -> None:
    user, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    mine = (await accounts.keys.create(user.id, "mine", ["analyze"])).key
    theirs = (await accounts.keys.create(other.id, "theirs", ["analyze"])).key
    crossed = mine[:20] + theirs[20:]
    wrong = ["", "gsk_", mine[:-1], mine + "x", mine[:-1] + "가", mine.upper(), crossed, "x" * 1_000_000, mine + "\n"]
    told = set()
    for presented in wrong:
        with pytest.raises(KeyInvalidError) as refused:
            await accounts.keys.authenticate(presented)
        told.add((refused.value.message, str(refused.value.context)))
    assert told == {("This API key is not valid.", "{}")}


async def test_an_expired_a_revoked_and_a_deactivated_owners_key_end_at_once(
    accounts: Accounts, clock: MovingClock
) -> None:
    user = await signed_up(accounts)
    short = await accounts.keys.create(user.id, "short", ["analyze"], expires_in_days=1)
    gone = await accounts.keys.create(user.id, "gone", ["analyze"])
    lasting = await accounts.keys.create(user.id, "lasting", ["analyze"])
    await accounts.keys.revoke(user.id, gone.info.id)
    clock.now = NOON + timedelta(days=1)
    for ended in (short, gone):
        with pytest.raises(KeyInvalidError):
            await accounts.keys.authenticate(ended.key)
    await accounts.keys.authenticate(lasting.key)
    await accounts.users.update(user.id, is_active=False)
    with pytest.raises(KeyInvalidError):
        await accounts.keys.authenticate(lasting.key)


async def test_another_users_key_is_not_there(accounts: Accounts) -> None:
    user, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    made = await accounts.keys.create(user.id, "key", ["analyze"])
    with pytest.raises(KeyNotFoundError):
        await accounts.keys.revoke(other.id, made.info.id)
    await accounts.keys.authenticate(made.key)
    assert (await accounts.keys.page(other.id)).total == 0


async def test_of_racing_requests_for_the_last_key_one_wins(database_url: str) -> None:
    async with accounts_on(database_url, max_keys_per_user=3) as accounts:
        user = await signed_up(accounts)
        await accounts.keys.create(user.id, "first", ["analyze"])
        tries = (accounts.keys.create(user.id, "next", ["analyze"]) for _ in range(8))
        results = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(result, KeyLimitError) for result in results) == 6
        assert (await accounts.keys.page(user.id)).total == 3


async def test_the_last_use_is_noted_once_a_minute(accounts: Accounts, clock: MovingClock) -> None:
    user = await signed_up(accounts)
    made = await accounts.keys.create(user.id, "key", ["analyze"])
    assert made.info.last_used_at is None
    noted = []
    for seconds in (0, 59, 1):
        clock.advance(seconds=seconds)
        await accounts.keys.authenticate(made.key)
        noted.append((await accounts.keys.page(user.id)).items[0].last_used_at)
    assert noted == [NOON, NOON, NOON + timedelta(minutes=1)]


@pytest.mark.parametrize(
    "asked",
    [
        {"name": ""},
        {"name": "x" * 51},
        {"name": "nul\0"},
        {"scopes": []},
        {"scopes": ["analyze", "admin"]},
        {"scopes": ["account"]},
        {"scopes": ["*"]},
        {"expires_in_days": 0},
        {"expires_in_days": 10**9},
    ],
    ids=str,
)
async def test_a_key_that_cannot_be_is_refused(accounts: Accounts, asked: dict[str, object]) -> None:
    user = await signed_up(accounts)
    with pytest.raises(InvalidKeyRequestError):
        await accounts.keys.create(user.id, **({"name": "key", "scopes": ["analyze"]} | asked))


async def test_nobody_has_no_keys(accounts: Accounts) -> None:
    with pytest.raises(UserNotFoundError):
        await accounts.keys.create(2**31 - 1, "key", ["analyze"])


async def test_an_error_never_repeats_what_was_presented(accounts: Accounts) -> None:
    with pytest.raises(AppError) as refused:
        await accounts.keys.authenticate("gsk_0123456789abcdef_" + "s" * 43)
    assert "sss" not in f"{refused.value!r} {refused.value.context}"
