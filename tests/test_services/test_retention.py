"""Data older than the published schedule is deleted, by one process a day."""

import asyncio
from datetime import timedelta

import pytest

from gwansang.container import Accounts
from gwansang.services.accounts.user_service import BirthYearError, TooYoungError
from gwansang.services.readings.history_service import AnalysisNotFoundError
from gwansang.texts import LOCALES
from tests.support.accounts import PASSWORD, accounts_on, signed_up
from tests.support.fakes import MovingClock
from tests.test_services.test_history import make_analysis, user_with_history
from tests.test_services.test_profiles import save_profile
from tests.test_services.test_sealing import query

pytestmark = pytest.mark.anyio
YEAR = timedelta(days=366)


async def test_a_history_is_deleted_after_a_year_of_inactivity_and_the_account_stays(
    accounts: Accounts, clock: MovingClock
) -> None:
    inactive, active = (
        await user_with_history(accounts, "inactive@example.com"),
        await user_with_history(accounts, "active@example.com"),
    )
    kept = {user_id: make_analysis(user_id) for user_id in (inactive, active)}
    for user_id, made in kept.items():
        await accounts.history.save(user_id, made)
    await save_profile(accounts, inactive)
    clock.now += YEAR - timedelta(days=10)
    await accounts.auth.login("active@example.com", PASSWORD)
    assert (await accounts.retention.run())["histories"] == 0
    clock.now += timedelta(days=20)
    assert (await accounts.retention.preview())["histories"] == 1
    assert await accounts.history.get(inactive, kept[inactive].analysis_id) == kept[inactive]
    assert (await accounts.retention.run())["histories"] == 1
    with pytest.raises(AnalysisNotFoundError):
        await accounts.history.get(inactive, kept[inactive].analysis_id)
    assert await accounts.profiles.load(inactive) is None
    assert (await accounts.users.get(inactive)).is_active
    assert await accounts.history.get(active, kept[active].analysis_id) == kept[active]


async def test_refreshing_a_sign_in_counts_as_activity(accounts: Accounts, clock: MovingClock) -> None:
    user_id, made = await user_with_history(accounts), make_analysis()
    await accounts.history.save(user_id, made)
    token = (await accounts.auth.login("minji@example.com", PASSWORD)).refresh_token
    for _ in range(75):
        clock.advance(days=6)
        token = (await accounts.auth.refresh(token)).refresh_token
    assert (await accounts.retention.run())["histories"] == 0


async def test_using_a_key_counts_as_activity(accounts: Accounts, clock: MovingClock) -> None:
    user_id, made = await user_with_history(accounts), make_analysis()
    await accounts.history.save(user_id, made)
    key = (await accounts.keys.create(user_id, "phone", ["history:read"])).key
    clock.now += YEAR
    await accounts.keys.authenticate(key)
    assert (await accounts.retention.run())["histories"] == 0


async def test_expired_sign_ins_codes_keys_and_withdrawn_consents_are_deleted(
    accounts: Accounts, clock: MovingClock
) -> None:
    user = await signed_up(accounts)
    await accounts.auth.login(user.email, PASSWORD)
    await accounts.proofs.start_reset(user.email)
    await accounts.keys.create(user.id, "phone", ["analyze"], 1)
    await accounts.consents.grant(user.id, "improve")
    await accounts.consents.withdraw(user.id, "improve")
    assert sum((await accounts.retention.run()).values()) == 0
    clock.now += timedelta(days=32)
    run = await accounts.retention.run()
    assert (run["sign_ins"], run["mail_tokens"], run["keys"], run["consents"]) == (1, 1, 1, 0)
    clock.now += 3 * YEAR
    assert (await accounts.retention.run())["consents"] == 1
    assert [one.purpose for one in await accounts.consents.states(user.id) if one.granted] == ["reading"]


async def test_one_process_runs_the_retention_of_a_day(database_url: str, clock: MovingClock) -> None:
    async with accounts_on(database_url, clock) as one, accounts_on(database_url, clock) as other:
        for _ in range(2):
            await asyncio.gather(*(each.retention.run_if_due() for each in (one, other, one, other)))
            clock.now += timedelta(hours=25)
    runs = await query(database_url, "SELECT count(*) FROM audit_log WHERE event = 'retention_run'")
    assert runs == [(2,)]


async def test_the_run_of_a_dead_process_is_repeated_after_an_hour(
    accounts: Accounts, clock: MovingClock, database_url: str
) -> None:
    async with accounts.uow.write() as tx:
        now = clock()
        assert await tx.scheduled_runs.claim("retention", now, done_before=now, begun_before=now)
    await accounts.retention.run_if_due()
    assert await query(database_url, "SELECT done_at FROM turns") == [(None,)]
    clock.now += timedelta(hours=2)
    await accounts.retention.run_if_due()
    assert await query(database_url, "SELECT count(*) FROM turns WHERE done_at IS NULL") == [(0,)]


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_published_schedule_has_the_configured_numbers(database_url: str, locale: str) -> None:
    async with accounts_on(database_url, inactive_months=7, refresh_token_days=5) as accounts:
        schedule = {line.id: line.how_long for line in accounts.retention.schedule(locale)}
    assert "7" in schedule["history"]
    assert "5" in schedule["sign_in"]
    assert not [line for line in schedule.values() if "{" in line]


@pytest.mark.parametrize(("year", "error"), [(2013, TooYoungError), (2027, BirthYearError), (1899, BirthYearError)])
async def test_children_cannot_sign_up_and_birth_years_are_not_stored(
    accounts: Accounts, year: int, error: type[Exception], database_url: str
) -> None:
    with pytest.raises(error):
        await accounts.users.register("child@example.com", "김아이", PASSWORD, birth_year=year)
    await accounts.users.register("grown@example.com", "김어른", PASSWORD, birth_year=2011)
    assert "2011" not in str(await query(database_url, "SELECT * FROM users"))
