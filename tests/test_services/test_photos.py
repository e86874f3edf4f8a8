"""PhotoService: no object of a photo outlives its row, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast
from uuid import UUID, uuid4

import pytest

from gwansang.container import Accounts
from gwansang.services.protection.consent_texts import Purpose
from gwansang.services.protection.photo_cleaner import PhotoCleaner
from gwansang.services.readings.analysis_service import AnalysisService
from gwansang.services.readings.caller_analyses import CallerAnalyses, LoadPhoto
from gwansang.services.readings.photo_service import PhotoNotFoundError, PhotoService
from gwansang.storage.base import (
    ObjectLink,
    ObjectNotFoundError,
    ObjectStore,
    StoredObject,
    object_not_found,
    storage_unavailable,
)
from gwansang.vision.copying import PhotoCopy
from tests.support.accounts import signed_up
from tests.support.fakes import MovingClock
from tests.test_services.test_history import make_analysis

pytestmark = pytest.mark.anyio


class FakeStore:
    """Objects in memory; `unavailable` makes every call fail."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.unavailable = False

    async def put(self, key: str, data: bytes) -> None:
        self._check()
        await asyncio.sleep(0)
        self.objects[key] = data

    async def get(self, key: str) -> bytes:
        self._check()
        if key not in self.objects:
            raise object_not_found()
        return self.objects[key]

    async def delete(self, key: str) -> None:
        self._check()
        await asyncio.sleep(0)
        self.objects.pop(key, None)

    async def delete_prefix(self, prefix: str) -> int:
        raise AssertionError(prefix)

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        raise AssertionError(prefix)

    async def link(self, key: str, ttl_s: int) -> ObjectLink:
        raise AssertionError(key, ttl_s)

    async def sweep(self) -> None:
        self._check()

    def _check(self) -> None:
        if self.unavailable:
            raise storage_unavailable()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def cleaner(accounts: Accounts, store: FakeStore, clock: MovingClock, monkeypatch: pytest.MonkeyPatch) -> PhotoCleaner:
    """The cleaner that all services of this test use."""
    object_store: ObjectStore = store
    monkeypatch.setattr(accounts.photo_cleaner, "_store", object_store)
    return accounts.photo_cleaner


@pytest.fixture
def photos(accounts: Accounts, store: FakeStore, cleaner: PhotoCleaner, clock: MovingClock) -> PhotoService:
    async def copy(photo: bytes) -> PhotoCopy:
        return PhotoCopy(photo, 3, 4)

    return PhotoService(accounts.uow, store, accounts.consents, cleaner, copy, clock=clock, new_id=uuid4)


async def user_with_consents(accounts: Accounts) -> int:
    user = await signed_up(accounts)
    await accounts.consents.grant(user.id, "history")
    await accounts.consents.grant(user.id, "retain_photo")
    return user.id


async def save_analysis(accounts: Accounts, user_id: int) -> UUID:
    analysis = make_analysis()
    await accounts.history.save(user_id, analysis)
    return analysis.analysis_id


async def test_an_object_without_a_row_is_deleted_after_the_grace_period(
    accounts: Accounts, photos: PhotoService, store: FakeStore, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = await user_with_consents(accounts)
    analysis_id = await save_analysis(accounts, user_id)

    async def crash(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(photos, "attach", crash)
    with pytest.raises(KeyboardInterrupt):
        await photos.save(user_id, analysis_id, b"photo")
    assert len(store.objects) == 1
    assert await accounts.photo_cleaner.sweep() == 0
    clock.advance(minutes=11)
    assert await accounts.photo_cleaner.sweep() == 1
    assert store.objects == {}


async def test_a_saved_photo_is_never_deleted_by_the_sweep(
    accounts: Accounts, photos: PhotoService, store: FakeStore, clock: MovingClock
) -> None:
    user_id = await user_with_consents(accounts)
    assert await photos.save(user_id, await save_analysis(accounts, user_id), b"photo")
    clock.advance(days=400)
    assert await accounts.photo_cleaner.sweep() == 0
    assert list(store.objects.values()) == [b"photo"]


async def test_a_photo_is_not_stored_whose_object_a_sweep_with_a_clock_ahead_has_deleted(
    accounts: Accounts, photos: PhotoService, store: FakeStore, clock: MovingClock
) -> None:
    user_id = await user_with_consents(accounts)
    row = await photos.upload(user_id, await save_analysis(accounts, user_id), b"photo")
    assert row is not None
    clock.advance(minutes=20)
    assert await accounts.photo_cleaner.sweep() == 1
    async with accounts.uow.write() as tx:
        assert not await photos.attach(tx, row)
    assert store.objects == {}


async def test_a_photo_is_not_stored_while_a_sweep_with_a_clock_ahead_deletes_its_object(
    accounts: Accounts, photos: PhotoService, store: FakeStore, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = await user_with_consents(accounts)
    row = await photos.upload(user_id, await save_analysis(accounts, user_id), b"photo")
    assert row is not None
    delete, attached = store.delete, []

    async def attach_and_delete(key: str) -> None:
        async with accounts.uow.write() as tx:
            attached.append(await photos.attach(tx, row))
        await delete(key)

    monkeypatch.setattr(store, "delete", attach_and_delete)
    clock.advance(minutes=20)
    assert await accounts.photo_cleaner.sweep() == 1
    assert (attached, store.objects) == ([False], {})


async def test_a_withdrawal_during_a_store_outage_hides_the_photo_and_deletes_it_later(
    accounts: Accounts, photos: PhotoService, store: FakeStore
) -> None:
    user_id = await user_with_consents(accounts)
    analysis_id = await save_analysis(accounts, user_id)
    await photos.save(user_id, analysis_id, b"photo")
    store.unavailable = True
    assert not (await accounts.consents.withdraw(user_id, "retain_photo")).granted
    with pytest.raises(PhotoNotFoundError):
        await photos.link(user_id, analysis_id)
    store.unavailable = False
    assert await accounts.photo_cleaner.sweep() == 1
    assert store.objects == {}


async def test_a_photo_whose_analysis_was_deleted_elsewhere_is_swept(
    accounts: Accounts, photos: PhotoService, store: FakeStore, clock: MovingClock
) -> None:
    user_id = await user_with_consents(accounts)
    await photos.save(user_id, await save_analysis(accounts, user_id), b"photo")
    async with accounts.uow.write() as tx:
        await tx.analyses.delete_for_user(user_id)
    clock.advance(minutes=11)
    assert await accounts.photo_cleaner.sweep() == 1
    assert store.objects == {}


@pytest.mark.parametrize("purpose", ["history", "retain_photo"])
async def test_no_photo_survives_a_concurrent_withdrawal(
    accounts: Accounts, photos: PhotoService, store: FakeStore, purpose: str
) -> None:
    user_id = await user_with_consents(accounts)
    analysis_ids = [await save_analysis(accounts, user_id) for _ in range(6)]
    await asyncio.gather(
        *(photos.save(user_id, analysis_id, b"photo") for analysis_id in analysis_ids[:3]),
        accounts.consents.withdraw(user_id, purpose),
        *(photos.save(user_id, analysis_id, b"photo") for analysis_id in analysis_ids[3:]),
    )
    assert store.objects == {}
    async with accounts.uow.read() as tx:
        assert await tx.photos.list_for_user(user_id) == ()


async def test_one_photo_is_saved_for_each_analysis(accounts: Accounts, photos: PhotoService, store: FakeStore) -> None:
    user_id = await user_with_consents(accounts)
    analysis_id = await save_analysis(accounts, user_id)
    outcomes = await asyncio.gather(*(photos.save(user_id, analysis_id, b"photo") for _ in range(4)))
    assert sorted(outcomes) == [False, False, False, True]
    assert len(store.objects) == 1


async def test_no_photo_is_saved_for_another_users_analysis(
    accounts: Accounts, photos: PhotoService, store: FakeStore
) -> None:
    analysis_id = await save_analysis(accounts, await user_with_consents(accounts))
    other = await signed_up(accounts, "other@example.com")
    await accounts.consents.grant(other.id, "history")
    await accounts.consents.grant(other.id, "retain_photo")
    assert not await photos.save(other.id, analysis_id, b"photo")
    assert store.objects == {}


@pytest.fixture
def readings(accounts: Accounts, photos: PhotoService) -> CallerAnalyses:
    """CallerAnalyses without an AnalysisService: these tests only save."""
    return CallerAnalyses(
        cast(AnalysisService, None), accounts.consents, accounts.history, accounts.profiles, photos, accounts.usage
    )


async def load_photo() -> bytes:
    return b"photo"


async def load_missing_photo() -> bytes:
    raise object_not_found()


@pytest.mark.parametrize("purpose", ["history", "retain_photo"])
async def test_consent_withdrawn_while_a_task_ends_leaves_no_photo(
    accounts: Accounts, readings: CallerAnalyses, store: FakeStore, purpose: Purpose
) -> None:
    user_id = await user_with_consents(accounts)
    analysis = make_analysis()
    save = await readings.prepare_save(user_id, [analysis], {analysis.analysis_id: load_photo})
    assert len(store.objects) == 1
    await accounts.consents.withdraw(user_id, purpose)
    async with accounts.uow.write() as tx:
        await save.write(tx)
    assert await accounts.photo_cleaner.sweep() == 1
    assert store.objects == {}


async def test_discarding_a_pending_save_deletes_its_photos_at_once(
    accounts: Accounts, readings: CallerAnalyses, store: FakeStore
) -> None:
    user_id = await user_with_consents(accounts)
    analyses = [make_analysis() for _ in range(3)]
    save = await readings.prepare_save(user_id, analyses, {analysis.analysis_id: load_photo for analysis in analyses})
    await accounts.erasures.erase(user_id)
    assert len(store.objects) == 3
    await save.discard()
    assert store.objects == {}


async def test_a_failing_upload_deletes_the_copies_made_before_it(
    accounts: Accounts, readings: CallerAnalyses, store: FakeStore
) -> None:
    user_id = await user_with_consents(accounts)
    analyses = [make_analysis() for _ in range(2)]
    loaders: list[LoadPhoto] = [load_photo, load_missing_photo]
    with pytest.raises(ObjectNotFoundError):
        await readings.prepare_save(
            user_id,
            analyses,
            {analysis.analysis_id: load for analysis, load in zip(analyses, loaders, strict=True)},
        )
    assert store.objects == {}


async def test_discarding_a_written_save_keeps_its_photos(
    accounts: Accounts, readings: CallerAnalyses, store: FakeStore
) -> None:
    user_id = await user_with_consents(accounts)
    analysis = make_analysis()
    save = await readings.prepare_save(user_id, [analysis], {analysis.analysis_id: load_photo})
    async with accounts.uow.write() as tx:
        await save.write(tx)
    await save.discard()  # as after a commit whose answer was lost
    assert len(store.objects) == 1
