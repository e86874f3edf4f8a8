"""Monthly plans: what is counted, what a limit refuses, and who sets it; on SQLite and PostgreSQL."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from gwansang.db.session import DatabaseUnavailableError
from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.vision.errors import NoFaceError
from tests.support.clips import drawn_clip
from tests.support.fakes import NOON, FakeVision, MovingClock
from tests.support.people import Person, administrator, person
from tests.support.photos import drawn_portrait
from tests.support.serving import JSON_CALL, client_of, container_behind, run_app

pytestmark = pytest.mark.anyio
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # independent of the database
FACE = {"landmarks": canonical_landmarks().tolist()}
FACELESS = drawn_portrait(face_width=150.0)
NEXT_MONTH = "2026-12-01T00:00:00+09:00"  # of NOON, in Seoul


def refuse_faceless(photo: object) -> None:
    """Raise NoFaceError for the bytes of one photo; frames of a video are arrays."""
    if isinstance(photo, bytes) and photo == FACELESS:
        raise NoFaceError("No face was found in the photo.")


@asynccontextmanager
async def client_with(
    database_url: str, limit: int | None, clock: MovingClock | None = None, **changes: object
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of a service whose default plan has a limit, or none."""
    plans = {"plans": {"free": limit, "standard": 1000}, "default_plan": "free"} if limit is not None else {}
    vision = FakeVision(refuse_faceless)
    async with (
        run_app(lambda: vision, clock=clock, database_url=database_url, **plans, **changes) as app,
        client_of(app) as client,
    ):
        yield client


async def read(someone: Person, **request: object) -> httpx.Response:
    return await someone.call("POST", "/analysis/face", **(request or {"json": FACE}))


async def usage_of(someone: Person) -> dict[str, Any]:
    answer = await someone.call("GET", "/usage")
    assert answer.status_code == 200, answer.text
    usage: dict[str, Any] = answer.json()
    return usage


async def batch(someone: Person, *photos: bytes, key: str | None = None) -> httpx.Response:
    headers = {**someone.bearer, **({"Idempotency-Key": key} if key else {})}
    files = [("file", (f"{number}.jpg", photo)) for number, photo in enumerate(photos)]
    return await someone.client.post("/api/v1/analysis/batch", files=files, headers=headers)


async def wait_until_ended(someone: Person, task_id: str) -> None:
    async with asyncio.timeout(60):
        while True:
            task = (await someone.call("GET", f"/analysis/tasks/{task_id}")).json()
            if task["status"] not in ("queued", "processing"):
                return
            await asyncio.sleep(0.02)


async def test_sign_ins_and_keys_share_a_month_that_ends_with_429_until_the_next_one(database_url: str) -> None:
    clock = MovingClock()
    async with client_with(database_url, 2, clock) as client:
        minji, other = await person(client, "minji"), await person(client, "other")
        by_key = await client.post(JSON_CALL, json=FACE, headers=await minji.key("analyze"))
        answers = [by_key, await read(minji), await read(minji)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["usage-remaining"] for answer in answers] == ["1", "0", "0"]
        refused, left_s = answers[2], int((datetime.fromisoformat(NEXT_MONTH) - NOON).total_seconds())
        assert refused.headers["usage-limit"] == "2"
        assert refused.headers["usage-reset"] == refused.headers["retry-after"] == str(left_s)
        error = refused.json()["error"]
        assert (error["code"], error["details"]) == (
            "MONTHLY_LIMIT_REACHED",
            {"limit": 2, "remaining": 0, "needed": 1, "resets_at": NEXT_MONTH, "retry_after_s": left_s},
        )
        assert await usage_of(minji) == {
            "plan": "free",
            "month": "2026-11",
            "limit": 2,
            "used": 2,
            "remaining": 0,
            "resets_at": NEXT_MONTH,
            "by_kind": {"face": 2, "batch": 0, "video": 0, "compatibility": 0, "lookalike": 0},
        }
        assert (await read(other)).status_code == 200
        assert (await client.post(JSON_CALL, json=FACE)).status_code == 200  # guests have a limit of their own
        clock.advance(seconds=left_s)
        await minji.login()
        assert (await read(minji)).headers["usage-remaining"] == "1"
        assert (await usage_of(minji))["month"] == "2026-12"


async def test_of_twenty_readings_at_once_exactly_as_many_as_are_left_are_made(database_url: str) -> None:
    async with client_with(database_url, 7) as client:
        minji = await person(client, "minji")
        answers = await asyncio.gather(*(read(minji) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [429] * 13
        assert (await usage_of(minji))["used"] == 7


async def test_readings_that_fail_are_not_counted(database_url: str) -> None:
    async with client_with(database_url, 2) as client:
        minji = await person(client, "minji")
        faceless = {"image": base64.b64encode(FACELESS).decode()}
        failed = [await read(minji, json=faceless) for _ in range(3)]
        assert [(answer.status_code, answer.headers["usage-remaining"]) for answer in failed] == [(422, "2")] * 3
        assert (await read(minji)).headers["usage-remaining"] == "1"
        await minji.call("DELETE", "/consents/reading")
        assert (await read(minji)).json()["error"]["code"] == "CONSENT_REQUIRED"
        assert (await usage_of(minji))["used"] == 1


async def test_a_batch_counts_the_photos_that_it_reads_and_is_refused_whole_if_too_few_are_left(
    database_url: str,
) -> None:
    async with client_with(database_url, 4) as client:
        minji = await person(client, "minji")
        photo = drawn_portrait()
        submitted = await batch(minji, photo, FACELESS, photo, key="album")
        assert (submitted.status_code, submitted.headers["usage-remaining"]) == (202, "1")
        await wait_until_ended(minji, submitted.json()["task_id"])
        assert (await usage_of(minji))["by_kind"]["batch"] == 2
        refused = await batch(minji, photo, photo, photo)
        assert (refused.status_code, refused.json()["error"]["details"]["needed"]) == (429, 3)
        tasks = (await minji.call("GET", "/analysis/tasks")).json()
        assert tasks["total"] == 1
        assert [(await read(minji)).status_code for _ in range(3)] == [200, 200, 429]
        again = await batch(minji, photo, FACELESS, photo, key="album")
        assert (again.status_code, again.json()["task_id"]) == (202, submitted.json()["task_id"])
        assert (await batch(minji, photo)).status_code == 429


@ONE_DATABASE
async def test_a_video_counts_once_and_a_task_that_fails_not_at_all(database_url: str) -> None:
    async with client_with(database_url, 3) as client:
        minji = await person(client, "minji")
        faceless = {"image": base64.b64encode(FACELESS).decode()}
        failing = await minji.call("POST", "/analysis/face/async", json=faceless)
        video = await minji.call("POST", "/analysis/video", files={"file": ("me.mp4", drawn_clip(4))})
        assert [failing.status_code, video.status_code] == [202, 202], video.text
        for task in (failing, video):
            await wait_until_ended(minji, task.json()["task_id"])
        usage = await usage_of(minji)
        assert (usage["used"], usage["by_kind"]["video"]) == (1, 1)


async def test_cancelled_tasks_and_those_deleted_with_their_consent_are_given_back(database_url: str) -> None:
    async with client_with(database_url, 5, jobs_concurrency=0) as client:
        minji = await person(client, "minji")
        photo = drawn_portrait()
        first, _ = await batch(minji, photo, photo), await batch(minji, photo)
        assert (await usage_of(minji))["used"] == 3
        for _ in range(2):  # the second time it has ended already
            await minji.call("DELETE", f"/analysis/tasks/{first.json()['task_id']}")
        assert (await usage_of(minji))["used"] == 1
        await minji.call("DELETE", "/consents/reading")
        assert (await usage_of(minji))["used"] == 0


@ONE_DATABASE
async def test_faces_of_a_compatibility_drawings_and_look_alikes_are_counted_kept_readings_are_not(
    database_url: str,
) -> None:
    async with client_with(database_url, 100) as client:
        minji = await person(client, "minji")
        for purpose in ("history", "lookalike"):
            await minji.agree(purpose)
        photo = base64.b64encode(drawn_portrait()).decode()
        kept = {"analysis_id": (await read(minji)).json()["analysis_id"]}
        for first in (kept, FACE):
            pair = {"first": first, "second": FACE, "other_agrees": True}
            assert (await minji.call("POST", "/analysis/compatibility", json=pair)).status_code == 200
        form = {"file": ("me.jpg", drawn_portrait())}
        assert (await minji.call("POST", "/analysis/face/overlay.svg", files=form)).status_code == 200
        assert (await minji.call("POST", "/celebrity/match", json={"image": photo})).status_code == 200
        assert (await usage_of(minji))["by_kind"] == {
            "face": 2,
            "batch": 0,
            "video": 0,
            "compatibility": 3,
            "lookalike": 1,
        }


async def test_administrators_give_plans_which_the_audit_log_notes(database_url: str) -> None:
    async with client_with(database_url, 0) as client:
        minji, admin = await person(client, "minji"), await administrator(client, database_url)
        assert (await read(minji)).status_code == 429
        path = f"/users/{minji.id}/plan"
        given = await admin.call("PUT", path, json={"plan": "standard"})
        assert (given.status_code, given.json()["limit"], given.json()["plan"]) == (200, 1000, "standard")
        assert (await read(minji)).headers["usage-remaining"] == "999"
        assert (await admin.call("GET", f"/users/{minji.id}/usage")).json()["used"] == 1
        unlimited = await admin.call("PUT", path, json={"plan": "unlimited"})
        assert (unlimited.json()["limit"], unlimited.json()["remaining"]) == (None, None)
        assert "usage-limit" not in (await read(minji)).headers
        assert (await admin.call("PUT", path, json={"plan": None})).json()["plan"] == "free"
        unknown = await admin.call("PUT", path, json={"plan": "gold"})
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (422, "UNKNOWN_PLAN")
        assert (await admin.call("PUT", "/users/999/plan", json={"plan": "free"})).status_code == 404
        for method, where in (("PUT", path), ("GET", f"/users/{minji.id}/usage")):
            answer = await minji.call(method, where, json={"plan": "unlimited"})
            assert answer.status_code == 403
        exported = (await minji.call("GET", "/users/me/export")).json()
        changes = [entry["facts"] for entry in exported["audit"] if entry["event"] == "plan_changed"]
        assert changes == [{"plan": "standard"}, {"plan": "unlimited"}, {"plan": "free"}]
        assert (exported["plan"], exported["usage"][0]["face"]) == (None, 2)


async def test_without_a_limit_readings_are_counted_and_never_refused(database_url: str) -> None:
    async with client_with(database_url, None) as client:
        minji = await person(client, "minji")
        answers = [await read(minji) for _ in range(3)]
        assert [(answer.status_code, "usage-limit" in answer.headers) for answer in answers] == [(200, False)] * 3
        usage = await usage_of(minji)
        assert (usage["plan"], usage["limit"], usage["used"]) == ("unlimited", None, 3)


@ONE_DATABASE
@pytest.mark.parametrize(("limit", "status"), [(None, 200), (5, 503)])
async def test_a_database_that_takes_no_writes_stops_only_readings_that_have_a_limit(
    database_url: str, limit: int | None, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client_with(database_url, limit) as client:
        minji = await person(client, "minji")
        uow = container_behind(client).uow

        @asynccontextmanager
        async def refuse() -> AsyncIterator[None]:
            raise DatabaseUnavailableError("The disk is full.")
            yield

        monkeypatch.setattr(uow, "write", refuse)
        assert (await read(minji)).status_code == status


@ONE_DATABASE
async def test_a_reading_that_fails_after_its_account_was_erased_still_says_why(database_url: str) -> None:
    async with client_with(database_url, 5) as client:
        minji, services = await person(client, "minji"), container_behind(client)

        async def erase_and_fail() -> None:
            async with services.usage.counted(minji.id, "face"):
                await services.users.delete(minji.id)
                refuse_faceless(FACELESS)

        with pytest.raises(NoFaceError):
            await erase_and_fail()


@ONE_DATABASE
async def test_counts_are_deleted_after_thirteen_months(database_url: str) -> None:
    clock = MovingClock()
    async with client_with(database_url, 5, clock) as client:
        minji, services = await person(client, "minji"), container_behind(client)
        await read(minji)
        for days, rows in ((330, 1), (100, 0)):
            clock.now += timedelta(days=days)
            await services.retention.run()
            async with services.uow.read() as tx:
                assert len(await tx.usage.list_for_user(minji.id)) == rows
