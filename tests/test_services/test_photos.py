"""No object of a photo outlives its row, whatever happens in between."""

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
from tests.test_services.test_history import analysis

pytestmark = pytest.mark.anyio


class FakeStore:
    """Objects in memory; `away` makes every call fail."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.away = False

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
        if self.away:
            raise storage_unavailable()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def bin_(accounts: Accounts, store: FakeStore, clock: MovingClock, monkeypatch: pytest.MonkeyPatch) -> PhotoCleaner:
    """The bin that all services of this test use."""
    kept: ObjectStore = store
    monkeypatch.setattr(accounts.photo_cleaner, "_store", kept)
    return accounts.photo_cleaner


@pytest.fixture
def photos(accounts: Accounts, store: FakeStore, bin_: PhotoCleaner, clock: MovingClock) -> PhotoService:
    async def copy(photo: bytes) -> PhotoCopy:
        return PhotoCopy(photo, 3, 4)

    return PhotoService(accounts.uow, store, accounts.consents, bin_, copy, clock=clock, new_id=uuid4)


async def keeper(accounts: Accounts) -> int:
    user = await signed_up(accounts)
    await accounts.consents.grant(user.id, "history")
    await accounts.consents.grant(user.id, "retain_photo")
    return user.id


async def kept(accounts: Accounts, user_id: int) -> UUID:
    made = analysis()
    await accounts.history.save(user_id, made)
    return made.analysis_id


async def test_an_object_whose_row_was_never_written_is_swept_when_nobody_can_be_writing_it_any_more(
    accounts: Accounts, photos: PhotoService, store: FakeStore, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = await keeper(accounts)
    analysis_id = await kept(accounts, user_id)

    async def die(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(photos, "attach", die)
    with pytest.raises(KeyboardInterrupt):
        await photos.save(user_id, analysis_id, b"photo")
    assert len(store.objects) == 1
    assert await accounts.photo_cleaner.sweep() == 0
    clock.pass_by(minutes=11)
    assert await accounts.photo_cleaner.sweep() == 1
    assert store.objects == {}


async def test_a_kept_photo_is_never_swept(
    accounts: Accounts, photos: PhotoService, store: FakeStore, clock: MovingClock
) -> None:
    user_id = await keeper(accounts)
    assert await photos.save(user_id, await kept(accounts, user_id), b"photo")
    clock.pass_by(days=400)
    assert await accounts.photo_cleaner.sweep() == 0
    assert list(store.objects.values()) == [b"photo"]


async def test_a_withdrawal_while_the_store_is_away_hides_the_photo_at_once_and_deletes_it_when_the_store_is_back(
    accounts: Accounts, photos: PhotoService, store: FakeStore
) -> None:
    user_id = await keeper(accounts)
    analysis_id = await kept(accounts, user_id)
    await photos.save(user_id, analysis_id, b"photo")
    store.away = True
    assert not (await accounts.consents.withdraw(user_id, "retain_photo")).granted
    with pytest.raises(PhotoNotFoundError):
        await photos.link(user_id, analysis_id)
    store.away = False
    assert await accounts.photo_cleaner.sweep() == 1
    assert store.objects == {}


async def test_a_photo_whose_analysis_went_in_another_way_is_swept(
    accounts: Accounts, photos: PhotoService, store: FakeStore, clock: MovingClock
) -> None:
    user_id = await keeper(accounts)
    await photos.save(user_id, await kept(accounts, user_id), b"photo")
    async with accounts.uow.write() as tx:
        await tx.analyses.delete_for_user(user_id)
    clock.pass_by(minutes=11)
    assert await accounts.photo_cleaner.sweep() == 1
    assert store.objects == {}


@pytest.mark.parametrize("purpose", ["history", "retain_photo"])
async def test_photos_that_race_a_withdrawal_are_not_left_over(
    accounts: Accounts, photos: PhotoService, store: FakeStore, purpose: str
) -> None:
    user_id = await keeper(accounts)
    read = [await kept(accounts, user_id) for _ in range(6)]
    await asyncio.gather(
        *(photos.save(user_id, analysis_id, b"photo") for analysis_id in read[:3]),
        accounts.consents.withdraw(user_id, purpose),
        *(photos.save(user_id, analysis_id, b"photo") for analysis_id in read[3:]),
    )
    assert store.objects == {}
    async with accounts.uow.read() as tx:
        assert await tx.photos.list_for_user(user_id) == ()


async def test_the_photo_of_one_analysis_is_kept_once(
    accounts: Accounts, photos: PhotoService, store: FakeStore
) -> None:
    user_id = await keeper(accounts)
    analysis_id = await kept(accounts, user_id)
    outcomes = await asyncio.gather(*(photos.save(user_id, analysis_id, b"photo") for _ in range(4)))
    assert sorted(outcomes) == [False, False, False, True]
    assert len(store.objects) == 1


async def test_no_photo_is_kept_of_somebody_elses_analysis(
    accounts: Accounts, photos: PhotoService, store: FakeStore
) -> None:
    analysis_id = await kept(accounts, await keeper(accounts))
    other = await signed_up(accounts, "other@example.com")
    await accounts.consents.grant(other.id, "history")
    await accounts.consents.grant(other.id, "retain_photo")
    assert not await photos.save(other.id, analysis_id, b"photo")
    assert store.objects == {}


@pytest.fixture
def readings(accounts: Accounts, photos: PhotoService) -> CallerAnalyses:
    """What keeps the readings of tasks; none is made here."""
    return CallerAnalyses(cast(AnalysisService, None), accounts.consents, accounts.history, accounts.profiles, photos)


async def photo() -> bytes:
    return b"photo"


async def gone() -> bytes:
    raise object_not_found()


@pytest.mark.parametrize("purpose", ["history", "retain_photo"])
async def test_a_consent_that_is_withdrawn_while_a_task_ends_leaves_no_photo(
    accounts: Accounts, readings: CallerAnalyses, store: FakeStore, purpose: Purpose
) -> None:
    user_id = await keeper(accounts)
    made = analysis()
    keeping = await readings.prepare_save(user_id, [made], {made.analysis_id: photo})
    assert len(store.objects) == 1
    await accounts.consents.withdraw(user_id, purpose)
    async with accounts.uow.write() as tx:
        await keeping.write(tx)
    assert await accounts.photo_cleaner.sweep() == 1
    assert store.objects == {}


async def test_photos_of_a_task_that_is_never_finished_are_deleted_at_once(
    accounts: Accounts, readings: CallerAnalyses, store: FakeStore
) -> None:
    user_id = await keeper(accounts)
    made = [analysis() for _ in range(3)]
    keeping = await readings.prepare_save(user_id, made, {one.analysis_id: photo for one in made})
    await accounts.erasures.erase(user_id)
    assert len(store.objects) == 3
    await keeping.discard()
    assert store.objects == {}


async def test_photos_of_a_task_whose_other_photos_are_gone_are_deleted_at_once(
    accounts: Accounts, readings: CallerAnalyses, store: FakeStore
) -> None:
    user_id = await keeper(accounts)
    made = [analysis() for _ in range(2)]
    fetches: list[LoadPhoto] = [photo, gone]
    with pytest.raises(ObjectNotFoundError):
        await readings.prepare_save(
            user_id, made, {one.analysis_id: fetch for one, fetch in zip(made, fetches, strict=True)}
        )
    assert store.objects == {}


async def test_photos_that_were_kept_after_all_outlive_being_dropped(
    accounts: Accounts, readings: CallerAnalyses, store: FakeStore
) -> None:
    user_id = await keeper(accounts)
    made = analysis()
    keeping = await readings.prepare_save(user_id, [made], {made.analysis_id: photo})
    async with accounts.uow.write() as tx:
        await keeping.write(tx)
    await keeping.discard()  # as where the answer to the commit was lost
    assert len(store.objects) == 1
