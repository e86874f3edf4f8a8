"""The audit log: unbroken under concurrent writers, append-only, and tampering is found."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from gwansang.container import Accounts
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, accounts_on, signed_up
from tests.support.fakes import MovingClock
from tests.test_services.test_sealing import query

pytestmark = pytest.mark.anyio


async def events(url: str) -> list[object]:
    return [event for (event,) in await query(url, "SELECT event FROM audit_log ORDER BY seq")]


async def test_thirty_two_concurrent_writers_leave_an_unbroken_chain(accounts: Accounts, database_url: str) -> None:
    user = await signed_up(accounts)

    async def write(number: int) -> None:
        async with accounts.uow.write() as tx:
            await accounts.audit.record(tx, "signed_in", user.id, number=number)

    await asyncio.gather(*(write(number) for number in range(32)))
    check = await accounts.audit.verify()
    assert (check.entries, check.broken_at) == (33, None)


async def test_each_event_of_an_account_is_recorded_once(accounts: Accounts, database_url: str) -> None:
    user = await signed_up(accounts)
    await accounts.auth.login(user.email, PASSWORD)
    await accounts.consents.grant(user.id, "history")
    await accounts.consents.grant(user.id, "history")
    await accounts.consents.withdraw(user.id, "history")
    await accounts.consents.withdraw(user.id, "history")
    await accounts.users.change_password(user.id, PASSWORD, OTHER_PASSWORD)
    await accounts.keys.create(user.id, "phone", ["analyze"])
    await accounts.exports.export(user.id)
    await accounts.users.delete(user.id)
    assert await events(database_url) == [
        *("account_created", "signed_in", "consent_granted", "consent_withdrawn", "password_changed", "key_created"),
        *("exported", "erased"),
    ]
    assert (await accounts.audit.verify()).broken_at is None


async def test_a_rolled_back_event_is_not_in_the_log(accounts: Accounts, database_url: str) -> None:
    user = await signed_up(accounts)

    async def record_and_fail() -> None:
        async with accounts.uow.write() as tx:
            await accounts.audit.record(tx, "signed_in", user.id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await record_and_fail()
    assert await events(database_url) == ["account_created"]
    assert (await accounts.audit.verify()).broken_at is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET event = 'erased' WHERE seq = 1",
        "DELETE FROM audit_log WHERE seq = 2",
        "DELETE FROM audit_log",
    ],
)
async def test_the_database_refuses_to_change_the_log(accounts: Accounts, database_url: str, statement: str) -> None:
    await signed_up(accounts)
    await signed_up(accounts, "other@example.com")
    with pytest.raises(DBAPIError, match="append-only"):
        await query(database_url, statement)
    assert len(await events(database_url)) == 2


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit_log SET event = 'erased' WHERE seq = 3", 3),
        ("UPDATE audit_log SET facts = '[]' WHERE seq = 2", 2),
        ("UPDATE audit_log SET subject = NULL WHERE seq = 4", 4),
        ("DELETE FROM audit_log WHERE seq = 2", 2),
        ("DELETE FROM audit_log WHERE seq = 5", 5),
        ("DELETE FROM audit_log", 1),
        ("UPDATE audit_head SET hash = 'f'", 5),
    ],
)
async def test_tampering_without_triggers_is_found_at_the_first_wrong_entry(
    accounts: Accounts, database_url: str, statement: str, broken_at: int
) -> None:
    for number in range(5):
        await signed_up(accounts, f"u{number}@example.com")
    sqlite = database_url.startswith("sqlite")
    for off in (
        ("DROP TRIGGER audit_log_stays", "DROP TRIGGER audit_log_ends")
        if sqlite
        else ("ALTER TABLE audit_log DISABLE TRIGGER ALL",)
    ):
        await query(database_url, off)
    await query(database_url, statement)
    assert (await accounts.audit.verify()).broken_at == broken_at


async def test_entries_name_nobody_and_an_erasure_deletes_the_pseudonym(accounts: Accounts, database_url: str) -> None:
    user = await signed_up(accounts)
    assert (await accounts.exports.export(user.id))["audit"][0]["event"] == "account_created"
    await accounts.users.delete(user.id)
    rows = await query(database_url, "SELECT actor, subject, facts FROM audit_log")
    assert user.email not in str(rows)
    subjects = {subject for _, subject, _ in rows}
    assert len(subjects) == 1
    assert await query(database_url, "SELECT count(*) FROM user_keys") == [(0,)]


async def test_entries_older_than_two_years_are_deleted_and_the_rest_can_be_verified(
    database_url: str, clock: MovingClock
) -> None:
    async with accounts_on(database_url, clock) as accounts:
        for number in range(3):
            await signed_up(accounts, f"u{number}@example.com")
        clock.now += timedelta(days=600)
        await signed_up(accounts, "late@example.com")
        clock.now += timedelta(days=200)
        assert (await accounts.retention.preview())["audit"] == 3
        assert len(await events(database_url)) == 4
        assert (await accounts.retention.run())["audit"] == 3
        assert await events(database_url) == ["account_created", "retention_run"]
        check = await accounts.audit.verify()
        assert (check.entries, check.broken_at) == (2, None)
        with pytest.raises(DBAPIError, match="append-only"):
            await query(database_url, "DELETE FROM audit_log WHERE seq = 4")
