"""Invitations to compare a face with that of a kept reading, on both databases."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import inspect

from gwansang.container import Accounts
from gwansang.core.tokens import secret_digest
from gwansang.models import Invitation
from gwansang.schemas.compatibility import InvitationRequest
from gwansang.services.readings.history_service import AnalysisNotFoundError
from gwansang.services.readings.invitation_service import (
    MAX_DAYS,
    MAX_INVITATIONS,
    MAX_USES,
    InvitationNotFoundError,
    TooManyInvitationsError,
)
from tests.support.accounts import accounts_on, signed_up
from tests.support.fakes import MovingClock
from tests.test_services.test_history import make_analysis, user_with_history

pytestmark = pytest.mark.anyio


async def owner_with_reading(accounts: Accounts, email: str = "minji@example.com") -> tuple[int, UUID]:
    """Register a user who keeps one reading."""
    user_id, analysis = await user_with_history(accounts, email), make_analysis()
    assert await accounts.history.save(user_id, analysis)
    return user_id, analysis.analysis_id


async def row_of(accounts: Accounts, code: str, clock: MovingClock) -> Invitation | None:
    async with accounts.uow.read() as tx:
        return await tx.invitations.get_valid(secret_digest(code), clock())


async def count_of(accounts: Accounts, user_id: int) -> int:
    async with accounts.uow.read() as tx:
        return len(await tx.invitations.list_for_user(user_id))


async def test_an_invitation_works_as_often_as_it_says(accounts: Accounts) -> None:
    user, analysis = await owner_with_reading(accounts)
    made = await accounts.invitations.create(user, analysis, days=7, uses=2)
    for left in (1, 0):
        found = await accounts.invitations.find(made.code)
        assert (found.user_id, found.analysis_id) == (user, analysis)
        await accounts.invitations.use(found)
        assert [one.uses_left for one in await accounts.invitations.list_valid(user)] == ([left] if left else [])
    with pytest.raises(InvitationNotFoundError):
        await accounts.invitations.use(found)
    with pytest.raises(InvitationNotFoundError):
        await accounts.invitations.find(made.code)
    assert await count_of(accounts, user) == 0


async def test_of_racing_redemptions_of_a_last_use_one_succeeds(database_url: str, clock: MovingClock) -> None:
    async with accounts_on(database_url, clock) as accounts:
        user, analysis = await owner_with_reading(accounts)
        made = await accounts.invitations.create(user, analysis, days=7, uses=1)
        found = await accounts.invitations.find(made.code)
        results = await asyncio.gather(*(accounts.invitations.use(found) for _ in range(8)), return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == ["InvitationNotFoundError"] * 7 + ["NoneType"]


async def test_only_the_digest_of_a_code_is_stored(accounts: Accounts, clock: MovingClock) -> None:
    user, analysis = await owner_with_reading(accounts)
    made = await accounts.invitations.create(user, analysis, days=7, uses=1)
    row = await row_of(accounts, made.code, clock)
    assert row is not None
    assert made.code not in str([getattr(row, column.key) for column in inspect(type(row)).columns])
    assert made.code not in repr(made)
    assert len(made.code) >= 128 / 6  # bits a character
    assert len({(await accounts.invitations.create(user, analysis, days=1, uses=1)).code for _ in range(5)}) == 5


async def test_an_expired_invitation_ends_and_the_retention_run_deletes_it(
    accounts: Accounts, clock: MovingClock
) -> None:
    user, analysis = await owner_with_reading(accounts)
    made = await accounts.invitations.create(user, analysis, days=30, uses=1)
    found = await accounts.invitations.find(made.code)
    clock.advance(days=30)
    for redeem in (accounts.invitations.find(made.code), accounts.invitations.use(found)):
        with pytest.raises(InvitationNotFoundError):
            await redeem
    assert await accounts.invitations.list_valid(user) == ()
    assert (await accounts.retention.preview())["invitations"] == 1
    assert (await accounts.retention.run())["invitations"] == 1
    assert await count_of(accounts, user) == 0


async def test_an_invitation_of_another_user_can_not_be_ended_nor_made(accounts: Accounts) -> None:
    (user, analysis), stranger = await owner_with_reading(accounts), await signed_up(accounts, "other@example.com")
    made = await accounts.invitations.create(user, analysis, days=1, uses=1)
    with pytest.raises(InvitationNotFoundError):
        await accounts.invitations.end(stranger.id, made.id)
    with pytest.raises(AnalysisNotFoundError):
        await accounts.invitations.create(stranger.id, analysis, days=1, uses=1)
    assert await accounts.invitations.list_valid(stranger.id) == ()
    await accounts.invitations.end(user, made.id)
    with pytest.raises(InvitationNotFoundError):
        await accounts.invitations.find(made.code)


@pytest.mark.parametrize("end", ["reading", "consent", "account", "deactivation"])
async def test_an_invitation_ends_with_its_reading_the_consent_and_the_account(end: str, accounts: Accounts) -> None:
    user, analysis = await owner_with_reading(accounts)
    made = await accounts.invitations.create(user, analysis, days=7, uses=10)
    await accounts.invitations.find(made.code)
    if end == "reading":
        await accounts.history.delete(user, analysis)
    elif end == "consent":
        await accounts.consents.withdraw(user, "history")
    elif end == "account":
        assert await accounts.erasures.erase(user)
    else:
        async with accounts.uow.write() as tx:
            row = await tx.users.get_for_update(user)
            assert row is not None
            row.is_active = False
    with pytest.raises(InvitationNotFoundError):
        await accounts.invitations.find(made.code)
    assert await count_of(accounts, user) == (end == "deactivation")


async def test_a_user_has_a_limited_number_of_invitations(accounts: Accounts, clock: MovingClock) -> None:
    user, analysis = await owner_with_reading(accounts)
    for _ in range(MAX_INVITATIONS):
        await accounts.invitations.create(user, analysis, days=1, uses=1)
    with pytest.raises(TooManyInvitationsError):
        await accounts.invitations.create(user, analysis, days=1, uses=1)
    clock.advance(days=1)
    await accounts.invitations.create(user, analysis, days=1, uses=1)


@pytest.mark.parametrize(("days", "uses"), [(0, 1), (31, 1), (1, 0), (1, 11)])
async def test_days_and_uses_have_limits(days: int, uses: int, accounts: Accounts) -> None:
    user, analysis = await owner_with_reading(accounts)
    with pytest.raises(ValueError, match="out of range"):
        await accounts.invitations.create(user, analysis, days=days, uses=uses)
    assert InvitationRequest(days=MAX_DAYS, uses=MAX_USES)  # the same limits on the wire
    with pytest.raises(ValueError, match="Input should be"):
        InvitationRequest(days=days, uses=uses)


async def test_an_export_lists_invitations_without_their_codes(accounts: Accounts) -> None:
    user, analysis = await owner_with_reading(accounts)
    made = await accounts.invitations.create(user, analysis, days=7, uses=3)
    exported = await accounts.exports.export(user)
    (listed,) = exported["invitations"]
    assert (listed["id"], listed["analysis_id"], listed["uses_left"]) == (str(made.id), str(analysis), 3)
    assert made.code not in str(exported)
