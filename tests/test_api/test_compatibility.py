"""The compatibility of two faces over HTTP: both agree, nothing is kept, and an invitation shows neither face."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from uuid import uuid4

import httpx
import pytest

from gwansang.drawing.qr_code import qr_code
from gwansang.texts import load
from tests.support.fakes import FakeVision
from tests.support.many_faces import ME, NOBODY, STRANGER, SeededVision, landmarks_of
from tests.support.people import Person, person
from tests.support.photos import drawn_portrait
from tests.support.serving import Server, application

pytestmark = pytest.mark.anyio
PAIR = "/api/v1/analysis/compatibility"
REDEEM = f"{PAIR}/invitation"


def face(photo: bytes = ME, **fields: object) -> dict[str, object]:
    return {"landmarks": landmarks_of(photo).tolist(), **fields}


FRIENDS = {"first": face(ME), "second": face(STRANGER), "other_agrees": True}


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with application(SeededVision, database_url=database_url) as connected:
        yield connected


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    """Return a user who consents to a history."""
    someone = await person(client, "minji")
    await someone.agree("history")
    return someone


async def keep(someone: Person, **fields: object) -> str:
    """Keep a reading and return its id."""
    answer = await someone.call("POST", "/analysis/face", json=face(ME, **fields))
    assert answer.json()["kept"] is True, answer.text
    return str(answer.json()["analysis_id"])


async def invite(someone: Person, analysis_id: str, **body: object) -> str:
    answer = await someone.call("POST", f"/analysis/{analysis_id}/invitations", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_two_faces_are_compared_for_a_guest_in_either_order(client: httpx.AsyncClient) -> None:
    told = await client.post(PAIR, json=FRIENDS)
    assert told.status_code == 200, told.text
    swapped = await client.post(PAIR, json={**FRIENDS, "first": FRIENDS["second"], "second": FRIENDS["first"]})
    assert told.json() == swapped.json()
    match = told.json()
    assert [paragraph["id"] for paragraph in match["paragraphs"]] == ["elements", "callings", "energies", "shapes"]
    assert match["disclaimer"] == load("fortune", "ko", dict[str, str])["disclaimer"]
    english = (await client.post(PAIR, json={**FRIENDS, "locale": "en"})).json()
    assert english["disclaimer"] == load("fortune", "en", dict[str, str])["disclaimer"]
    assert (english["bond"], english["alike"]) == (match["bond"], match["alike"])
    assert english["title"] != match["title"]


@pytest.mark.parametrize("agrees", [{}, {"other_agrees": False}])
async def test_without_the_other_persons_consent_nothing_is_read(
    agrees: Mapping[str, object], client: httpx.AsyncClient
) -> None:
    body = {"first": {"image": "AAAA"}, "second": {"image": "AAAA"}, **agrees}
    assert code_of(await client.post(PAIR, json=body)) == (403, "OTHER_CONSENT_REQUIRED")


async def test_a_user_without_the_consent_to_readings_is_refused(client: httpx.AsyncClient) -> None:
    someone = await person(client)
    await someone.call("DELETE", "/consents/reading")
    answer = await someone.call("POST", "/analysis/compatibility", json=FRIENDS)
    assert code_of(answer) == (403, "CONSENT_REQUIRED")


async def test_nothing_of_a_match_is_kept_or_remembered(minji: Person) -> None:
    kept = await keep(minji)
    before = (await minji.call("GET", "/users/me/export")).json()
    assert (await minji.call("POST", "/analysis/compatibility", json=FRIENDS)).status_code == 200
    both = {"first": {"analysis_id": kept}, "second": face(STRANGER), "other_agrees": True}
    assert (await minji.call("POST", "/analysis/compatibility", json=both)).status_code == 200
    after = (await minji.call("GET", "/users/me/export")).json()
    for changing in ("exported_at", "audit", "usage"):  # of a match its number is counted
        del before[changing], after[changing]
    assert after == before


async def test_kept_readings_are_compared_as_the_faces_were(minji: Person) -> None:
    first, second = await keep(minji), (await minji.call("POST", "/analysis/face", json=face(STRANGER))).json()
    body = {"first": {"analysis_id": first}, "second": {"analysis_id": second["analysis_id"]}, "other_agrees": True}
    by_id = await minji.call("POST", "/analysis/compatibility", json=body)
    assert by_id.status_code == 200, by_id.text
    by_face = (await minji.call("POST", "/analysis/compatibility", json=FRIENDS)).json()
    assert by_id.json() == by_face


async def test_a_kept_reading_of_somebody_else_does_not_exist(client: httpx.AsyncClient, minji: Person) -> None:
    stranger, kept = await person(client, "stranger"), await keep(minji)
    for id_ in (kept, str(uuid4())):
        body = {"first": {"analysis_id": id_}, "second": face(STRANGER), "other_agrees": True}
        assert code_of(await stranger.call("POST", "/analysis/compatibility", json=body)) == (404, "ANALYSIS_NOT_FOUND")
        assert code_of(await client.post(PAIR, json=body)) == (401, "UNAUTHENTICATED")


async def test_two_photos_are_compared_and_an_error_names_the_photo(client: httpx.AsyncClient) -> None:
    def form(*photos: bytes) -> list[tuple[str, tuple[str, bytes]]]:
        return [("file", ("a.jpg", photo)) for photo in photos]

    fields = {"other_agrees": "true", "locale": "en"}
    told = await client.post(f"{PAIR}/upload", files=form(ME, STRANGER), data=fields)
    assert told.status_code == 200, told.text
    assert told.json()["locale"] == "en"
    failed = await client.post(f"{PAIR}/upload", files=form(ME, NOBODY), data=fields)
    assert code_of(failed) == (422, "NO_FACE")
    assert failed.json()["error"]["details"] == {"file": 2}
    alone = await client.post(f"{PAIR}/upload", files=form(ME), data=fields)
    assert code_of(alone) == (422, "TWO_FACES_REQUIRED")
    three = await client.post(f"{PAIR}/upload", files=form(ME, ME, ME), data=fields)
    assert code_of(three) == (422, "TOO_MANY_FILES")
    silent = await client.post(f"{PAIR}/upload", files=form(ME, STRANGER))
    assert code_of(silent) == (403, "OTHER_CONSENT_REQUIRED")


async def test_a_minor_is_told_nothing_of_love_and_a_child_is_refused(client: httpx.AsyncClient) -> None:
    for year, status in ((2009, 200), (2013, 422)):
        for first, second in ((face(ME, birth_year=year), face(STRANGER)), (face(STRANGER), face(ME, birth_year=year))):
            answer = await client.post(PAIR, json={"first": first, "second": second, "other_agrees": True})
            assert answer.status_code == status
            assert "애정" not in answer.text


async def test_the_other_person_redeems_an_invitation_and_sees_the_match_alone(
    client: httpx.AsyncClient, minji: Person
) -> None:
    kept = await keep(minji, birth_year=1990)
    code = await invite(minji, kept)
    told = await client.post(REDEEM, json={"code": code, **face(STRANGER)})
    assert told.status_code == 200, told.text
    assert told.json() == (await client.post(PAIR, json=FRIENDS)).json()
    shown = json.dumps(told.json(), ensure_ascii=False)
    reading = (await minji.call("GET", f"/analysis/{kept}")).json()
    hidden = [kept, minji.email, reading["title"], *(part["shape"] for part in reading["parts_analysis"].values())]
    assert [secret for secret in hidden if secret in shown] == []
    assert code_of(await client.post(REDEEM, json={"code": code, **face(STRANGER)})) == (404, "INVITATION_NOT_FOUND")


async def test_an_invitation_is_redeemed_with_a_kept_reading_and_by_oneself(
    client: httpx.AsyncClient, minji: Person
) -> None:
    kept, friend = await keep(minji), await person(client, "friend")
    await friend.agree("history")
    other = await keep(friend)
    code = await invite(minji, kept, uses=3)
    for someone, id_ in ((friend, other), (minji, kept)):
        answer = await someone.call(
            "POST", "/analysis/compatibility/invitation", json={"code": code, "analysis_id": id_}
        )
        assert answer.status_code == 200, answer.text
    stolen = await friend.call("POST", "/analysis/compatibility/invitation", json={"code": code, "analysis_id": kept})
    assert code_of(stolen) == (404, "ANALYSIS_NOT_FOUND")
    left = (await minji.call("GET", "/analysis/invitations")).json()
    assert [(one["uses_left"], one["analysis_id"]) for one in left["items"]] == [(1, kept)]
    assert code not in json.dumps(left)


async def test_an_invitation_has_a_link_to_the_page_that_redeems_it_and_its_qr_code(minji: Person) -> None:
    answer = await minji.call("POST", f"/analysis/{await keep(minji)}/invitations")
    made = answer.json()
    assert made["url"] == f"http://test/#/match/{made['code']}", "the code stands behind '#', which reaches no server"
    assert made["qr_svg"].startswith("<svg ")
    assert made["qr_svg"] == qr_code(made["url"])
    listed = (await minji.call("GET", "/analysis/invitations")).json()["items"]
    assert listed[0].keys().isdisjoint({"code", "url", "qr_svg"})


async def test_a_photo_that_can_not_be_read_does_not_use_up_an_invitation(
    client: httpx.AsyncClient, minji: Person
) -> None:
    code = await invite(minji, await keep(minji))
    failed = await client.post(f"{REDEEM}/upload", files={"file": ("a.jpg", NOBODY)}, data={"code": code})
    assert code_of(failed) == (422, "NO_FACE")
    told = await client.post(f"{REDEEM}/upload", files={"file": ("a.jpg", STRANGER)}, data={"code": code})
    assert told.status_code == 200, told.text


async def test_an_ended_invitation_does_not_work_and_ends_once(client: httpx.AsyncClient, minji: Person) -> None:
    code = await invite(minji, await keep(minji), uses=10, days=30)
    (made,) = (await minji.call("GET", "/analysis/invitations")).json()["items"]
    path = f"/analysis/invitations/{made['id']}"
    assert [(await minji.call("DELETE", path)).status_code for _ in range(2)] == [204, 404]
    none_left = {"items": [], "total": 0, "page": 1, "size": 1, "pages": 0, "next": None}
    assert (await minji.call("GET", "/analysis/invitations")).json() == none_left
    assert code_of(await client.post(REDEEM, json={"code": code, **face()})) == (404, "INVITATION_NOT_FOUND")


@pytest.mark.parametrize(
    "code", ["x", "<script>alert(1)</script>", "' OR 1=1--", "코드" * 50, "\u0000", "%00", "a" * 200, "{code}"]
)
async def test_a_foreign_code_is_not_found_and_not_repeated(code: str, client: httpx.AsyncClient) -> None:
    for answer in (
        await client.post(REDEEM, json={"code": code, **face()}),
        await client.post(f"{REDEEM}/upload", files={"file": ("a.jpg", ME)}, data={"code": code}),
    ):
        assert code_of(answer) == (404, "INVITATION_NOT_FOUND")
        assert code == "x" or code not in answer.text


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": "a" * 201}, {"code": 7}, {"code": "a", "other_agrees": 1}])
async def test_an_invalid_redemption_is_refused(body: Mapping[str, object], client: httpx.AsyncClient) -> None:
    assert code_of(await client.post(REDEEM, json={**face(), **body})) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize("body", [{"days": 31}, {"uses": 11}, {"days": 0}, {"uses": "2"}, {"forever": True}])
async def test_an_invitation_has_limits(body: Mapping[str, object], minji: Person) -> None:
    answer = await minji.call("POST", f"/analysis/{await keep(minji)}/invitations", json=body)
    assert code_of(answer) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "first", [{"analysis_id": str(uuid4()), "birth_year": 1990}, {"analysis_id": "me"}, {"locale": "en"}, [], None]
)
async def test_an_invalid_face_is_refused(first: object, client: httpx.AsyncClient) -> None:
    answer = await client.post(PAIR, json={**FRIENDS, "first": first})
    assert code_of(answer) == (422, "VALIDATION_ERROR")


async def test_a_pair_without_a_face_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(PAIR, json={**FRIENDS, "second": {}})
    assert code_of(answer) == (422, "NOTHING_TO_READ")
    assert answer.json()["error"]["details"] == {"field": "image", "file": 2}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_pair_costs_a_guest_two_readings_and_a_user_the_points_of_two(database_url: str) -> None:
    async with application(
        FakeVision, database_url=database_url, guest_readings_per_hour=3, caller_points_per_minute=100
    ) as client:
        someone = await person(client)
        left = [
            int((await someone.call("POST", f"/analysis/{path}", json=body)).headers["RateLimit-Remaining"])
            for path, body in (("face", face()), ("compatibility", FRIENDS))
        ]
        assert left[0] - left[1] == 10
        assert (await client.post(PAIR, json=FRIENDS)).status_code == 200
        assert code_of(await client.post(PAIR, json=FRIENDS)) == (429, "RATE_LIMITED")


def test_real_photos_are_compared(server: Server) -> None:
    photo = base64.b64encode(drawn_portrait()).decode()
    body = {"first": {"image": photo}, "second": {"image": photo}, "other_agrees": True, "locale": "en"}
    with server.client() as connected:
        answer = connected.post(PAIR, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["bond"] == "same"
