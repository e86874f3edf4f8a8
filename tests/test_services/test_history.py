"""Kept analyses."""

import asyncio
import dataclasses
import json
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from gwansang.container import Accounts
from gwansang.core.paging import InvalidPageError
from gwansang.reading.measurements import measure_face
from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.services.protection.sealed_faces import unseal_face
from gwansang.services.readings.history_service import AnalysisNotFoundError, KeptAnalysis, kept_measures
from gwansang.vision.pipeline import face_from_landmarks
from tests.support.accounts import signed_up
from tests.support.factories import IDEAL, frontal_face, read_mesh
from tests.support.fakes import NOON

pytestmark = pytest.mark.anyio
TODAY = date(2026, 11, 23)


def analysis(seed: int = 1, locale: str = "ko", day: date = TODAY, minutes: int = 0) -> KeptAnalysis:
    """What an analysis of nobody's face leaves to keep."""
    seen = face_from_landmarks(canonical_landmarks(), 1000, 1000)
    reading = read_mesh(frontal_face(seed), IDEAL, day, locale, 1990)
    return KeptAnalysis(
        analysis_id=uuid4(),
        created_at=NOON + timedelta(minutes=minutes),
        birth_year=1990,
        reading=reading,
        measures=kept_measures(measure_face(frontal_face(seed), IDEAL)),
        pose=seen.pose,
        quality=seen.quality,
    )


async def keeper(accounts: Accounts, email: str = "minji@example.com") -> int:
    """A user who agrees that readings are kept."""
    user = await signed_up(accounts, email)
    await accounts.consents.grant(user.id, "history")
    return user.id


async def test_a_kept_analysis_comes_back_as_it_was(accounts: Accounts) -> None:
    user_id, made = await keeper(accounts), analysis()
    assert await accounts.history.save(user_id, made)
    assert await accounts.history.get(user_id, made.analysis_id) == made


async def test_nothing_is_kept_without_consent(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    assert not await accounts.history.save(user.id, analysis())
    assert (await accounts.history.page(user.id)).total == 0


async def test_nothing_is_kept_of_a_user_who_is_gone(accounts: Accounts) -> None:
    user_id = await keeper(accounts)
    await accounts.users.delete(user_id)
    assert not await accounts.history.save(user_id, analysis())


async def test_withdrawing_deletes_all_that_was_kept_and_of_nobody_else(accounts: Accounts) -> None:
    user_id, other_id = await keeper(accounts), await keeper(accounts, "other@example.com")
    mine, theirs = analysis(), analysis()
    await accounts.history.save(user_id, mine)
    await accounts.history.save(other_id, theirs)
    await accounts.consents.withdraw(user_id, "history")
    with pytest.raises(AnalysisNotFoundError):
        await accounts.history.get(user_id, mine.analysis_id)
    assert await accounts.history.get(other_id, theirs.analysis_id) == theirs


async def test_an_analysis_that_races_a_withdrawal_is_not_left_over(accounts: Accounts) -> None:
    user_id = await keeper(accounts)
    await asyncio.gather(
        *(accounts.history.save(user_id, analysis(seed)) for seed in range(4)),
        accounts.consents.withdraw(user_id, "history"),
        *(accounts.history.save(user_id, analysis(seed)) for seed in range(4)),
    )
    assert (await accounts.history.page(user_id)).total == 0


async def test_what_is_kept_has_neither_points_nor_a_photo(accounts: Accounts) -> None:
    user_id, made = await keeper(accounts), analysis()
    await accounts.history.save(user_id, made)
    async with accounts.uow.read() as tx:
        row = (await tx.analyses.list_for_user(user_id))[0]
        key = await accounts.sealer.load_key(tx, user_id)
    stored = json.dumps(unseal_face(accounts.sealer, key, row))
    assert (row.measures, row.reading, row.pose, row.quality, row.birth_year) == (None,) * 5
    for name in ("points", "frontal", "eyelids", "irises", "image"):
        assert f'"{name}":' not in stored
    assert longest_list_of_numbers(json.loads(stored)) < 30  # mesh vertices to draw between, by number


def longest_list_of_numbers(document: object) -> int:
    if isinstance(document, dict):
        return max((longest_list_of_numbers(value) for value in document.values()), default=0)
    if not isinstance(document, list):
        return 0
    own = len(document) if all(isinstance(one, int | float) for one in document) else 0
    return max([own, *map(longest_list_of_numbers, document)])


async def test_measures_are_kept_with_their_errors(accounts: Accounts) -> None:
    user_id, made = await keeper(accounts), analysis()
    await accounts.history.save(user_id, made)
    kept = await accounts.history.get(user_id, made.analysis_id)
    assert len(kept.measures) >= 20
    assert all(measure.error > 0 for measure in kept.measures.values())


async def test_anothers_analysis_is_as_absent_as_one_that_never_was(accounts: Accounts) -> None:
    owner_id, stranger_id, made = await keeper(accounts), await keeper(accounts, "other@example.com"), analysis()
    await accounts.history.save(owner_id, made)

    async def refusals(analysis_id: UUID) -> list[tuple[str, object]]:
        told = []
        for call in (
            accounts.history.get(stranger_id, analysis_id),
            accounts.history.delete(stranger_id, analysis_id),
            accounts.history.fortune(stranger_id, analysis_id, TODAY),
        ):
            with pytest.raises(AnalysisNotFoundError) as refused:
                await call
            told.append((refused.value.message, refused.value.context))
        return told

    assert await refusals(made.analysis_id) == await refusals(uuid4())
    assert (await accounts.history.page(stranger_id)).total == 0
    assert await accounts.history.get(owner_id, made.analysis_id) == made


async def test_a_deleted_analysis_is_gone_and_a_second_deletion_finds_nothing(accounts: Accounts) -> None:
    user_id, made = await keeper(accounts), analysis()
    await accounts.history.save(user_id, made)
    await accounts.history.delete(user_id, made.analysis_id)
    with pytest.raises(AnalysisNotFoundError):
        await accounts.history.delete(user_id, made.analysis_id)
    assert (await accounts.history.page(user_id)).total == 0


async def test_analyses_come_in_pages_the_newest_first(accounts: Accounts) -> None:
    user_id = await keeper(accounts)
    made = [analysis(minutes=number) for number in range(5)]
    for one in made:
        await accounts.history.save(user_id, one)
    first, last = await accounts.history.page(user_id, 1, 2), await accounts.history.page(user_id, 3, 2)
    assert [one.analysis_id for one in first.items] == [made[4].analysis_id, made[3].analysis_id]
    assert [one.analysis_id for one in last.items] == [made[0].analysis_id]
    assert (first.total, first.pages) == (5, 3)
    with pytest.raises(InvalidPageError):
        await accounts.history.page(user_id, 10**12)


@pytest.mark.parametrize("locale", ["ko", "en"])
async def test_the_fortune_of_any_day_is_that_of_a_reading_made_on_that_day(accounts: Accounts, locale: str) -> None:
    user_id, made = await keeper(accounts), analysis()
    await accounts.history.save(user_id, made)
    for day in (TODAY, date(2027, 3, 1), date(1999, 12, 31)):
        told = await accounts.history.fortune(user_id, made.analysis_id, day, locale)
        assert told == analysis(locale=locale, day=day).reading.fortune


async def test_an_export_has_the_kept_analyses(accounts: Accounts) -> None:
    user_id, made = await keeper(accounts), analysis()
    await accounts.history.save(user_id, made)
    exported = (await accounts.exports.export(user_id))["analyses"]
    assert [one["analysis_id"] for one in exported] == [str(made.analysis_id)]
    assert exported[0]["reading"]["overall_score"] == made.reading.overall_score


async def test_a_deleted_user_leaves_no_analysis(accounts: Accounts) -> None:
    user_id, made = await keeper(accounts), analysis()
    await accounts.history.save(user_id, made)
    await accounts.users.delete(user_id)
    async with accounts.uow.read() as tx:
        assert await tx.analyses.list_for_user(user_id) == ()


async def test_every_field_of_a_reading_survives_being_kept(accounts: Accounts) -> None:
    user_id = await keeper(accounts)
    for locale in ("ko", "en"):
        made = analysis(seed=3, locale=locale)
        await accounts.history.save(user_id, made)
        back = await accounts.history.get(user_id, made.analysis_id)
        for field in dataclasses.fields(made.reading):
            assert getattr(back.reading, field.name) == getattr(made.reading, field.name), field.name
