"""The ledger of consents."""

import asyncio
import hashlib
from datetime import timedelta

import pytest

from gwansang.container import Accounts
from gwansang.services.accounts.consent_service import ConsentRequiredError, ConsentService, ConsentVersionError
from gwansang.services.accounts.user_service import UserNotFoundError
from gwansang.services.protection.consent_texts import (
    PURPOSES,
    ConsentText,
    ConsentTexts,
    default_consent_texts,
)
from gwansang.services.tasks.kinds import BATCH, FACE, IMPORT, VIDEO
from gwansang.services.tasks.task_service import TaskNotFoundError
from gwansang.texts import LOCALES, load
from tests.support.accounts import signed_up, stream
from tests.support.fakes import NOON, MovingClock

pytestmark = pytest.mark.anyio


async def test_signing_up_grants_the_consent_to_readings_only(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    states = await accounts.consents.states(user.id)
    assert [state.purpose for state in states] == list(PURPOSES)
    assert [state.purpose for state in states if state.granted] == ["reading"]


async def test_the_error_for_a_missing_consent_has_purpose_and_version(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    with pytest.raises(ConsentRequiredError) as refused:
        await accounts.consents.require(user.id, "lookalike")
    assert refused.value.context == {"purpose": "lookalike", "version": 1}


async def test_a_consent_is_stored_with_the_shown_text_and_its_time(accounts: Accounts, clock: MovingClock) -> None:
    user = await signed_up(accounts)
    clock.advance(days=1)
    state = await accounts.consents.grant(user.id, "lookalike", "en", version=1)
    shown = load("consents", "en", dict[str, dict[str, str]])["lookalike"]["1"]
    assert state.text == shown
    assert (state.granted, state.granted_version, state.granted_locale) == (True, 1, "en")
    assert state.granted_text_sha256 == hashlib.sha256(shown.encode()).hexdigest() == state.text_sha256
    assert (state.granted_at, state.withdrawn_at) == (NOON + timedelta(days=1), None)
    await accounts.consents.require(user.id, "lookalike")


async def test_a_withdrawal_takes_effect_at_once_and_stays_in_the_ledger(
    accounts: Accounts, clock: MovingClock
) -> None:
    user = await signed_up(accounts)
    await accounts.consents.grant(user.id, "lookalike")
    clock.advance(minutes=5)
    state = await accounts.consents.withdraw(user.id, "lookalike")
    assert (state.granted, state.granted_at, state.withdrawn_at) == (False, NOON, NOON + timedelta(minutes=5))
    with pytest.raises(ConsentRequiredError):
        await accounts.consents.require(user.id, "lookalike")
    await accounts.consents.grant(user.id, "lookalike")
    exported = (await accounts.exports.export(user.id))["consents"]
    assert [(one["purpose"], one["withdrawn_at"] is None) for one in exported] == [
        ("reading", True),
        ("lookalike", False),
        ("lookalike", True),
    ]


async def test_withdrawing_the_consent_to_readings_deletes_tasks_that_need_it(accounts: Accounts) -> None:
    user, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    mine = {
        kind: await accounts.tasks.submit(user.id, kind, stream(b"a photo")) for kind in (FACE, BATCH, VIDEO, IMPORT)
    }
    theirs = await accounts.tasks.submit(other.id, FACE, stream(b"a photo"))
    await accounts.consents.withdraw(user.id, "reading")
    for kind in (FACE, BATCH, VIDEO):
        with pytest.raises(TaskNotFoundError):
            await accounts.tasks.get(user.id, mine[kind].id)
    left = {one.key.split("/")[1] async for one in accounts.store.list("jobs/")}
    ours = {str(task.id) for task in (*mine.values(), theirs)}
    assert left & ours == {str(mine[IMPORT].id), str(theirs.id)}
    assert (await accounts.tasks.get(other.id, theirs.id)).status == "queued"
    assert (await accounts.tasks.get(user.id, mine[IMPORT].id)).status == "queued"


async def test_granting_or_withdrawing_twice_changes_nothing(accounts: Accounts, clock: MovingClock) -> None:
    user = await signed_up(accounts)
    first = await accounts.consents.grant(user.id, "improve")
    clock.advance(days=1)
    assert await accounts.consents.grant(user.id, "improve") == first
    withdrawn = await accounts.consents.withdraw(user.id, "improve")
    clock.advance(days=1)
    assert await accounts.consents.withdraw(user.id, "improve") == withdrawn
    never = await accounts.consents.withdraw(user.id, "retain_photo")
    assert (never.granted, never.granted_at, never.withdrawn_at) == (False, None, None)


async def test_concurrent_grants_leave_one_row(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    await asyncio.gather(*(accounts.consents.grant(user.id, "history") for _ in range(8)))
    rows = [one for one in (await accounts.exports.export(user.id))["consents"] if one["purpose"] == "history"]
    assert len(rows) == 1


async def test_the_consents_of_users_are_independent(accounts: Accounts) -> None:
    user, other = await signed_up(accounts), await signed_up(accounts, "other@example.com")
    await accounts.consents.grant(user.id, "history")
    await accounts.consents.withdraw(other.id, "history")
    await accounts.consents.require(user.id, "history")
    with pytest.raises(ConsentRequiredError):
        await accounts.consents.require(other.id, "history")


async def test_a_consent_to_an_outdated_text_is_rejected(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    with pytest.raises(ConsentVersionError) as refused:
        await accounts.consents.grant(user.id, "history", version=1)
    assert refused.value.context == {"purpose": "history", "version": 2}


async def test_a_consent_of_an_unknown_user_is_rejected(accounts: Accounts) -> None:
    with pytest.raises(UserNotFoundError):
        await accounts.consents.grant(2**31 - 1, "history")
    with pytest.raises(UserNotFoundError):
        await accounts.consents.withdraw(2**31 - 1, "history")


@pytest.mark.parametrize(("valid_from", "holds"), [(2, True), (3, False)])
async def test_a_new_text_ends_consents_only_to_versions_before_valid_from(
    accounts: Accounts, clock: MovingClock, valid_from: int, holds: bool
) -> None:
    user = await signed_up(accounts)
    renewed = ConsentText(version=3, valid_from=valid_from, translations={"ko": "새 글", "en": "new text"})
    texts = ConsentTexts({**default_consent_texts().by_purpose, "reading": renewed})
    later = ConsentService(
        accounts.uow,
        texts,
        accounts.audit,
        accounts.erasures,
        accounts.photo_cleaner,
        lambda _: (),
        accounts.job_resources.outbox,
        clock=clock,
    )
    state = (await later.states(user.id))[0]
    assert (state.granted, state.version, state.granted_version) == (holds, 3, 2)
    again = await later.grant(user.id, "reading")
    assert (again.granted, again.granted_version) == (True, 3)
    exported = (await accounts.exports.export(user.id))["consents"]
    assert [(one["version"], one["withdrawn_at"] is None) for one in exported] == [(2, False), (3, True)]


def test_every_purpose_has_a_text_in_every_language() -> None:
    texts = default_consent_texts()
    assert set(texts.by_purpose) == set(PURPOSES)
    for purpose in PURPOSES:
        text = texts[purpose]
        assert set(text.translations) == set(LOCALES)
        assert min(map(len, text.translations.values())) > 50
        assert text.valid_from <= text.version
