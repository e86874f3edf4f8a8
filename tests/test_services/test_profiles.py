"""What is remembered of a face: kept with consent, changed by one at a time, gone with its owner."""

import asyncio
from uuid import uuid4

import pytest

from gwansang.container import Accounts
from gwansang.models import Consent
from gwansang.reading.measurements import MEASURE_VERSION, measure_face
from gwansang.reading.profile import Profile
from gwansang.services.readings.profile_service import ProfileBusyError, ProfileUpdate, VersionedProfile
from tests.support.accounts import signed_up
from tests.support.factories import IDEAL, frontal_face
from tests.support.fakes import NOON
from tests.test_services.test_history import analysis, keeper

pytestmark = pytest.mark.anyio
FACE = Profile(measure_face(frontal_face(1), IDEAL), 1, {"eyes": "long", "element": "wood"})


async def remember(
    accounts: Accounts, user_id: int, profile: Profile = FACE, known: VersionedProfile | None = None
) -> bool:
    made = analysis()
    change = ProfileUpdate(
        profile=profile,
        replaces=known.version if known else None,
        version=made.analysis_id,
        updated_at=NOON,
        norms_id="norms of then",
        engine_version="0.9.0",
    )
    return await accounts.history.save(user_id, made, change)


async def test_a_remembered_face_comes_back_as_it_was_whatever_norms_and_release_it_was_told_by(
    accounts: Accounts,
) -> None:
    user_id = await keeper(accounts)
    assert await remember(accounts, user_id)
    known = await accounts.profiles.load(user_id)
    assert known is not None
    assert known.profile == FACE


async def test_measures_of_another_kind_than_todays_are_left_out_and_shapes_stay(accounts: Accounts) -> None:
    user_id = await keeper(accounts)
    await remember(accounts, user_id)
    async with accounts.uow.write() as tx:
        row = await tx.profiles.get(user_id)
        assert row is not None
        row.measuring = MEASURE_VERSION + 1
        await tx.profiles.save(row)
    known = await accounts.profiles.load(user_id)
    assert known is not None
    assert (known.profile.photos, known.profile.shapes) == (0, FACE.shapes)
    assert known.profile.measures.values == {}


async def test_whoever_knows_an_older_face_changes_nothing_and_keeps_nothing(accounts: Accounts) -> None:
    user_id = await keeper(accounts)
    await remember(accounts, user_id)
    for stale in (None, VersionedProfile(FACE, uuid4())):
        with pytest.raises(ProfileBusyError):
            await remember(accounts, user_id, Profile(FACE.measures, 7, {}), stale)
    known = await accounts.profiles.load(user_id)
    assert known is not None
    assert known.profile == FACE
    assert (await accounts.history.page(user_id)).total == 1


async def test_of_racing_changes_to_one_face_one_wins(accounts: Accounts) -> None:
    user_id = await keeper(accounts)
    await remember(accounts, user_id)
    known = await accounts.profiles.load(user_id)
    tried = (remember(accounts, user_id, Profile(FACE.measures, 2, {}), known) for _ in range(6))
    outcomes = await asyncio.gather(*tried, return_exceptions=True)
    assert [type(one) for one in outcomes].count(ProfileBusyError) == 5
    assert (await accounts.history.page(user_id)).total == 2


async def test_nothing_is_remembered_without_consent(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    assert not await remember(accounts, user.id)
    assert await accounts.profiles.load(user.id) is None
    async with accounts.uow.read() as tx:
        assert await tx.profiles.get(user.id) is None


async def test_who_agreed_to_a_text_that_did_not_speak_of_remembering_has_readings_kept_only(
    accounts: Accounts,
) -> None:
    user = await signed_up(accounts)
    async with accounts.uow.write() as tx:
        old = Consent(user_id=user.id, purpose="history", version=1, locale="ko", text_sha256="0" * 64, granted_at=NOON)
        await tx.consents.add(old)
    assert await remember(accounts, user.id)
    assert (await accounts.history.page(user.id)).total == 1
    assert await accounts.profiles.load(user.id) is None
    await accounts.consents.grant(user.id, "history")
    assert await remember(accounts, user.id)
    assert await accounts.profiles.load(user.id) is not None


async def test_a_face_is_forgotten_with_the_consent_the_account_or_alone_and_nobody_elses(accounts: Accounts) -> None:
    users = [await keeper(accounts, f"{name}@example.com") for name in ("a", "b", "c", "d")]
    for user_id in users:
        await remember(accounts, user_id)
    await accounts.consents.withdraw(users[0], "history")
    await accounts.users.delete(users[1])
    await accounts.profiles.delete(users[2])
    async with accounts.uow.read() as tx:
        assert [await tx.profiles.get(user_id) is not None for user_id in users] == [False, False, False, True]


async def test_a_change_that_races_a_withdrawal_is_not_left_over(accounts: Accounts) -> None:
    user_id = await keeper(accounts)
    await asyncio.gather(
        *(remember(accounts, user_id) for _ in range(3)),
        accounts.consents.withdraw(user_id, "history"),
        *(remember(accounts, user_id) for _ in range(3)),
        return_exceptions=True,
    )
    async with accounts.uow.read() as tx:
        assert await tx.profiles.get(user_id) is None


async def test_an_export_has_what_is_remembered(accounts: Accounts) -> None:
    user_id = await keeper(accounts)
    assert (await accounts.exports.export(user_id))["profile"] is None
    await remember(accounts, user_id)
    told = (await accounts.exports.export(user_id))["profile"]
    assert isinstance(told, dict)
    assert (told["photos"], told["shapes"]) == (1, dict(FACE.shapes))
    assert isinstance(told["measures"], dict)
    assert len(told["measures"]) == len(FACE.measures.values)
    assert told["measures"]["face_length"] == {
        "value": pytest.approx(FACE.measures.values["FL"].value),
        "error": pytest.approx(FACE.measures.values["FL"].error),
    }


async def test_norms_are_made_of_those_who_agree_to_that_and_of_nobody_else(accounts: Accounts) -> None:
    willing, unwilling = await keeper(accounts), await keeper(accounts, "other@example.com")
    for user_id in (willing, unwilling):
        assert await remember(accounts, user_id)
    assert await accounts.profiles.measures_for_norms() == []
    await accounts.consents.grant(willing, "improve", "ko")
    assert await accounts.profiles.measures_for_norms() == [FACE.measures]
    await accounts.consents.withdraw(willing, "improve")
    assert await accounts.profiles.measures_for_norms() == []
