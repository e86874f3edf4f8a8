"""Kept readings over HTTP: only with consent, only for their owners."""

import json
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.people import Person, person
from tests.support.photos import drawn_portrait
from tests.support.serving import JSON_CALL, UPLOAD_CALL, application

pytestmark = pytest.mark.anyio
FACE = {"landmarks": canonical_landmarks().tolist(), "birth_year": 1990}


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with application(database_url=database_url) as connected:
        yield connected


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    """Return a user who consents to a history."""
    someone = await person(client, "minji")
    await someone.agree("history")
    return someone


async def read(someone: Person, **request: object) -> dict[str, object]:
    answer = await someone.call("POST", "/analysis/face", **(request or {"json": FACE}))
    assert answer.status_code == 200, answer.text
    reading: dict[str, object] = answer.json()
    return reading


def without_points(document: object) -> object:
    """Return a reading without its overlays and points."""
    if isinstance(document, dict):
        points = ("overlay", "overlays", "points")
        return {name: without_points(value) for name, value in document.items() if name not in points}
    return [without_points(item) for item in document] if isinstance(document, list) else document


async def test_a_kept_reading_equals_the_answer_without_its_points(minji: Person) -> None:
    answered = await read(minji)
    kept = (await minji.call("GET", f"/analysis/{answered['analysis_id']}")).json()
    assert without_points(kept) == without_points(answered)
    assert set(re.findall(r'"points": (\[[^\]]*\])', json.dumps(kept))) == {"[]"}


async def test_kept_readings_are_paged_newest_first(minji: Person) -> None:
    ids = [(await read(minji))["analysis_id"] for _ in range(3)]
    page = (await minji.call("GET", "/analysis", params={"size": 2})).json()
    assert (page["total"], page["pages"], len(page["items"])) == (3, 2, 2)
    rest = (await minji.call("GET", "/analysis", params={"size": 2, "page": 2})).json()
    assert {item["analysis_id"] for item in (*page["items"], *rest["items"])} == set(ids)
    assert set(page["items"][0]) >= {"analysis_id", "created_at", "overall_score", "element", "locale"}


async def test_ids_can_not_be_guessed(minji: Person) -> None:
    ids = {str((await read(minji))["analysis_id"]) for _ in range(3)}
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", id_) for id_ in ids)


async def test_a_deleted_reading_is_gone(minji: Person) -> None:
    path = f"/analysis/{(await read(minji))['analysis_id']}"
    assert (await minji.call("DELETE", path)).status_code == 204
    assert [(await minji.call(method, path)).status_code for method in ("GET", "DELETE")] == [404, 404]
    assert (await minji.call("GET", "/analysis")).json()["items"] == []


async def test_the_fortune_of_any_day_is_returned_for_a_kept_reading(minji: Person) -> None:
    reading = await read(minji)
    path = f"/analysis/{reading['analysis_id']}/fortune"
    today = await minji.call("GET", path, params={"date": "2026-11-23"})
    assert today.json() == reading["fortune"]
    english = await minji.call("GET", path, params={"date": "2026-11-24", "locale": "en"})
    assert english.json()["date"] == "2026-11-24"
    assert re.search("[a-z]{4}", english.json()["text"])


async def test_a_week_and_a_month_of_fortunes_are_listed_with_the_notice(minji: Person) -> None:
    reading = await read(minji)
    path = f"/analysis/{reading['analysis_id']}/fortunes"
    week = (await minji.call("GET", path, params={"date": reading["fortune"]["date"]})).json()
    month = (await minji.call("GET", path, params={"date": reading["fortune"]["date"], "days": 31})).json()
    assert week[0] == reading["fortune"]
    assert week == month[:7]
    assert len({fortune["text"] for fortune in month}) == 31
    assert len({fortune["lucky"]["color"] for fortune in week}) == 5
    assert {fortune["disclaimer"] for fortune in month} == {reading["disclaimer"]}
    assert len((await minji.call("GET", path, params={"date": "9999-12-30"})).json()) == 2
    assert (await minji.call("GET", path, params={"date": "2026-11-23", "days": 32})).status_code == 422


@pytest.mark.parametrize(
    "day", ["", "0", "1764000000", "yesterday", "2026-02-30", "20261123", "0001-01-01", "9999-12-31", "-1", None]
)
async def test_a_fortune_is_returned_for_extreme_dates_and_rejected_for_invalid_ones(
    day: str | None, minji: Person
) -> None:
    path = f"/analysis/{(await read(minji))['analysis_id']}/fortune"
    answer = await minji.call("GET", path, params={} if day is None else {"date": day})
    assert answer.status_code == (200 if day in ("0001-01-01", "9999-12-31") else 422)


async def test_only_measures_are_kept_of_a_photo(minji: Person) -> None:
    answer = await minji.call("POST", "/analysis/face/upload", files={"file": ("me.jpg", drawn_portrait())})
    assert answer.status_code == 200
    export = (await minji.call("GET", "/users/me/export")).json()
    (kept,) = export["analyses"]
    assert set(kept) == {"analysis_id", "created_at", "birth_year", "reading", "measures", "pose", "quality"}
    assert not re.search(r"(-?\d+\.\d+, ){10}", json.dumps(kept))  # no coordinates


async def test_without_consent_a_reading_is_returned_and_not_kept(client: httpx.AsyncClient) -> None:
    someone = await person(client)
    reading = await read(someone)
    assert (await someone.call("GET", "/analysis")).json()["total"] == 0
    assert (await someone.call("GET", f"/analysis/{reading['analysis_id']}")).status_code == 404


async def test_withdrawing_consent_deletes_kept_readings_at_once(minji: Person) -> None:
    path = f"/analysis/{(await read(minji))['analysis_id']}"
    assert (await minji.call("DELETE", "/consents/history")).json()["granted"] is False
    assert (await minji.call("GET", path)).status_code == 404
    await minji.agree("history")
    assert (await minji.call("GET", "/analysis")).json()["total"] == 0


async def test_a_guests_reading_is_returned_and_not_kept(client: httpx.AsyncClient) -> None:
    answer = await client.post(JSON_CALL, json=FACE)
    assert answer.status_code == 200
    assert (await client.get(f"/api/v1/analysis/{answer.json()['analysis_id']}")).status_code == 401


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_reading_needs_credentials_if_guests_are_not_allowed(database_url: str) -> None:
    async with application(database_url=database_url, allow_guests=False) as client:
        for answer in (
            await client.post(JSON_CALL, json=FACE),
            await client.post(UPLOAD_CALL, files={"file": ("me.jpg", drawn_portrait())}),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
            assert answer.headers["www-authenticate"] == "Bearer"
        await read(await person(client))


async def test_invalid_credentials_are_not_treated_as_a_guest(client: httpx.AsyncClient) -> None:
    for headers in ({"Authorization": "Bearer x"}, {"X-API-Key": "x"}, {"Authorization": ""}):
        assert (await client.post(JSON_CALL, json=FACE, headers=headers)).status_code == 401


async def ids_of_everything(minji: Person) -> dict[str, str]:
    """Return an id of hers for each name of an id in a path of the API."""
    await minji.key("analyze")
    (key,) = (await minji.call("GET", "/keys")).json()["items"]
    later = (await minji.call("POST", "/analysis/face/async", json=FACE)).json()
    (session,) = (await minji.call("GET", "/users/me/sessions")).json()["items"]
    kept = str((await read(minji))["analysis_id"])
    invitation = (await minji.call("POST", f"/analysis/{kept}/invitations")).json()
    share = (await minji.call("POST", f"/analysis/{kept}/shares")).json()
    webhook = (await minji.call("POST", "/webhooks", json={"url": "https://hooks.example.com/"})).json()
    delivery = (await minji.call("POST", f"/webhooks/{webhook['id']}/test")).json()
    return {
        "analysis_id": kept,
        "key_id": key["id"],
        "session_id": session["id"],
        "task_id": later["task_id"],
        "invitation_id": invitation["id"],
        "share_id": share["id"],
        "webhook_id": webhook["id"],
        "delivery_id": delivery["id"],
    }


async def test_another_users_resources_are_not_found(client: httpx.AsyncClient, minji: Person) -> None:
    """Every operation of the OpenAPI document with an id in its path."""
    stranger = await person(client, "stranger")
    own = await ids_of_everything(minji)
    # an administrator's, public, or no id
    not_owned = {"user_id", "purpose", "celebrity_id", "photo_id", "token", "provider"}
    document = (await client.get("/api/v1/openapi.json")).json()
    bodies = {
        ("put", "analysis_id"): {"json": {"answers": {"eyes": "fits"}}},
        ("patch", "webhook_id"): {"json": {"is_enabled": False}},
    }
    calls = 0
    for path, operations in document["paths"].items():
        for method in operations:
            names = re.findall(r"{(\w+)}", path)
            if not names or not_owned & set(names):
                continue
            assert set(names) <= {"number", *own}, f"{path} has an id that this test does not know"
            for ids in (own, dict.fromkeys(own, str(uuid4()))):
                url = path.format(**ids, number=1)
                body = bodies.get((method, names[0]), {})
                answer = await client.request(
                    method, url, headers=stranger.bearer, params={"date": "2026-11-23"}, **body
                )
                assert answer.status_code == 404, (method, path)
                calls += 1
    assert calls == 54
    assert (await minji.call("GET", f"/analysis/{own['analysis_id']}")).status_code == 200
    assert (await minji.call("GET", "/keys")).json()["total"] == 1


async def test_another_users_reading_and_a_nonexistent_one_get_the_same_answer(
    client: httpx.AsyncClient, minji: Person
) -> None:
    stranger = await person(client, "stranger")
    answers = [
        (await stranger.call("GET", f"/analysis/{id_}")).json() for id_ in ((await read(minji))["analysis_id"], uuid4())
    ]
    for answer in answers:
        del answer["instance"], answer["request_id"]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("invalid", ["1", "face", "not-a-uuid", "' OR 1=1--", "%00", "x" * 3000])
async def test_an_invalid_id_is_not_found(invalid: str, minji: Person) -> None:
    assert (await minji.call("DELETE", f"/analysis/{invalid}")).status_code in (404, 405)
