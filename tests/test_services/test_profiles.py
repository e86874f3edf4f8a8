"""ProfileService: saving with consent, concurrent updates, deletion."""

import asyncio
from uuid import uuid4

import pytest

from gwansang.container import Accounts
from gwansang.models import Consent
from gwansang.reading.measurements import MEASURE_VERSION, Measures
from gwansang.reading.profile import Profile
from gwansang.services.protection.sealed_faces import seal_face, unseal_face
from gwansang.services.readings.profile_service import ProfileBusyError, ProfileUpdate, VersionedProfile
from tests.support.accounts import signed_up
from tests.support.factories import face_of, measures_at
from tests.support.fakes import NOON
from tests.test_services.test_history import make_analysis, user_with_history

pytestmark = pytest.mark.anyio
FACE = Profile(measures_at(**face_of(1)), 1, {"eyes": "long", "element": "wood"})


async def save_profile(
    accounts: Accounts, user_id: int, profile: Profile = FACE, stored: VersionedProfile | None = None
) -> bool:
    analysis = make_analysis()
    update = ProfileUpdate(
        profile=profile,
        replaces=stored.version if stored else None,
        version=analysis.analysis_id,
        updated_at=NOON,
        norms_id="norms of then",
        engine_version="0.9.0",
    )
    return await accounts.history.save(user_id, analysis, update)


async def test_a_profile_is_loaded_unchanged_whatever_norms_and_release_made_it(
    accounts: Accounts,
) -> None:
    user_id = await user_with_history(accounts)
    assert await save_profile(accounts, user_id)
    stored = await accounts.profiles.load(user_id)
    assert stored is not None
    assert stored.profile == FACE


async def test_measures_of_another_measure_version_are_left_out_and_shapes_stay(accounts: Accounts) -> None:
    user_id = await user_with_history(accounts)
    await save_profile(accounts, user_id)
    async with accounts.uow.write() as tx:
        row = await tx.profiles.get(user_id)
        assert row is not None
        row.measuring = MEASURE_VERSION + 1
        await tx.profiles.save(row)
    stored = await accounts.profiles.load(user_id)
    assert stored is not None
    assert (stored.profile.photos, stored.profile.shapes) == (0, FACE.shapes)
    assert stored.profile.measures.values == {}


async def test_a_profile_that_an_older_release_sealed_is_still_readable(accounts: Accounts) -> None:
    """Such rows also hold the asymmetry of the face, which is no longer measured."""
    user_id = await user_with_history(accounts)
    await save_profile(accounts, user_id)
    async with accounts.uow.write() as tx:
        row = await tx.profiles.get(user_id)
        assert row is not None
        key = await accounts.sealer.load_key(tx, user_id)
        older = {**unseal_face(accounts.sealer, key, row), "asymmetry": {"eyes": 0.01}}
        row.measuring = 1
        await tx.profiles.save(seal_face(accounts.sealer, key, row, older))
    stored = await accounts.profiles.load(user_id)
    assert stored is not None
    assert stored.profile == Profile(Measures({}), 0, FACE.shapes)
    exported = (await accounts.exports.export(user_id))["profile"]
    assert isinstance(exported, dict)
    assert len(exported["measures"]) == len(FACE.measures.values)


async def test_a_new_profile_has_what_a_replica_of_the_older_release_needs(accounts: Accounts) -> None:
    """Its model of the sealed content has these three fields, each of them required."""
    user_id = await user_with_history(accounts)
    await save_profile(accounts, user_id)
    async with accounts.uow.read() as tx:
        row = await tx.profiles.get(user_id)
        assert row is not None
        content = unseal_face(accounts.sealer, await accounts.sealer.load_key(tx, user_id), row)
    assert {"measures", "asymmetry", "shapes"} <= set(content)
    assert content["asymmetry"] == {}


async def test_an_update_of_a_stale_version_saves_nothing(accounts: Accounts) -> None:
    user_id = await user_with_history(accounts)
    await save_profile(accounts, user_id)
    for stale in (None, VersionedProfile(FACE, uuid4())):
        with pytest.raises(ProfileBusyError):
            await save_profile(accounts, user_id, Profile(FACE.measures, 7, {}), stale)
    stored = await accounts.profiles.load(user_id)
    assert stored is not None
    assert stored.profile == FACE
    assert (await accounts.history.page(user_id)).total == 1


async def test_one_of_several_concurrent_updates_wins(accounts: Accounts) -> None:
    user_id = await user_with_history(accounts)
    await save_profile(accounts, user_id)
    stored = await accounts.profiles.load(user_id)
    updates = (save_profile(accounts, user_id, Profile(FACE.measures, 2, {}), stored) for _ in range(6))
    outcomes = await asyncio.gather(*updates, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(ProfileBusyError) == 5
    assert (await accounts.history.page(user_id)).total == 2


async def test_no_profile_is_saved_without_consent(accounts: Accounts) -> None:
    user = await signed_up(accounts)
    assert not await save_profile(accounts, user.id)
    assert await accounts.profiles.load(user.id) is None
    async with accounts.uow.read() as tx:
        assert await tx.profiles.get(user.id) is None


async def test_consent_to_the_first_text_saves_readings_but_no_profile(
    accounts: Accounts,
) -> None:
    user = await signed_up(accounts)
    async with accounts.uow.write() as tx:
        old = Consent(user_id=user.id, purpose="history", version=1, locale="ko", text_sha256="0" * 64, granted_at=NOON)
        await tx.consents.add(old)
    assert await save_profile(accounts, user.id)
    assert (await accounts.history.page(user.id)).total == 1
    assert await accounts.profiles.load(user.id) is None
    await accounts.consents.grant(user.id, "history")
    assert await save_profile(accounts, user.id)
    assert await accounts.profiles.load(user.id) is not None


async def test_a_profile_is_deleted_with_the_consent_the_account_or_alone(accounts: Accounts) -> None:
    users = [await user_with_history(accounts, f"{name}@example.com") for name in ("a", "b", "c", "d")]
    for user_id in users:
        await save_profile(accounts, user_id)
    await accounts.consents.withdraw(users[0], "history")
    await accounts.users.delete(users[1])
    await accounts.profiles.delete(users[2])
    async with accounts.uow.read() as tx:
        assert [await tx.profiles.get(user_id) is not None for user_id in users] == [False, False, False, True]


async def test_no_profile_survives_a_concurrent_withdrawal(accounts: Accounts) -> None:
    user_id = await user_with_history(accounts)
    await asyncio.gather(
        *(save_profile(accounts, user_id) for _ in range(3)),
        accounts.consents.withdraw(user_id, "history"),
        *(save_profile(accounts, user_id) for _ in range(3)),
        return_exceptions=True,
    )
    async with accounts.uow.read() as tx:
        assert await tx.profiles.get(user_id) is None


async def test_an_export_contains_the_profile(accounts: Accounts) -> None:
    user_id = await user_with_history(accounts)
    assert (await accounts.exports.export(user_id))["profile"] is None
    await save_profile(accounts, user_id)
    exported = (await accounts.exports.export(user_id))["profile"]
    assert isinstance(exported, dict)
    assert (exported["photos"], exported["shapes"]) == (1, dict(FACE.shapes))
    assert isinstance(exported["measures"], dict)
    assert len(exported["measures"]) == len(FACE.measures.values)
    assert exported["measures"]["face_length"] == {
        "value": pytest.approx(FACE.measures.values["FL"].value),
        "error": pytest.approx(FACE.measures.values["FL"].error),
    }


async def test_norms_are_derived_only_from_users_who_consent_to_it(accounts: Accounts) -> None:
    willing, unwilling = await user_with_history(accounts), await user_with_history(accounts, "other@example.com")
    for user_id in (willing, unwilling):
        assert await save_profile(accounts, user_id)
    assert await accounts.profiles.measures_for_norms() == []
    await accounts.consents.grant(willing, "improve", "ko")
    assert await accounts.profiles.measures_for_norms() == [FACE.measures]
    await accounts.consents.withdraw(willing, "improve")
    assert await accounts.profiles.measures_for_norms() == []
