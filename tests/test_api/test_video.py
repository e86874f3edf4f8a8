"""A submitted video creates a task whose reading equals that of a photo; on SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gwansang.services.ml.face_analyzer import FaceVision
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings.clip_reader import MAX_FRAMES
from gwansang.vision.errors import NoFaceError
from tests.support.clips import drawn_clip
from tests.support.fakes import FakeVision
from tests.support.hostile_clips import HostileClip, hostile_clips
from tests.support.people import Person, person
from tests.support.photos import drawn_portrait, model_dir
from tests.support.serving import application

pytestmark = pytest.mark.anyio
VIDEO = "/analysis/video"
HARMLESS_HEADERS = {"four hours of WebM without a duration", "8K frames and a smaller avc1"}
STATUS = {
    "EMPTY_FILE": 422,
    "UNSUPPORTED_VIDEO_TYPE": 400,
    "VIDEO_CORRUPT": 422,
    "NO_VIDEO": 422,
    "VIDEO_TOO_LONG": 413,
    "VIDEO_TOO_LARGE": 413,
}


@pytest.fixture
async def client(database_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with application(database_url=database_url, storage_folder=tmp_path / "storage") as connected:
        yield connected


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    someone = await person(client, "minji")
    await someone.agree("history")
    return someone


async def submit(someone: Person, film: bytes, *, key: str | None = None, **fields: str) -> httpx.Response:
    headers = {**someone.bearer, **({"Idempotency-Key": key} if key else {})}
    files = {"file": ("me.mp4", film, "video/mp4")}
    return await someone.client.post(f"/api/v1{VIDEO}", files=files, data=fields, headers=headers)


async def wait_until_ended(someone: Person, answer: httpx.Response) -> dict[str, object]:
    """Return the submitted task once it has ended."""
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(60):
        while True:
            task = (await someone.call("GET", f"/analysis/tasks/{answer.json()['task_id']}")).json()
            if task["status"] not in ("queued", "processing"):
                return task
            await asyncio.sleep(0.02)


def shapes(reading: dict[str, object]) -> dict[str, str]:
    return {part: one["shape_id"] for part, one in reading["parts_analysis"].items()}


async def test_a_video_is_read_kept_and_remembered_like_one_photo(database_url: str, tmp_path: Path) -> None:
    def real() -> FaceVision:
        return NetworkVision(model_dir())

    async with application(real, database_url=database_url, storage_folder=tmp_path / "storage") as client:
        minji = await person(client, "minji")
        await minji.agree("history")
        photo = {"file": ("me.png", drawn_portrait(".png", 384, 480, 200.0), "image/png")}
        still = (await minji.call("POST", "/analysis/face/upload", files=photo)).json()

        submitted = await submit(minji, drawn_clip(24), locale="en", birth_year="1990")
        ended = await wait_until_ended(minji, submitted)
        kept = (await minji.call("GET", "/analysis")).json()

    assert submitted.headers["location"].endswith(submitted.json()["task_id"])
    assert (ended["status"], ended["progress"], ended["kind"]) == ("done", 1, "video")
    reading = ended["result"]
    assert (reading["quality"]["frames"], reading["quality"]["photos"]) == (MAX_FRAMES, 1)
    assert 0 <= reading["quality"]["best_second"] < 0.8
    assert (reading["locale"], reading["ages"]["birth_year"]) == ("en", 1990)
    assert reading["parts_analysis"]["nose"]["reasons"][0]["overlay"]["points"]
    same = [
        still["parts_analysis"][part]["shape_id"] == one["shape_id"] for part, one in reading["parts_analysis"].items()
    ]
    assert sum(same) >= 13
    assert reading["profile"]["photos"] == 2
    assert kept["total"] == 2
    assert reading["analysis_id"] in {one["analysis_id"] for one in kept["items"]}
    assert not [path for path in (tmp_path / "storage").rglob("*") if path.is_file()]  # nothing of the clip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_error_in_the_header_of_a_video_is_answered_at_once_and_creates_no_task(minji: Person) -> None:
    for hostile in choose_hostile_clips():
        answer = await submit(minji, hostile.data)
        assert answer.status_code != 202, hostile.name
        code = answer.json()["error"]["code"]
        assert code in hostile.codes, hostile.name
        assert answer.status_code == STATUS[code]
        assert "passwd" not in answer.text
    assert (await minji.call("GET", "/analysis/tasks")).json()["total"] == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("blob", "video/webm;codecs=h264"),
        ("recording.mkv", "video/x-matroska;codecs=avc1,opus"),
        ("recording.webm", "application/octet-stream"),
        ("me.mp4", "video/mp4;codecs=avc1.42E01E"),
        ("me.jpg", "image/jpeg"),
    ],
)
async def test_the_bytes_of_a_video_decide_and_not_its_name_or_type(
    minji: Person, name: str, content_type: str
) -> None:
    recorded = drawn_clip(2, container="matroska", live="1")
    files = {"file": (name, recorded, content_type)}
    answer = await minji.client.post(f"/api/v1{VIDEO}", files=files, headers=minji.bearer)
    assert answer.status_code == 202, answer.text


def choose_hostile_clips() -> list[HostileClip]:
    """Return three for each error that the header shows; `tests/test_vision` tests all of them."""
    by_code: dict[str | None, list[HostileClip]] = {}
    assert {hostile.name for hostile in hostile_clips()} > HARMLESS_HEADERS
    for hostile in hostile_clips():
        if hostile.name not in HARMLESS_HEADERS:
            by_code.setdefault(hostile.codes[0], []).append(hostile)
    by_code.pop(None)
    assert set(by_code) == set(STATUS)
    return [one for clips in by_code.values() for one in clips[:3]]


async def test_a_video_without_a_face_fails_with_an_error_in_the_callers_language(database_url: str) -> None:
    class NoFaceVision(FakeVision):
        def face_from_image(self, picture: object) -> None:
            raise NoFaceError("No face was found.")

    async with application(NoFaceVision, database_url=database_url) as client:
        minji = await person(client, "minji")
        ended = await wait_until_ended(minji, await submit(minji, drawn_clip(3)))
        korean = await minji.call("GET", f"/analysis/tasks/{ended['task_id']}?locale=ko")
    assert ended["status"] == "failed"
    assert ended["error"]["code"] == "NO_FACE"
    assert ended["result"] is None
    assert "얼굴" in korean.json()["error"]["message"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_same_video_under_one_key_is_one_task(minji: Person) -> None:
    one = await submit(minji, film := drawn_clip(4), key="k-1")
    await wait_until_ended(minji, one)
    again = await submit(minji, film, key="k-1")
    other = await submit(minji, drawn_clip(5), key="k-1")
    assert again.json()["task_id"] == one.json()["task_id"]
    assert other.json()["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert (await minji.call("GET", "/analysis")).json()["total"] == 1


async def test_a_video_costs_as_much_as_four_readings_and_needs_a_sign_in() -> None:
    async with application(caller_points_per_minute=60) as client:
        minji = await person(client, "minji")
        film = drawn_clip(2)
        history_key = await minji.key("history:read")
        before = int((await minji.call("GET", "/users/me")).headers["ratelimit-remaining"])
        answer = await submit(minji, film)
        spent = before - int(answer.headers["ratelimit-remaining"])
        files = {"file": ("me.mp4", film)}
        nobody = await client.post(f"/api/v1{VIDEO}", files=files)
        narrow = await client.post(f"/api/v1{VIDEO}", files=files, headers=history_key)
        again = await submit(minji, film)
    assert spent == 20
    assert nobody.status_code == 401
    assert (narrow.status_code, again.status_code) == (403, 429)


async def test_forms_beyond_a_limit_are_refused() -> None:
    async with application(max_video_bytes=100_000) as client:
        minji = await person(client, "minji")
        large = await submit(minji, bytes(100_001))
        huge = await submit(minji, bytes(300_000))
        nothing = await minji.call("POST", VIDEO, files={"other": ("a", b"b")})
        two = await minji.call("POST", VIDEO, files=[("file", ("a", drawn_clip(2))), ("file", ("b", b"b"))])
        young = await submit(minji, drawn_clip(2), birth_year="2020")
        json = await minji.call("POST", VIDEO, json={})
        tasks = (await minji.call("GET", "/analysis/tasks")).json()["total"]
    codes = [answer.json()["error"]["code"] for answer in (large, huge, nothing, two, young, json)]
    assert codes == [
        "FILE_TOO_LARGE",
        "BODY_TOO_LARGE",
        "INVALID_FORM",
        "TOO_MANY_FILES",
        "TOO_YOUNG",
        "CONTENT_TYPE_NOT_ACCEPTED",
    ]
    assert tasks == 0
