"""The Idempotency-Key of calls that create: sent again, they create nothing; on SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.vision.errors import NoFaceError
from tests.support.fakes import FakeVision, MovingClock
from tests.support.people import Person, administrator, person
from tests.support.photos import drawn_portrait
from tests.support.serving import client_of, container_behind, run_app

pytestmark = pytest.mark.anyio
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # independent of the database
FACE = {"landmarks": canonical_landmarks().tolist()}
FACELESS = drawn_portrait(face_width=150.0)
KEY = "8c1f2c5e-6f0b-4b0e-8f57-4b8f5d1c9a10"


def refuse_faceless(photo: bytes) -> None:
    if photo == FACELESS:
        raise NoFaceError("No face was found in the photo.")


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
async def client(database_url: str, clock: MovingClock) -> AsyncIterator[httpx.AsyncClient]:
    vision = FakeVision(refuse_faceless)
    async with run_app(lambda: vision, clock=clock, database_url=database_url) as app, client_of(app) as connected:
        yield connected


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    someone = await person(client, "minji")
    await someone.agree("history")
    return someone


async def post(someone: Person, path: str, key: str | None = KEY, **request: object) -> httpx.Response:
    headers = {**someone.bearer, **({"Idempotency-Key": key} if key else {})}
    return await someone.client.post(f"/api/v1{path}", headers=headers, **request)


async def read(someone: Person, key: str | None = KEY, **request: object) -> httpx.Response:
    return await post(someone, "/analysis/face", key, **(request or {"json": FACE}))


async def kept(someone: Person) -> int:
    total: int = (await someone.call("GET", "/analysis")).json()["total"]
    return total


def outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def form(photo: bytes) -> dict[str, Any]:
    return {"files": {"file": ("me.jpg", photo)}}  # the client makes up another boundary each time


async def test_the_same_reading_with_the_same_key_is_kept_and_counted_once(minji: Person) -> None:
    first, again = await read(minji), await read(minji)
    assert [answer.status_code for answer in (first, again)] == [200, 200]
    assert again.json()["analysis_id"] == first.json()["analysis_id"]
    assert again.json()["story"] == first.json()["story"]
    assert [answer.headers.get("idempotency-replayed") for answer in (first, again)] == [None, "true"]
    assert (await read(minji, "another-key")).json()["analysis_id"] != first.json()["analysis_id"]
    assert await kept(minji) == 2
    assert (await minji.call("GET", "/usage")).json()["used"] == 2


async def test_the_same_upload_is_recognised_whatever_boundary_its_form_has(minji: Person) -> None:
    answers = [await post(minji, "/analysis/face/upload", **form(drawn_portrait())) for _ in range(2)]
    assert len({answer.request.headers["content-type"] for answer in answers}) == 2
    assert len({answer.json()["analysis_id"] for answer in answers}) == 1
    other = await post(minji, "/analysis/face/upload", **form(drawn_portrait(face_width=210.0)))
    assert outcome(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await kept(minji) == 1


async def test_another_request_with_a_used_key_is_refused_and_another_user_or_call_is_not(
    client: httpx.AsyncClient, minji: Person
) -> None:
    analysis = (await read(minji)).json()["analysis_id"]
    assert outcome(await read(minji, json={**FACE, "birth_year": 1990})) == (422, "IDEMPOTENCY_KEY_REUSED")
    other = await person(client, "other")
    await other.agree("history")
    assert (await read(other)).status_code == 200
    assert (await post(minji, f"/analysis/{analysis}/invitations", json={})).status_code == 201


async def test_of_eight_equal_readings_at_once_one_is_kept_and_all_return_it(minji: Person) -> None:
    answers = await asyncio.gather(*(read(minji) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["analysis_id"] for answer in answers}) == 1
    assert await kept(minji) == 1
    assert (await minji.call("GET", "/usage")).json()["used"] == 1


async def test_of_equal_readings_at_two_processes_at_once_one_is_kept_and_all_return_it(
    minji: Person, database_url: str
) -> None:
    async with run_app(database_url=database_url, jobs_concurrency=0) as app, client_of(app) as elsewhere:
        there = replace(minji, client=elsewhere)
        answers = await asyncio.gather(*(read(each) for each in [minji, there] * 4))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["analysis_id"] for answer in answers}) == 1
    assert await kept(minji) == 1
    assert (await minji.call("GET", "/usage")).json()["used"] == 1


async def test_equal_calls_at_once_have_the_last_reading_of_a_month_together(database_url: str) -> None:
    plans = {"plans": {"free": 1}, "default_plan": "free"}
    async with run_app(database_url=database_url, **plans) as app, client_of(app) as client:
        minji = await person(client, "minji")
        await minji.agree("history")
        answers = await asyncio.gather(*(read(minji) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
        assert len({answer.json()["analysis_id"] for answer in answers}) == 1
        assert outcome(await read(minji, "another-key")) == (429, "MONTHLY_LIMIT_REACHED")


async def test_a_key_a_link_and_an_invitation_are_made_once_and_their_secrets_are_not_repeated(minji: Person) -> None:
    analysis = (await read(minji, None)).json()["analysis_id"]
    calls = {
        "/keys": {"name": "kiosk", "scopes": ["analyze"]},
        f"/analysis/{analysis}/shares": {"expires_in_hours": 48},
        f"/analysis/{analysis}/invitations": {"days": 3},
    }
    for path, body in calls.items():
        made, *others = sorted(
            await asyncio.gather(*(post(minji, path, json=body) for _ in range(5))),
            key=lambda answer: answer.status_code,
        )
        assert made.status_code == 201, made.text
        for answer in (*others, await post(minji, path, json=body)):
            assert outcome(answer) == (409, "ALREADY_CREATED")
            assert answer.json()["error"]["details"] == {"id": made.json()["id"]}
            secrets = {made.json().get(name, "-") for name in ("key", "url", "code")} - {"-"}
            assert not [secret for secret in secrets if secret in answer.text]
        assert outcome(await post(minji, path, json={**body, **_change(body)})) == (422, "IDEMPOTENCY_KEY_REUSED")
    keys = (await minji.call("GET", "/keys")).json()
    shares = (await minji.call("GET", f"/analysis/{analysis}/shares")).json()
    invitations = (await minji.call("GET", "/analysis/invitations")).json()
    assert (keys["total"], shares["total"], invitations["total"]) == (1, 1, 1)


def _change(body: dict[str, Any]) -> dict[str, object]:
    name = next(iter(body))
    return {name: "another" if isinstance(body[name], str) else body[name] + 1}


@ONE_DATABASE
async def test_the_password_of_a_call_is_no_part_of_it(minji: Person, clock: MovingClock) -> None:
    body = {"name": "kiosk", "scopes": ["analyze"]}
    assert (await post(minji, "/keys", json=body)).status_code == 201
    clock.advance(minutes=6)
    assert outcome(await post(minji, "/keys", json=body)) == (403, "RECENT_SIGN_IN_REQUIRED")
    again = await post(minji, "/keys", json={**body, "current_password": minji.password})
    assert outcome(again) == (409, "ALREADY_CREATED")


async def test_a_person_and_a_picture_of_the_gallery_are_added_once(
    client: httpx.AsyncClient, database_url: str
) -> None:
    admin = await administrator(client, database_url)
    body = {"name_ko": "홍길동", "name_en": "Hong Gildong", "category": "actor"}
    people = [await post(admin, "/celebrity", json=body) for _ in range(2)]
    assert [answer.status_code for answer in people] == [201, 201]
    assert people[0].json()["id"] == people[1].json()["id"]
    fields = {"celebrity_id": str(people[0].json()["id"]), "source": "drawn", "licence": "CC0-1.0"}
    pictures = [await post(admin, "/celebrity/photos", data=fields, **form(drawn_portrait())) for _ in range(2)]
    assert [answer.status_code for answer in pictures] == [201, 201], pictures[1].text
    assert pictures[0].json() == pictures[1].json()
    assert [answer.headers.get("idempotency-replayed") for answer in pictures] == [None, "true"]
    assert outcome(await post(admin, "/celebrity/photos", None, data=fields, **form(drawn_portrait()))) == (
        409,
        "CELEBRITY_PHOTO_EXISTS",
    )


async def test_a_person_of_the_gallery_that_equal_calls_add_at_once_is_returned_to_them_all(
    client: httpx.AsyncClient, database_url: str
) -> None:
    admin = await administrator(client, database_url)
    body = {"name_ko": "홍길동", "name_en": "Hong Gildong", "category": "actor"}
    answers = await asyncio.gather(*(post(admin, "/celebrity", json=body) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert outcome(await post(admin, "/celebrity", "another-key", json=body)) == (409, "CELEBRITY_EXISTS")


async def test_equal_calls_at_once_that_reach_a_limit_are_recognised_as_one(database_url: str) -> None:
    limited = run_app(FakeVision, database_url=database_url, max_keys_per_user=1)
    async with limited as app, client_of(app) as client:
        minji, body = await person(client, "minji"), {"name": "kiosk", "scopes": ["analyze"]}
        answers = await asyncio.gather(*(post(minji, "/keys", json=body) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
        refused = [answer for answer in answers if answer.status_code == 409]
        assert {outcome(answer) for answer in refused} == {(409, "ALREADY_CREATED")}
        assert outcome(await post(minji, "/keys", "another-key", json=body)) == (409, "KEY_LIMIT")


@ONE_DATABASE
async def test_calls_that_fail_or_keep_nothing_leave_their_key_free(client: httpx.AsyncClient) -> None:
    minji = await person(client, "minji")
    assert outcome(await post(minji, "/analysis/face/upload", **form(FACELESS))) == (422, "NO_FACE")
    for kept_now in (False, True):
        if kept_now:
            await minji.agree("history")
        answers = [await post(minji, "/analysis/face/upload", **form(drawn_portrait())) for _ in range(2)]
        ids = {answer.json()["analysis_id"] for answer in answers}
        assert len(ids) == (1 if kept_now else 2)
    guests = [await client.post("/api/v1/analysis/face", json=FACE, headers={"Idempotency-Key": KEY}) for _ in "12"]
    assert [answer.status_code for answer in guests] == [200, 200]


@ONE_DATABASE
async def test_a_reading_deleted_meanwhile_is_not_made_again(minji: Person) -> None:
    analysis = (await read(minji)).json()["analysis_id"]
    await minji.call("DELETE", f"/analysis/{analysis}")
    assert outcome(await read(minji)) == (404, "ANALYSIS_NOT_FOUND")
    assert await kept(minji) == 0


async def test_after_a_day_a_key_is_free_and_its_record_is_deleted(
    client: httpx.AsyncClient, minji: Person, clock: MovingClock
) -> None:
    services = container_behind(client)

    async def records() -> list[tuple[str, str]]:
        async with services.uow.read() as tx:
            rows = await tx.idempotency.list_for_user(minji.id)
        return [(row.operation, row.created_id) for row in rows]

    first = (await read(minji)).json()["analysis_id"]
    await read(minji, "another-key")
    exported = (await minji.call("GET", "/users/me/export")).json()["idempotency"]
    assert [one["created_id"] for one in exported].count(first) == 1
    clock.advance(hours=24)
    await minji.login()
    second = (await read(minji, json={**FACE, "birth_year": 1990})).json()["analysis_id"]
    assert second != first
    assert await records() == [("analyze_face", second)]  # a new record deletes the user's old ones
    clock.advance(hours=24)
    await services.retention.run()
    assert await records() == []
