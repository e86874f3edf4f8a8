"""Answers to parts of kept readings, and their counts, on both databases."""

import asyncio
from uuid import uuid4

import pytest

from gwansang.container import Accounts
from gwansang.reading.texts import CONTENT_VERSION
from gwansang.services.accounts.consent_service import ConsentRequiredError
from gwansang.services.readings.feedback_service import PartNotToldError, ShapeCount
from gwansang.services.readings.history_service import AnalysisNotFoundError
from gwansang.services.readings.kept_content import KeptAnalysis
from tests.support.accounts import accounts_on, signed_up
from tests.support.fakes import MovingClock
from tests.test_services.test_history import make_analysis, user_with_history

pytestmark = pytest.mark.anyio


async def willing_user(accounts: Accounts, email: str = "minji@example.com") -> tuple[int, KeptAnalysis]:
    """Return a user with a kept reading who agrees to `improve`."""
    user_id, analysis = await user_with_history(accounts, email), make_analysis()
    await accounts.consents.grant(user_id, "improve")
    assert await accounts.history.save(user_id, analysis)
    return user_id, analysis


def shape_of(analysis: KeptAnalysis, part: str) -> str:
    return next(one.shape_id for one in analysis.reading.parts if one.part == part)


def eyes_count(analysis: KeptAnalysis, fits: int, fits_not: int) -> tuple[ShapeCount, ...]:
    return (ShapeCount("eyes", shape_of(analysis, "eyes"), CONTENT_VERSION, fits, fits_not),)


async def test_an_answer_is_counted_once_and_a_changed_one_moves_the_count(accounts: Accounts) -> None:
    user, analysis = await willing_user(accounts)
    for fits, expected in ((True, (1, 0)), (True, (1, 0)), (False, (0, 1)), (True, (1, 0))):
        answers = await accounts.feedback.answer(user, analysis.analysis_id, {"eyes": fits})
        assert answers == {"eyes": fits} == await accounts.feedback.answers(user, analysis.analysis_id)
        assert await accounts.feedback.counts() == eyes_count(analysis, *expected)
    assert await accounts.feedback.answer(user, analysis.analysis_id, {"eyes": None, "nose": None}) == {}
    assert await accounts.feedback.counts() == ()


async def test_answers_of_people_with_one_shape_are_added(accounts: Accounts) -> None:
    for email, fits in (("a@example.com", True), ("b@example.com", True), ("c@example.com", False)):
        user, analysis = await willing_user(accounts, email)
        await accounts.feedback.answer(user, analysis.analysis_id, {"eyes": fits, "jaw": True})
    counted = {(one.part, one.fits, one.fits_not) for one in await accounts.feedback.counts()}
    assert counted == {("eyes", 2, 1), ("jaw", 3, 0)}


async def test_racing_answers_are_counted_once_each(database_url: str, clock: MovingClock) -> None:
    async with accounts_on(database_url, clock) as accounts:
        users = [await willing_user(accounts, f"{name}@example.com") for name in "abc"]
        calls = [
            accounts.feedback.answer(user, analysis.analysis_id, {"eyes": True})
            for user, analysis in users
            for _ in range(3)
        ]
        await asyncio.gather(*calls)
        assert await accounts.feedback.counts() == eyes_count(users[0][1], 3, 0)


async def test_without_the_consent_nothing_is_answered_or_counted(accounts: Accounts) -> None:
    user_id, analysis = await user_with_history(accounts), make_analysis()
    await accounts.history.save(user_id, analysis)
    with pytest.raises(ConsentRequiredError) as refused:
        await accounts.feedback.answer(user_id, analysis.analysis_id, {"eyes": True})
    assert refused.value.context == {"purpose": "improve", "version": 2}
    assert await accounts.feedback.answers(user_id, analysis.analysis_id) == {}
    assert await accounts.feedback.counts() == ()


async def test_the_consent_to_the_text_before_these_counts_is_not_enough(accounts: Accounts) -> None:
    user, analysis = await willing_user(accounts)
    async with accounts.uow.write() as tx:
        row = await tx.consents.get_active(user, "improve")
        assert row is not None
        row.version = 1
    assert (await accounts.consents.states(user))[-1].granted  # measures are still gathered
    with pytest.raises(ConsentRequiredError):
        await accounts.feedback.answer(user, analysis.analysis_id, {"eyes": True})


async def test_a_withdrawal_deletes_the_answers_and_leaves_the_numbers(accounts: Accounts) -> None:
    user, analysis = await willing_user(accounts)
    other, others = await willing_user(accounts, "other@example.com")
    for owner, kept in ((user, analysis), (other, others)):
        await accounts.feedback.answer(owner, kept.analysis_id, {"eyes": True})
    await accounts.consents.withdraw(user, "improve")
    assert await accounts.feedback.answers(user, analysis.analysis_id) == {}
    assert await accounts.feedback.answers(other, others.analysis_id) == {"eyes": True}
    assert await accounts.feedback.counts() == eyes_count(analysis, 2, 0)


@pytest.mark.parametrize("end", ["reading", "history", "account"])
async def test_answers_end_with_their_reading_and_the_account(end: str, accounts: Accounts) -> None:
    user, analysis = await willing_user(accounts)
    await accounts.feedback.answer(user, analysis.analysis_id, {"eyes": False})
    if end == "reading":
        await accounts.history.delete(user, analysis.analysis_id)
    elif end == "history":
        await accounts.consents.withdraw(user, "history")
    else:
        assert await accounts.erasures.erase(user)
    async with accounts.uow.read() as tx:
        assert await tx.feedback_answers.list_for_analysis(analysis.analysis_id) == ()
    assert await accounts.feedback.counts() == eyes_count(analysis, 0, 1)


async def test_another_users_reading_can_not_be_answered(accounts: Accounts) -> None:
    (_, analysis), stranger = await willing_user(accounts), await signed_up(accounts, "other@example.com")
    await accounts.consents.grant(stranger.id, "improve")
    for analysis_id in (analysis.analysis_id, uuid4()):
        with pytest.raises(AnalysisNotFoundError):
            await accounts.feedback.answer(stranger.id, analysis_id, {"eyes": True})
        with pytest.raises(AnalysisNotFoundError):
            await accounts.feedback.answers(stranger.id, analysis_id)


@pytest.mark.parametrize("part", ["", "ear", "<b>", "'; DROP TABLE users;--"])
async def test_a_part_that_was_not_told_is_refused_and_the_others_are_not_counted(
    part: str, accounts: Accounts
) -> None:
    user, analysis = await willing_user(accounts)
    with pytest.raises(PartNotToldError):
        await accounts.feedback.answer(user, analysis.analysis_id, {"eyes": True, part: True})
    assert await accounts.feedback.counts() == ()


async def test_an_export_has_the_answers(accounts: Accounts) -> None:
    user, analysis = await willing_user(accounts)
    await accounts.feedback.answer(user, analysis.analysis_id, {"eyes": False})
    exported = (await accounts.exports.export(user))["feedback"]
    assert exported == [{"analysis_id": str(analysis.analysis_id), "part": "eyes", "fits": False}]
