"""HistoryService: saving, returning and deleting analyses."""

import asyncio
import dataclasses
import json
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from gwansang.container import Accounts
from gwansang.core.paging import InvalidPageError, PageRequest, encode_cursor
from gwansang.reading.taxonomy import load_taxonomy
from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.services.protection.sealed_faces import unseal_face
from gwansang.services.readings.history_service import AnalysisNotFoundError
from gwansang.services.readings.kept_content import KeptAnalysis, kept_measures
from gwansang.texts import LOCALES, Locale
from gwansang.vision.given_landmarks import GivenLandmarks
from tests.support.accounts import signed_up
from tests.support.factories import IDEAL, face_of, measures_at, read_face
from tests.support.fakes import NOON, FakeVision

pytestmark = pytest.mark.anyio
TODAY = date(2026, 11, 23)
EVER_KEPT = Path(__file__).with_name("shapes_ever_kept.json")


def make_analysis(seed: int = 1, locale: str = "ko", day: date = TODAY, minutes: int = 0) -> KeptAnalysis:
    """Return an analysis of a synthetic face."""
    face = FakeVision().face_from_landmarks(GivenLandmarks(canonical_landmarks(), 1000, 1000))
    reading = read_face(seed, IDEAL, day, locale, 1990)
    return KeptAnalysis(
        analysis_id=uuid4(),
        created_at=NOON + timedelta(minutes=minutes),
        birth_year=1990,
        reading=reading,
        measures=kept_measures(measures_at(**face_of(seed))),
        pose=face.pose,
        quality=face.quality,
    )


def as_kept_by_an_older_release(analysis: KeptAnalysis) -> KeptAnalysis:
    """Return an analysis that is kept with its sentences instead of the decided face."""
    return dataclasses.replace(analysis, reading=dataclasses.replace(analysis.reading, decided=None))


async def user_with_history(accounts: Accounts, email: str = "minji@example.com") -> int:
    """Return a new user who consents to a history."""
    user = await signed_up(accounts, email)
    await accounts.consents.grant(user.id, "history")
    return user.id


async def test_a_kept_analysis_is_returned_unchanged(accounts: Accounts) -> None:
    user_id, kept = await user_with_history(accounts), make_analysis()
    assert await accounts.history.save(user_id, kept)
    assert await accounts.history.get(user_id, kept.analysis_id) == kept


@pytest.mark.parametrize("locale", LOCALES)
async def test_a_kept_reading_is_told_in_any_language_with_the_same_shapes_and_scores(
    accounts: Accounts, locale: Locale
) -> None:
    user_id, kept = await user_with_history(accounts), make_analysis(locale="ko")
    await accounts.history.save(user_id, kept)
    told = await accounts.history.get(user_id, kept.analysis_id, locale)
    assert told.reading == read_face(1, IDEAL, TODAY, locale, 1990)
    assert told.reading.decided == kept.reading.decided


async def test_a_kept_reading_takes_less_than_four_kilobytes(accounts: Accounts) -> None:
    user_id = await user_with_history(accounts)
    for seed in range(20):
        await accounts.history.save(user_id, make_analysis(seed))
    async with accounts.uow.read() as tx:
        rows = await tx.analyses.list_after(user_id, None, 1000)
    assert max(len(row.sealed or b"") for row in rows) < 3000


async def test_a_reading_of_an_older_release_is_returned_with_its_sentences(accounts: Accounts) -> None:
    user_id, kept = await user_with_history(accounts), as_kept_by_an_older_release(make_analysis())
    await accounts.history.save(user_id, kept)
    assert await accounts.history.get(user_id, kept.analysis_id, "en") == kept


def test_the_shapes_that_kept_readings_name_are_in_the_taxonomy() -> None:
    known = {(part.key, shape.id) for part in load_taxonomy() for shape in part.classes}
    kept = {(part, shape) for part, shapes in json.loads(EVER_KEPT.read_text()).items() for shape in shapes}
    assert kept == known, "add new shapes to the file; a shape that was ever kept can't be removed"


async def test_nothing_is_kept_without_consent(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    assert not await accounts.history.save(user.id, make_analysis())
    assert (await accounts.history.page(user.id)).total == 0


async def test_nothing_is_kept_for_a_deleted_user(accounts: Accounts) -> None:
    user_id = await user_with_history(accounts)
    await accounts.users.delete(user_id)
    assert not await accounts.history.save(user_id, make_analysis())


async def test_withdrawing_consent_deletes_the_analyses_of_that_user_only(accounts: Accounts) -> None:
    user_id, other_id = await user_with_history(accounts), await user_with_history(accounts, "other@example.com")
    mine, theirs = make_analysis(), make_analysis()
    await accounts.history.save(user_id, mine)
    await accounts.history.save(other_id, theirs)
    await accounts.consents.withdraw(user_id, "history")
    with pytest.raises(AnalysisNotFoundError):
        await accounts.history.get(user_id, mine.analysis_id)
    assert await accounts.history.get(other_id, theirs.analysis_id) == theirs


async def test_no_analysis_survives_a_concurrent_withdrawal(accounts: Accounts) -> None:
    user_id = await user_with_history(accounts)
    await asyncio.gather(
        *(accounts.history.save(user_id, make_analysis(seed)) for seed in range(4)),
        accounts.consents.withdraw(user_id, "history"),
        *(accounts.history.save(user_id, make_analysis(seed)) for seed in range(4)),
    )
    assert (await accounts.history.page(user_id)).total == 0


async def test_a_kept_analysis_has_neither_points_nor_a_photo(accounts: Accounts) -> None:
    user_id, kept = await user_with_history(accounts), make_analysis()
    await accounts.history.save(user_id, kept)
    async with accounts.uow.read() as tx:
        row = (await tx.analyses.list_after(user_id, None, 1000))[0]
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
    own = len(document) if all(isinstance(item, int | float) for item in document) else 0
    return max([own, *map(longest_list_of_numbers, document)])


async def test_measures_are_kept_with_their_errors(accounts: Accounts) -> None:
    user_id, kept = await user_with_history(accounts), make_analysis()
    await accounts.history.save(user_id, kept)
    loaded = await accounts.history.get(user_id, kept.analysis_id)
    assert len(loaded.measures) >= 20
    assert all(measure.error > 0 for measure in loaded.measures.values())


async def test_another_users_analysis_is_not_found_like_a_nonexistent_one(accounts: Accounts) -> None:
    owner_id, kept = await user_with_history(accounts), make_analysis()
    stranger_id = await user_with_history(accounts, "other@example.com")
    await accounts.history.save(owner_id, kept)

    async def errors_for(analysis_id: UUID) -> list[tuple[str, object]]:
        errors = []
        for call in (
            accounts.history.get(stranger_id, analysis_id),
            accounts.history.delete(stranger_id, analysis_id),
            accounts.history.fortune(stranger_id, analysis_id, TODAY),
        ):
            with pytest.raises(AnalysisNotFoundError) as raised:
                await call
            errors.append((raised.value.message, raised.value.context))
        return errors

    assert await errors_for(kept.analysis_id) == await errors_for(uuid4())
    assert (await accounts.history.page(stranger_id)).total == 0
    assert await accounts.history.get(owner_id, kept.analysis_id) == kept


async def test_an_analysis_can_be_deleted_once(accounts: Accounts) -> None:
    user_id, kept = await user_with_history(accounts), make_analysis()
    await accounts.history.save(user_id, kept)
    await accounts.history.delete(user_id, kept.analysis_id)
    with pytest.raises(AnalysisNotFoundError):
        await accounts.history.delete(user_id, kept.analysis_id)
    assert (await accounts.history.page(user_id)).total == 0


async def test_analyses_are_paged_newest_first(accounts: Accounts) -> None:
    user_id = await user_with_history(accounts)
    saved = [make_analysis(minutes=number) for number in range(5)]
    for analysis in saved:
        await accounts.history.save(user_id, analysis)
    first, last = [await accounts.history.page(user_id, PageRequest(page, 2)) for page in (1, 3)]
    assert [item.analysis_id for item in first.items] == [saved[4].analysis_id, saved[3].analysis_id]
    assert [item.analysis_id for item in last.items] == [saved[0].analysis_id]
    assert (first.total, first.pages) == (5, 3)


async def test_pages_after_a_cursor_have_every_analysis_once(accounts: Accounts) -> None:
    user_id = await user_with_history(accounts)
    saved = [make_analysis(minutes=number // 3) for number in range(10)]  # three of each moment
    for analysis in saved:
        await accounts.history.save(user_id, analysis)
    pages = [await accounts.history.page(user_id, PageRequest(size=3))]
    await accounts.history.save(user_id, make_analysis(minutes=99))  # moves no later page
    while pages[-1].next is not None:
        pages.append(await accounts.history.page(user_id, PageRequest(size=3, after=pages[-1].next)))
    listed = [item.analysis_id for page in pages for item in page.items]
    assert sorted(listed) == sorted(analysis.analysis_id for analysis in saved)
    assert [len(page.items) for page in pages] == [3, 3, 3, 1]
    assert [(page.total, page.pages) for page in pages] == [(10, 4), (None, None), (None, None), (None, None)]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "W10",
        "WzEsMl0",
        encode_cursor(["yesterday", "x"]),
        encode_cursor(["2026-11-23", "0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"]),
    ],
)
async def test_a_cursor_that_no_page_gave_is_refused(accounts: Accounts, cursor: str) -> None:
    user_id = await user_with_history(accounts)
    with pytest.raises(InvalidPageError):
        await accounts.history.page(user_id, PageRequest(after=cursor))


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_fortune_of_any_day_equals_that_of_a_reading_on_that_day(accounts: Accounts, locale: str) -> None:
    user_id, kept = await user_with_history(accounts), make_analysis()
    await accounts.history.save(user_id, kept)
    for day in (TODAY, date(2027, 3, 1), date(1999, 12, 31)):
        fortune = await accounts.history.fortune(user_id, kept.analysis_id, day, locale)
        assert fortune == make_analysis(locale=locale, day=day).reading.fortune


async def test_an_export_contains_the_analyses(accounts: Accounts) -> None:
    user_id, kept = await user_with_history(accounts), make_analysis()
    await accounts.history.save(user_id, kept)
    exported = (await accounts.exports.export(user_id))["analyses"]
    assert [analysis["analysis_id"] for analysis in exported] == [str(kept.analysis_id)]
    assert exported[0]["reading"]["overall_score"] == kept.reading.overall_score


async def test_deleting_a_user_deletes_the_analyses(accounts: Accounts) -> None:
    user_id, kept = await user_with_history(accounts), make_analysis()
    await accounts.history.save(user_id, kept)
    await accounts.users.delete(user_id)
    async with accounts.uow.read() as tx:
        assert await tx.analyses.list_after(user_id, None, 1000) == ()


async def test_every_field_of_a_reading_survives_saving_and_loading(accounts: Accounts) -> None:
    user_id = await user_with_history(accounts)
    for locale in LOCALES:
        kept = make_analysis(seed=3, locale=locale)
        await accounts.history.save(user_id, kept)
        loaded = await accounts.history.get(user_id, kept.analysis_id)
        for field in dataclasses.fields(kept.reading):
            assert getattr(loaded.reading, field.name) == getattr(kept.reading, field.name), field.name
