"""Import of a ZIP archive of pictures as a task."""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest
from pydantic import JsonValue

from gwansang.container import open_accounts
from gwansang.models import Celebrity
from gwansang.reading.norms import default_norms
from gwansang.repositories.celebrities import Celebrities
from gwansang.services.jobs.import_job import ImportJob, encode_picture
from gwansang.services.lookalike.celebrities import PersonNames
from gwansang.services.lookalike.celebrity_service import CelebrityService
from gwansang.services.lookalike.gallery_archive import GalleryEntry
from gwansang.services.lookalike.gallery_search import GallerySearch
from gwansang.services.ml.embedding_service import EmbeddingService
from gwansang.services.ml.face_analyzer import FaceVision
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.vision.embedding import Embedding
from gwansang.vision.errors import NoFaceError
from gwansang.vision.face import Face
from gwansang.vision.models.catalog import FACE_EMBEDDING
from tests.support.fakes import FakeVision, frozen_clock
from tests.support.forms import UNCHOSEN, extended, nameless, raw_form
from tests.support.people import ADMIN_PASSWORD, Person, administrator, person
from tests.support.photos import drawn_portrait
from tests.support.serving import application, settings_for_tests

pytestmark = pytest.mark.anyio
HAND = b"a hand"


class VisionWithoutHands(FakeVision):
    """FakeVision that finds no face in a picture of a hand."""

    def embed_photo(self, photo: bytes) -> tuple[Face, Embedding]:
        if photo == HAND:
            raise NoFaceError("No face was found.")
        return super().embed_photo(photo)


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with application(VisionWithoutHands, database_url=database_url) as connected:
        yield connected


@pytest.fixture
async def admin(client: httpx.AsyncClient, database_url: str) -> Person:
    return await administrator(client, database_url)


def photo(number: int) -> bytes:
    return drawn_portrait(face_width=200.0 + number)


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive_file:
        for number in range(4):
            archive_file.writestr(f"사람{number}_Person {number}/a.jpg", photo(number))
        archive_file.writestr("사람0_Person 0/b.jpg", photo(4))
        archive_file.writestr("사람1_Person 1/the same again.jpg", photo(0))
        archive_file.writestr("손_Hand/hand.jpg", HAND)
    return content.getvalue()


async def submit(someone: Person, content: bytes, key: str | None = None) -> httpx.Response:
    headers = {**someone.bearer, **({"Idempotency-Key": key} if key else {})}
    files = {"file": ("people.zip", content)}
    return await someone.client.post("/api/v1/celebrity/import", files=files, headers=headers)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # independent of the database
async def test_an_archive_is_taken_from_forms_of_all_clients(admin: Person) -> None:
    for part in (extended(archive(), "%EC%82%AC%EB%9E%8C.zip"), nameless(archive(), "application/zip")):
        form = raw_form(UNCHOSEN, part)
        headers = form["headers"] | admin.bearer
        submitted = await admin.client.post("/api/v1/celebrity/import", content=form["content"], headers=headers)
        assert submitted.status_code == 202, submitted.text


async def wait_until_done(someone: Person, task_id: str) -> dict[str, JsonValue]:
    progress = 0.0
    for _ in range(600):
        task: dict[str, JsonValue] = (await someone.call("GET", f"/analysis/tasks/{task_id}")).json()
        assert isinstance(task["progress"], float | int)
        assert task["progress"] >= progress
        progress = task["progress"]
        if task["status"] in ("done", "failed"):
            return task
        await asyncio.sleep(0.05)
    raise AssertionError(f"the import is not done: {task}")


async def test_every_picture_is_imported_once_and_unusable_ones_are_reported(admin: Person) -> None:
    accepted = await submit(admin, archive(), "once")
    assert accepted.status_code == 202, accepted.text
    assert (await submit(admin, archive(), "once")).json()["task_id"] == accepted.json()["task_id"]
    task = await wait_until_done(admin, accepted.json()["task_id"])
    assert task["status"] == "done", task
    result = task["result"]
    assert isinstance(result, dict)
    assert [result[fate] for fate in ("added", "renewed", "duplicate", "unusable")] == [5, 0, 1, 1]
    (hand,) = [picture for picture in result["pictures"] if picture["fate"] == "unusable"]
    assert (hand["file"], hand["error"]["code"]) == ("손_Hand/hand.jpg", "NO_FACE")
    (duplicate,) = [picture for picture in result["pictures"] if picture["fate"] == "duplicate"]
    assert duplicate["file"] == "사람1_Person 1/the same again.jpg"
    listed = (await admin.call("GET", "/celebrity")).json()
    assert [(item["name_ko"], item["photos"]) for item in listed["items"]] == [
        ("사람0", 2),
        ("사람1", 1),
        ("사람2", 1),
        ("사람3", 1),
    ]
    again = await wait_until_done(admin, (await submit(admin, archive())).json()["task_id"])
    assert isinstance(again["result"], dict)
    assert (again["result"]["added"], again["result"]["duplicate"]) == (0, 6)


async def test_hostile_archives_and_other_users_are_rejected_at_once(client: httpx.AsyncClient, admin: Person) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive_file:
        archive_file.writestr("p/a.jpg", bytes(20_000_000))
    for content, reason in ((bomb.getvalue(), "bomb"), (b"no zip", "not_a_zip")):
        refused = await submit(admin, content)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "INVALID_ARCHIVE")
        assert refused.json()["error"]["details"]["reason"] == reason
    someone = await person(client)
    assert (await submit(someone, archive())).json()["error"]["code"] == "ADMIN_ONLY"
    assert (await admin.call("GET", "/analysis/tasks")).json()["total"] == 0


class FakeTask:
    """TaskContext of an import of one picture."""

    user_id, kind, inputs = 1, "import", 1
    params: dict[str, JsonValue] = {}  # noqa: RUF012 - nothing changes it

    def __init__(self, photo_number: int = 0) -> None:
        self.id = uuid4()
        self.photo_number = photo_number

    async def input(self, number: int) -> bytes:
        assert number == 0  # a step reads its own picture only
        return encode_picture(GalleryEntry("a.jpg", PersonNames("사람", "Person")), photo(self.photo_number))

    async def outcomes(self) -> dict[int, JsonValue]:
        return {}

    async def stage(self, name: str) -> None:
        assert name


@asynccontextmanager
async def open_gallery_services(database_url: str) -> AsyncIterator[tuple[CelebrityService, GallerySearch]]:
    """Open the services that an import job uses, without the API."""
    pool = InferencePool[FaceVision](VisionWithoutHands, workers=1, queue=4, timeout_s=30)
    await pool.start()
    try:
        async with open_accounts(settings_for_tests(database_url=database_url)) as accounts:
            search = GallerySearch(accounts.uow, default_norms())
            embeddings = EmbeddingService(pool)
            await accounts.users.register("chief@example.com", "chief", ADMIN_PASSWORD, is_admin=True)  # of FakeTask
            service = CelebrityService(
                accounts.uow, embeddings, search, accounts.audit, clock=frozen_clock(), new_id=uuid4
            )
            yield service, search
    finally:
        await pool.close()


async def test_a_repeated_step_is_not_its_own_duplicate(database_url: str) -> None:
    async with open_gallery_services(database_url) as (gallery, search):
        job, task = ImportJob(gallery), FakeTask()
        first, second = [await job.step(task, 0) for _ in range(2)]
        other = await job.step(FakeTask(), 0)
        assert first == second
        assert (first["fate"], other["fate"]) == ("added", "duplicate")
        assert (await gallery.page()).items[0].photos == 1
        assert (await search.current()).version == 1


async def test_a_picture_that_was_measured_in_another_way_is_not_searched_until_it_is_imported_again(
    database_url: str,
) -> None:
    async with open_gallery_services(database_url) as (gallery, search):
        job = ImportJob(gallery)
        assert (await job.step(FakeTask(), 0))["fate"] == "added"
        (person_of_picture,) = (await gallery.page()).items
        async with gallery._uow.write() as tx:
            row = await tx.celebrity_photos.get_by_digest(hashlib.sha256(photo(0)).hexdigest())
            assert row is not None
            row.model = FACE_EMBEDDING.sha256  # as the first release stored it, with measures of version 1
            row.measures = {**row.measures, "asymmetry": {"eyes": 0.01}}
            await tx.celebrity_photos.save(row)
            await tx.gallery_version.bump()
        assert (await search.refresh()).people == ()
        _, (picture,) = await gallery.get(person_of_picture.id)
        assert not picture.current
        assert (await job.step(FakeTask(), 0))["fate"] == "renewed"
        assert [one.id for one in (await search.refresh()).people] == [person_of_picture.id]


async def test_concurrent_imports_of_a_new_person_lose_no_picture(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_by_names = Celebrities.get_by_names
    calls = []

    async def miss_the_second_time(self: Celebrities, name_ko: str, name_en: str) -> Celebrity | None:
        calls.append(name_ko)
        return None if len(calls) == 2 else await get_by_names(self, name_ko, name_en)

    monkeypatch.setattr(Celebrities, "get_by_names", miss_the_second_time)
    async with open_gallery_services(database_url) as (gallery, _):
        job = ImportJob(gallery)
        outcomes = [await job.step(FakeTask(number), 0) for number in (0, 1)]
        assert [outcome["fate"] for outcome in outcomes] == ["added", "added"]
        assert [person.photos for person in (await gallery.page()).items] == [2]
