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


async def test_a_key_authenticates_its_owner_within_its_scopes(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    made = await accounts.keys.create(user.id, "my server", ["analyze", "history:read"])
    caller = await accounts.keys.authenticate(made.key)
    assert (caller.user_id, caller.key_id, caller.family) == (user.id, made.info.id, None)
    caller.require("analyze")
    for scope in ("history:write", "match", "account"):
        with pytest.raises(ScopeMissingError) as refused:
            caller.require(scope)
        assert refused.value.context == {"scope": scope}


async def test_the_key_of_an_administrator_has_no_admin_scope(accounts: Accounts) -> None:
    admin = await accounts.users.register("admin@example.com", "admin", "a good password", is_admin=True)
    made = await accounts.keys.create(admin.id, "key", ["analyze"])
    with pytest.raises(AdminOnlyError):
        (await accounts.keys.authenticate(made.key)).require("admin")


async def test_a_key_is_shown_once_and_only_its_digest_is_stored(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    made = await accounts.keys.create(user.id, "key", ["analyze"])
    secret = made.key.removeprefix(made.info.prefix + "_")
    assert len(secret) == 43
    assert secret not in repr(made)
    assert secret not in str(dataclasses.asdict((await accounts.keys.page(user.id)).items[0]))
    async with accounts.uow.read() as tx:
        row = (await tx.keys.list_for_user(user.id))[0]
    assert secret not in str([getattr(row, column.key) for column in inspect(type(row)).columns])


async def test_all_invalid_keys_raise_the_same_error(accounts: Accounts) -> None:
    user, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    mine = (await accounts.keys.create(user.id, "mine", ["analyze"])).key
    theirs = (await accounts.keys.create(other.id, "theirs", ["analyze"])).key
    crossed = mine[:20] + theirs[20:]
    wrong = ["", "gsk_", mine[:-1], mine + "x", mine[:-1] + "가", mine.upper(), crossed, "x" * 1_000_000, mine + "\n"]
    errors = set()
    for presented in wrong:
        with pytest.raises(KeyInvalidError) as refused:
            await accounts.keys.authenticate(presented)
        errors.add((refused.value.message, str(refused.value.context)))
    assert errors == {("This API key is not valid.", "{}")}


async def test_expired_and_revoked_keys_and_keys_of_deactivated_users_are_rejected(
    accounts: Accounts, clock: MovingClock
) -> None:
    user = await signed_up(accounts)
    short = await accounts.keys.create(user.id, "short", ["analyze"], expires_in_days=1)
    gone = await accounts.keys.create(user.id, "gone", ["analyze"])
    unlimited = await accounts.keys.create(user.id, "unlimited", ["analyze"])
    await accounts.keys.revoke(user.id, gone.info.id)
    clock.now = NOON + timedelta(days=1)
    for ended in (short, gone):
        with pytest.raises(KeyInvalidError):
            await accounts.keys.authenticate(ended.key)
    await accounts.keys.authenticate(unlimited.key)
    await accounts.users.update(user.id, is_active=False)
    with pytest.raises(KeyInvalidError):
        await accounts.keys.authenticate(unlimited.key)


async def test_the_key_of_another_user_is_not_found(accounts: Accounts) -> None:
    user, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    made = await accounts.keys.create(user.id, "key", ["analyze"])
    with pytest.raises(KeyNotFoundError):
        await accounts.keys.revoke(other.id, made.info.id)
    await accounts.keys.authenticate(made.key)
    assert (await accounts.keys.page(other.id)).total == 0


async def test_concurrent_requests_do_not_exceed_the_key_limit(database_url: str) -> None:
    async with accounts_on(database_url, max_keys_per_user=3) as accounts:
        user = await signed_up(accounts)
        await accounts.keys.create(user.id, "first", ["analyze"])
        tries = (accounts.keys.create(user.id, "next", ["analyze"]) for _ in range(8))
        results = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(result, KeyLimitError) for result in results) == 6
        assert (await accounts.keys.page(user.id)).total == 3


async def test_the_last_use_of_a_key_is_stored_once_a_minute(accounts: Accounts, clock: MovingClock) -> None:
    user = await signed_up(accounts)
    made = await accounts.keys.create(user.id, "key", ["analyze"])
    assert made.info.last_used_at is None
    stored = []
    for seconds in (0, 59, 1):
        clock.advance(seconds=seconds)
        await accounts.keys.authenticate(made.key)
        stored.append((await accounts.keys.page(user.id)).items[0].last_used_at)
    assert stored == [NOON, NOON, NOON + timedelta(minutes=1)]


@pytest.mark.parametrize(
    "request_",
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
async def test_an_invalid_key_request_is_rejected(accounts: Accounts, request_: dict[str, object]) -> None:
    user = await signed_up(accounts)
    with pytest.raises(InvalidKeyRequestError):
        await accounts.keys.create(user.id, **({"name": "key", "scopes": ["analyze"]} | request_))


async def test_a_key_for_an_unknown_user_is_rejected(accounts: Accounts) -> None:
    with pytest.raises(UserNotFoundError):
        await accounts.keys.create(2**31 - 1, "key", ["analyze"])


async def test_the_error_does_not_repeat_the_presented_key(accounts: Accounts) -> None:
    with pytest.raises(AppError) as refused:
        await accounts.keys.authenticate("gsk_0123456789abcdef_" + "s" * 43)
    assert "sss" not in f"{refused.value!r} {refused.value.context}"
