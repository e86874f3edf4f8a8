"""Long work over the API, on SQLite and PostgreSQL, with a worker in this process."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from starlette.types import ASGIApp

from gwansang.vision.errors import NoFaceError
from gwansang.vision.gates.headers import inspect_image
from tests.support.fakes import FakeVision, Gate
from tests.support.forms import UNCHOSEN, extended, nameless, raw_form
from tests.support.people import Person, person
from tests.support.photos import drawn_portrait
from tests.support.serving import client_of, run_app
from tests.support.sockets import accepted_socket

pytestmark = pytest.mark.anyio
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # independent of the database
FACE_ASYNC = "/analysis/face/async"
TASKS = "/analysis/tasks"
PHOTO = base64.b64encode(drawn_portrait()).decode()
FACELESS = b"\xff\xd8 a wall"


def refuse_faceless(photo: bytes) -> None:
    if photo == FACELESS:
        raise NoFaceError("No face was found in the photo.")


@asynccontextmanager
async def open_app(
    database_url: str, *names: str, vision: FakeVision | None = None, **changes: object
) -> AsyncIterator[tuple[ASGIApp, list[Person]]]:
    """Run the application, with people who consent to `history`."""
    async with (
        run_app(lambda: vision or FakeVision(refuse_faceless), database_url=database_url, **changes) as app,
        client_of(app) as client,
    ):
        people = [await person(client, name) for name in names]
        for someone in people:
            await someone.agree("history")
        yield app, people


@pytest.fixture
async def minji(database_url: str) -> AsyncIterator[Person]:
    """A user of a service with a worker."""
    async with open_app(database_url, "minji") as (_, (someone,)):
        yield someone


@pytest.fixture
async def idle(database_url: str, tmp_path: Path) -> AsyncIterator[list[Person]]:
    """Two users of a service without a worker."""
    async with open_app(
        database_url, "minji", "thief", jobs_concurrency=0, storage_folder=tmp_path, max_unfinished_tasks=3
    ) as (_, people):
        yield people


async def submit_face(someone: Person, key: str | None = None, **body: object) -> httpx.Response:
    headers = {**someone.bearer, **({"Idempotency-Key": key} if key is not None else {})}
    return await someone.client.post(f"/api/v1{FACE_ASYNC}", json={"image": PHOTO, **body}, headers=headers)


def photos(*contents: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", (f"photo {number}.jpg", content)) for number, content in enumerate(contents, start=1)]


async def submit_batch(someone: Person, *contents: bytes, key: str | None = None, **request: object) -> httpx.Response:
    headers = {**someone.bearer, **({"Idempotency-Key": key} if key is not None else {})}
    return await someone.client.post("/api/v1/analysis/batch", files=photos(*contents), headers=headers, **request)


async def wait_until_ended(someone: Person, task_id: str, **params: str) -> dict[str, object]:
    """Return the task once it has ended."""
    async with asyncio.timeout(60):
        while True:
            task = (await someone.call("GET", f"{TASKS}/{task_id}", params=params)).json()
            if task["status"] not in ("queued", "processing"):
                return task
            await asyncio.sleep(0.02)


def list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# --- with a worker ----------------------------------------------------------------------------------------------------


async def test_the_result_of_a_task_equals_the_answer_of_an_immediate_call(database_url: str) -> None:
    body = {"image": PHOTO, "birth_year": 1990, "locale": "en"}
    async with open_app(database_url, "minji", "twin") as (_, (minji, twin)):
        first, _ = [(await someone.call("POST", "/analysis/face", json=body)).json() for someone in (minji, twin)]
        at_once = (await twin.call("POST", "/analysis/face", json=body)).json()
        submitted = await submit_face(minji, birth_year=1990, locale="en")
        task = submitted.json()["task_id"]
        assert (submitted.status_code, submitted.json()["status"]) == (202, "queued")
        assert submitted.headers["Location"] == f"/api/v1/analysis/tasks/{task}"
        ended = await wait_until_ended(minji, task)
        assert (ended["status"], ended["progress"], ended["error"]) == ("done", 1.0, None)
        assert ended["result"]["profile"]["photos"] == 2
        assert {**ended["result"], "analysis_id": at_once["analysis_id"], "kept": True} == at_once
        kept = (await minji.call("GET", "/analysis")).json()
        assert {one["analysis_id"] for one in kept["items"]} == {first["analysis_id"], ended["result"]["analysis_id"]}


@ONE_DATABASE
async def test_a_batch_takes_extended_names_parts_without_a_name_and_unchosen_inputs(minji: Person) -> None:
    photos = (extended(drawn_portrait(), "%EC%85%80%EC%B9%B4.jpg", "__.jpg"), nameless(drawn_portrait(), "image/jpeg"))
    form = raw_form(UNCHOSEN, *photos, UNCHOSEN)
    submitted = await minji.client.post(
        "/api/v1/analysis/batch", content=form["content"], headers=form["headers"] | minji.bearer
    )
    assert submitted.status_code == 202, submitted.text
    ended = await wait_until_ended(minji, submitted.json()["task_id"])
    assert [(photo["name"], photo["status"]) for photo in ended["result"]["photos"]] == [
        ("셀카.jpg", "read"),
        ("", "read"),
    ]


@ONE_DATABASE
async def test_a_heic_photo_of_a_task_is_refused_with_the_settings_of_phones(database_url: str) -> None:
    heic = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(300)
    async with open_app(database_url, "minji", vision=FakeVision(inspect_image)) as (_, (minji,)):
        refused = await submit_face(minji, image=base64.b64encode(heic).decode())
        assert (refused.status_code, refused.json()["error"]["details"]) == (400, {"format": "heic"})
        assert "높은 호환성" in refused.json()["detail"]
        batch = await submit_batch(minji, drawn_portrait(), heic)
        good, bad = (await wait_until_ended(minji, batch.json()["task_id"]))["result"]["photos"]
        assert (good["status"], bad["error"]["details"]) == ("read", {"format": "heic"})
        assert "높은 호환성" in bad["error"]["message"]


async def test_photos_of_a_batch_are_read_alone_and_failures_are_shown_in_the_callers_language(
    minji: Person,
) -> None:
    ended = await wait_until_ended(
        minji, (await submit_batch(minji, drawn_portrait(), FACELESS, drawn_portrait(".png"))).json()["task_id"]
    )
    assert (ended["result"]["read"], ended["result"]["failed"]) == (2, 1)
    good, bad, _ = ended["result"]["photos"]
    assert (bad["number"], bad["name"], bad["error"]["code"]) == (2, "photo 2.jpg", "NO_FACE")
    english = (await minji.call("GET", f"{TASKS}/{ended['task_id']}", params={"locale": "en"})).json()["result"][
        "photos"
    ]
    assert bad["error"]["message"] != english[1]["error"]["message"]
    assert english[1]["error"]["message"].isascii()
    whole = (await minji.call("GET", f"{TASKS}/{ended['task_id']}/photos/1")).json()
    assert whole["reading"]["overall_score"] == good["overall_score"]
    assert whole["reading"]["parts_analysis"]["forehead"]["reasons"][0]["overlay"]["points"]
    assert (await minji.call("GET", f"{TASKS}/{ended['task_id']}/photos/2")).json()["reading"] is None
    missing = await minji.call("GET", f"{TASKS}/{ended['task_id']}/photos/4")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "BATCH_PHOTO_NOT_FOUND")
    kept = (await minji.call("GET", "/analysis")).json()
    assert {one["analysis_id"] for one in kept["items"]} == {
        photo["analysis_id"] for photo in ended["result"]["photos"] if photo["status"] == "read"
    }
    assert (await minji.call("GET", "/users/me/export")).json()["profile"] is None  # it may be many people's


@ONE_DATABASE
async def test_without_the_consent_to_history_nothing_of_a_batch_is_kept(database_url: str) -> None:
    async with open_app(database_url, "minji") as (_, (minji,)):
        await minji.call("DELETE", "/consents/history")
        ended = await wait_until_ended(minji, (await submit_batch(minji, drawn_portrait())).json()["task_id"])
        assert ended["result"]["read"] == 1
        assert (await minji.call("GET", "/analysis")).json()["total"] == 0


@ONE_DATABASE
async def test_a_photo_without_a_face_gets_the_error_of_an_immediate_call(minji: Person) -> None:
    body = {"image": base64.b64encode(FACELESS).decode()}
    at_once = (await minji.call("POST", "/analysis/face", json=body)).json()
    ended = await wait_until_ended(minji, (await submit_batch(minji, FACELESS)).json()["task_id"])
    error = ended["result"]["photos"][0]["error"]
    assert (error["code"], error["message"]) == (at_once["error"]["code"], at_once["detail"])


async def test_withdrawing_consent_deletes_a_running_task(database_url: str) -> None:
    gate = Gate()
    async with open_app(database_url, "minji", vision=FakeVision(gate)) as (_, (minji,)):
        task = (await submit_batch(minji, drawn_portrait(), drawn_portrait())).json()["task_id"]
        await asyncio.to_thread(gate.reached.wait, 10)
        await minji.call("DELETE", "/consents/reading")
        gate.open()
        ended = await wait_until_ended(minji, task)
    assert (ended["status"], ended["error"]["code"]) == (404, "TASK_NOT_FOUND")


async def test_a_running_task_can_be_cancelled_and_keeps_nothing(database_url: str, tmp_path: Path) -> None:
    gate = Gate()
    async with open_app(database_url, "minji", vision=FakeVision(gate), storage_folder=tmp_path) as (_, (minji,)):
        task = (await submit_batch(minji, drawn_portrait(), drawn_portrait())).json()["task_id"]
        await asyncio.to_thread(gate.reached.wait, 10)
        assert [(await minji.call("DELETE", f"{TASKS}/{task}")).status_code for _ in range(2)] == [204, 204]
        gate.open()
        await asyncio.to_thread(gate.left.wait, 10)
        ended = await wait_until_ended(minji, task)
        await asyncio.sleep(0.1)
        assert (ended["status"], ended["result"], ended["progress"]) == ("cancelled", None, 0.0)
        assert (await minji.call("GET", "/analysis")).json()["total"] == 0
        assert list_files(tmp_path) == []


async def test_a_watcher_gets_progress_and_result_and_can_resume_after_a_disconnect(database_url: str) -> None:
    async with open_app(database_url, "minji", "thief") as (app, (minji, thief)):
        task = (await submit_batch(minji, drawn_portrait(), FACELESS, drawn_portrait())).json()["task_id"]
        bearer = ("authorization", minji.bearer["Authorization"])
        address = f"/api/v1{TASKS}/{task}/events"
        events = []
        async with accepted_socket(app, address, bearer) as socket:
            while event := await socket.next():
                events.append(event)
            assert socket.closed_with == 1000
        assert {event["type"] for event in events[:-1]} == {"progress"}
        assert [event["progress"] for event in events] == sorted(event["progress"] for event in events)
        assert [event["version"] for event in events] == sorted({event["version"] for event in events})
        last = events[-1]
        assert (last["type"], last["task"]) == ("result", await wait_until_ended(minji, task))
        for after in (0, last["version"]):
            async with accepted_socket(app, f"{address}?after={after}", bearer) as socket:
                assert await socket.next() == last
        async with accepted_socket(app, address, ("authorization", thief.bearer["Authorization"])) as socket:
            assert (await socket.problem())["error"]["code"] == "TASK_NOT_FOUND"
            assert socket.closed_with == 4404


# --- without a worker -------------------------------------------------------------------------------------------------


async def test_racing_requests_with_one_key_create_one_task(idle: list[Person], tmp_path: Path) -> None:
    minji, other = idle
    racing = await asyncio.gather(*(submit_batch(minji, drawn_portrait(), key="once") for _ in range(8)))
    assert {answer.status_code for answer in racing} == {202}
    assert len({answer.json()["task_id"] for answer in racing}) == 1
    assert (await minji.call("GET", TASKS)).json()["total"] == 1
    assert len(list_files(tmp_path)) == 2  # the photo and the request
    assert (await submit_batch(other, drawn_portrait(), key="once")).json()["task_id"] != racing[0].json()["task_id"]
    alike = [await submit_face(minji, "twice", birth_year=1990) for _ in range(2)]
    assert len({answer.json()["task_id"] for answer in alike}) == 1


@pytest.mark.parametrize("call", ["face", "batch"])
async def test_a_key_reused_for_another_request_is_refused_and_stores_nothing(
    call: str, idle: list[Person], tmp_path: Path
) -> None:
    minji = idle[0]
    await submit_batch(minji, drawn_portrait(), key="k")
    before = list_files(tmp_path)
    if call == "face":
        other = await submit_face(minji, "k")
    else:
        other = await submit_batch(minji, drawn_portrait(), drawn_portrait(), key="k")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert list_files(tmp_path) == before


@ONE_DATABASE
async def test_malformed_keys_are_refused(idle: list[Person]) -> None:
    for key in ("", "has a space", "한글", "x" * 256):
        headers = {**idle[0].bearer, "Idempotency-Key": key.encode()}
        answer = await idle[0].client.post(f"/api/v1{FACE_ASYNC}", json={"image": PHOTO}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_ERROR"), key


async def test_a_key_of_the_maximal_length_is_accepted(idle: list[Person]) -> None:
    assert (await submit_face(idle[0], "~" * 255)).status_code == 202


async def test_tasks_of_other_users_do_not_exist(idle: list[Person]) -> None:
    minji, thief = idle
    task = (await submit_face(minji)).json()["task_id"]
    for method, path in (("GET", TASKS), ("DELETE", TASKS)):
        for rest in ("", "/photos/1") if method == "GET" else ("",):
            theirs = await thief.call(method, f"{path}/{task}{rest}")
            nobodys = await thief.call(method, f"{path}/{uuid4()}{rest}")
            assert (theirs.status_code, theirs.json()["error"]) == (404, nobodys.json()["error"])
    assert (await thief.call("GET", TASKS)).json()["total"] == 0
    assert (await minji.call("GET", f"{TASKS}/{task}")).json()["status"] == "queued"


async def test_a_queued_task_can_be_cancelled(idle: list[Person], tmp_path: Path) -> None:
    minji = idle[0]
    task = (await submit_batch(minji, drawn_portrait())).json()["task_id"]
    assert (await minji.call("DELETE", f"{TASKS}/{task}")).status_code == 204
    ended = (await minji.call("GET", f"{TASKS}/{task}")).json()
    assert (ended["status"], ended["result"], ended["error"]) == ("cancelled", None, None)
    assert list_files(tmp_path) == []


async def test_the_number_of_unfinished_tasks_is_limited(idle: list[Person], tmp_path: Path) -> None:
    minji = idle[0]
    tasks = [(await submit_face(minji)).json()["task_id"] for _ in range(3)]
    stored = list_files(tmp_path)
    for refused in (await submit_face(minji), await submit_batch(minji, drawn_portrait())):
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TOO_MANY_TASKS")
        assert "Retry-After" in refused.headers
    assert list_files(tmp_path) == stored
    await minji.call("DELETE", f"{TASKS}/{tasks[0]}")
    assert (await submit_face(minji)).status_code == 202
    page = (await minji.call("GET", TASKS, params={"size": 3})).json()
    assert (page["total"], len(page["items"])) == (4, 3)
    assert "result" not in page["items"][0]


@ONE_DATABASE
async def test_an_invalid_request_is_refused_at_once(idle: list[Person], tmp_path: Path) -> None:
    for body, status, code in (
        ({"image": "?"}, 422, "INVALID_BASE64"),
        ({"image": base64.b64encode(b"no image").decode()}, 400, "UNSUPPORTED_IMAGE_TYPE"),
        ({}, 422, "NOTHING_TO_READ"),
        ({"image": PHOTO, "birth_year": 2020}, 422, "TOO_YOUNG"),
        ({"landmarks": [[0.1, 0.2]]}, 422, "INVALID_LANDMARKS"),
        ({"image": PHOTO, "task": "__reduce__"}, 422, "VALIDATION_ERROR"),
    ):
        answer = await idle[0].call("POST", FACE_ASYNC, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert list_files(tmp_path) == []


@ONE_DATABASE
async def test_fifty_photos_are_accepted_and_fifty_one_are_refused_without_a_trace(
    idle: list[Person], tmp_path: Path
) -> None:
    minji = idle[0]
    assert (await submit_batch(minji, *[drawn_portrait()] * 50)).status_code == 202
    assert len(list_files(tmp_path)) == 51
    refused = await submit_batch(minji, *[drawn_portrait()] * 51)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "TOO_MANY_FILES")
    assert refused.json()["error"]["details"] == {"max_files": 50}
    assert len(list_files(tmp_path)) == 51


@ONE_DATABASE
async def test_forms_that_are_no_batch_are_refused_and_store_nothing(database_url: str, tmp_path: Path) -> None:
    small = {"max_upload_bytes": 100_000, "max_batch_bytes": 200_000}
    async with open_app(database_url, "minji", jobs_concurrency=0, storage_folder=tmp_path, **small) as (_, (minji,)):
        address, good = "/analysis/batch", ("file", ("a.jpg", drawn_portrait()))
        big = ("file", ("b.jpg", bytes(100_001)))
        for request, status, code in (
            ({"files": [good, big]}, 413, "FILE_TOO_LARGE"),
            ({"files": [("file", ("c.jpg", bytes(90_000)))] * 4}, 413, "BODY_TOO_LARGE"),
            ({"files": [good, ("photo", ("a.jpg", b"x"))]}, 400, "INVALID_FORM"),
            ({"files": [good], "data": {"birth_year": "1990"}}, 422, "VALIDATION_ERROR"),
            ({"files": {"nothing": (None, "x")}}, 422, "VALIDATION_ERROR"),
            ({"json": {}}, 415, "CONTENT_TYPE_NOT_ACCEPTED"),
        ):
            answer = await minji.call("POST", address, **request)
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
            assert list_files(tmp_path) == [], code
        too_large = await minji.call("POST", address, files=[good, big])
        assert too_large.json()["error"]["details"]["file"] == 2


@ONE_DATABASE
async def test_a_batch_costs_as_much_as_its_photos_and_watching_it_costs_one_point(
    database_url: str, tmp_path: Path
) -> None:
    async with open_app(
        database_url, "minji", caller_points_per_minute=40, jobs_concurrency=0, storage_folder=tmp_path
    ) as (_, (minji,)):
        submitted = await submit_batch(minji, *[drawn_portrait()] * 3)
        remaining = int(submitted.headers["RateLimit-Remaining"])
        watched = await minji.call("GET", f"{TASKS}/{submitted.json()['task_id']}")
        assert (40 - 1 - remaining, remaining - int(watched.headers["RateLimit-Remaining"])) == (15, 1)
        stored = list_files(tmp_path)
        refused = await submit_batch(minji, *[drawn_portrait()] * 6)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "RATE_LIMITED")
        assert list_files(tmp_path) == stored


@ONE_DATABASE
async def test_long_work_needs_a_consent_and_the_scope_of_the_key(idle: list[Person]) -> None:
    minji = idle[0]
    for path in (FACE_ASYNC, "/analysis/batch", TASKS):
        method = "GET" if path == TASKS else "POST"
        assert (await minji.client.request(method, f"/api/v1{path}")).status_code == 401
        key = await minji.key("history:read")
        refused = await minji.client.request(method, f"/api/v1{path}", headers=key)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "SCOPE_MISSING")
    submitted = await minji.client.post(
        f"/api/v1{FACE_ASYNC}", json={"image": PHOTO}, headers=await minji.key("analyze")
    )
    assert submitted.status_code == 202
    await minji.call("DELETE", "/consents/reading")
    for refused in (await submit_face(minji), await submit_batch(minji, drawn_portrait())):
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "CONSENT_REQUIRED")


@ONE_DATABASE
async def test_file_names_are_shown_without_paths_and_control_characters(minji: Person) -> None:
    names = ["../../etc/passwd", "C:\\faces\\민지.jpg", "a\r\n\x1b[31m\u202eb.jpg", "x" * 4000]
    sent = [("file", (name, drawn_portrait())) for name in names]
    answer = await minji.call("POST", "/analysis/batch", files=sent)
    ended = await wait_until_ended(minji, answer.json()["task_id"])
    shown = [photo["name"] for photo in ended["result"]["photos"]]
    assert shown[:2] == ["passwd", "민지.jpg"]
    assert not set(shown[2]) & set("\r\n\x1b\u202e")
    assert len(shown[3]) == 100
