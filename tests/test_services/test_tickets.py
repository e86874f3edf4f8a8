"""Tickets for WebSockets, on both databases."""

import asyncio

import pytest
from sqlalchemy import inspect

from gwansang.container import Accounts
from gwansang.core.tokens import generate_secret, secret_digest
from gwansang.models import SocketTicket
from gwansang.services.accounts.auth_service import TokenInvalidError
from gwansang.services.accounts.caller import Caller
from gwansang.services.accounts.ticket_service import TicketInvalidError, TicketService
from tests.support.accounts import PASSWORD, accounts_on, signed_up
from tests.support.fakes import MovingClock

pytestmark = pytest.mark.anyio


def ticket_service(accounts: Accounts, clock: MovingClock) -> TicketService:
    return TicketService(accounts.uow, accounts.auth, accounts.keys, clock=clock, new_secret=generate_secret)


async def signed_in(accounts: Accounts) -> Caller:
    user = await signed_up(accounts)
    pair = await accounts.auth.login(user.email, PASSWORD)
    return await accounts.auth.authenticate(pair.access_token)


async def consume(accounts: Accounts, ticket: str) -> SocketTicket | None:
    """Consume a ticket and return its row."""
    async with accounts.uow.write() as tx:
        return await tx.tickets.consume(secret_digest(ticket))


async def test_of_concurrent_redemptions_exactly_one_succeeds(database_url: str, clock: MovingClock) -> None:
    async with accounts_on(database_url, clock) as accounts:
        tickets, caller = ticket_service(accounts, clock), await signed_in(accounts)
        ticket = (await tickets.issue(caller)).ticket
        results = await asyncio.gather(*(tickets.redeem(ticket) for _ in range(8)), return_exceptions=True)
        assert [result for result in results if isinstance(result, Caller)] == [caller]
        assert sum(isinstance(result, TicketInvalidError) for result in results) == 7


async def test_only_the_digest_of_a_ticket_is_stored_and_expired_tickets_are_deleted(
    accounts: Accounts, clock: MovingClock
) -> None:
    tickets, caller = ticket_service(accounts, clock), await signed_in(accounts)
    first = await tickets.issue(caller)
    row = await consume(accounts, first.ticket)
    assert row is not None
    assert first.ticket not in str([getattr(row, column.key) for column in inspect(type(row)).columns])
    assert first.ticket not in repr(first)
    second = await tickets.issue(caller)
    clock.advance(seconds=31)
    await tickets.issue(caller)
    assert await consume(accounts, second.ticket) is None


async def test_a_ticket_expires_with_the_token_that_requested_it(accounts: Accounts, clock: MovingClock) -> None:
    tickets, caller = ticket_service(accounts, clock), await signed_in(accounts)
    clock.advance(minutes=29, seconds=50)
    ticket = (await tickets.issue(caller)).ticket
    assert tickets.seconds_left(caller) == 10
    clock.advance(seconds=10)
    with pytest.raises(TokenInvalidError):
        await tickets.redeem(ticket)


async def test_a_key_without_an_expiry_has_no_seconds_left(accounts: Accounts, clock: MovingClock) -> None:
    user = await signed_up(accounts)
    key = (await accounts.keys.create(user.id, "k", ["analyze"])).key
    tickets = ticket_service(accounts, clock)
    caller = await tickets.redeem((await tickets.issue(await tickets.authenticate(key))).ticket)
    assert (caller.user_id, caller.scopes, tickets.seconds_left(caller)) == (user.id, {"analyze"}, None)


async def test_deleting_an_account_deletes_its_tickets(accounts: Accounts, clock: MovingClock) -> None:
    tickets, caller = ticket_service(accounts, clock), await signed_in(accounts)
    ticket = (await tickets.issue(caller)).ticket
    await accounts.users.delete(caller.user_id)
    assert await consume(accounts, ticket) is None
