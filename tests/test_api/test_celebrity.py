"""The gallery and the look-alike match over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gwansang.db.session import Database
from gwansang.models import Base
from gwansang.services.lookalike import gallery_search
from gwansang.vision.embedding import Embedding
from gwansang.vision.face import Face
from tests.support.fakes import FakeVision
from tests.support.forms import UNCHOSEN, extended, field, nameless, raw_form
from tests.support.people import Person, administrator, person
from tests.support.photos import drawn_portrait
from tests.support.serving import application

pytestmark = pytest.mark.anyio
CALL = "/celebrity/match"
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # independent of the database


class CountingVision(FakeVision):
    """FakeVision that counts the embeddings it computes."""

    embeddings = 0

    def embed_photo(self, photo: bytes) -> tuple[Face, Embedding]:
        CountingVision.embeddings += 1
        return super().embed_photo(photo)


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    CountingVision.embeddings = 0
    async with application(CountingVision, database_url=database_url) as connected:
        yield connected


@pytest.fixture
async def admin(client: httpx.AsyncClient, database_url: str) -> Person:
    return await administrator(client, database_url)


def photo(number: int) -> bytes:
    return drawn_portrait(face_width=200.0 + number)


async def fill_gallery(admin: Person, count: int = 3) -> list[int]:
    """Add people with one picture each, those of `photo`, and return their ids."""
    ids = []
    for number in range(count):
        body = {"name_ko": f"사람 {number}", "name_en": f"Person {number}", "category": "actor"}
        added = await admin.call("POST", "/celebrity", json=body)
        assert added.status_code == 201, added.text
        ids.append(added.json()["id"])
        added_picture = await add_picture(admin, ids[-1], photo(number))
        assert added_picture.status_code == 201, added_picture.text
    return ids


async def add_picture(admin: Person, celebrity_id: int, content: bytes, **fields: str) -> httpx.Response:
    data = {"celebrity_id": str(celebrity_id), **fields}
    return await admin.call("POST", "/celebrity/photos", data=data, files={"file": ("a.jpg", content)})


async def match_at_version(someone: Person, version: int) -> dict[str, object]:
    """Return the match of the second photo, once the search has loaded this version of the gallery."""
    for _ in range(400):
        answer = await match(someone, photo(1))
        if answer.status_code == 200 and answer.json()["gallery_version"] == version:
            result: dict[str, object] = answer.json()
            return result
        await asyncio.sleep(0.05)
    raise AssertionError(f"version {version} was not loaded: {answer.text}")


async def match(someone: Person, content: bytes, **parameters: object) -> httpx.Response:
    return await someone.call("POST", f"{CALL}/upload", files={"file": ("me.jpg", content)}, params=parameters)


async def post_form(someone: Person, path: str, form: dict[str, Any]) -> httpx.Response:
    return await someone.client.post(
        f"/api/v1{path}", content=form["content"], headers=form["headers"] | someone.bearer
    )


@ONE_DATABASE
async def test_pictures_and_queries_are_taken_from_forms_of_all_clients(admin: Person) -> None:
    (first,) = await fill_gallery(admin, 1)
    await admin.agree("lookalike")
    for number, part in enumerate((extended(photo(5), "%EC%96%BC.jpg"), nameless(photo(6), "image/jpeg"))):
        added = await post_form(admin, "/celebrity/photos", raw_form(UNCHOSEN, part, field("celebrity_id", str(first))))
        assert added.status_code == 201, (number, added.text)
        matched = await post_form(admin, f"{CALL}/upload", raw_form(part, UNCHOSEN))
        assert matched.status_code == 200, (number, matched.text)


async def test_without_consent_there_is_no_match_and_no_embedding(client: httpx.AsyncClient, admin: Person) -> None:
    await fill_gallery(admin)
    before = CountingVision.embeddings
    someone = await person(client)
    for purpose in (None, "reading", "history"):
        if purpose is not None:
            await someone.agree(purpose)
        for answer in (
            await match(someone, photo(1)),
            await someone.call("POST", CALL, json={"image": "AAAA"}),
        ):
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "CONSENT_REQUIRED"
            assert answer.json()["error"]["details"]["purpose"] == "lookalike"
    assert CountingVision.embeddings == before
    await someone.agree("lookalike")
    assert (await match(someone, photo(1))).status_code == 200
    assert CountingVision.embeddings == before + 1
    await someone.call("DELETE", "/consents/lookalike")
    assert (await match(someone, photo(1))).status_code == 403
    assert CountingVision.embeddings == before + 1


async def test_matches_are_listed_nearest_first(client: httpx.AsyncClient, admin: Person) -> None:
    ids = await fill_gallery(admin, 4)
    someone = await person(client)
    await someone.agree("lookalike")
    result = await match_at_version(someone, 8)  # four people, four pictures
    assert result["gallery_size"] == 4
    first, *others = result["matches"]
    assert (first["id"], first["rank"], first["name"], first["name_en"]) == (ids[1], 1, "사람 1", "Person 1")
    assert len(others) == 3
    percentiles = [item["percentile"] for item in result["matches"]]
    assert percentiles == sorted(percentiles, reverse=True)
    assert all(0 <= percentile < 100 for percentile in percentiles)
    for item in result["matches"]:
        assert set(item["similarity"]) == {"eyes", "brows", "nose", "mouth", "outline"}
    assert set(result["regions"]) == {"eyes", "brows", "nose", "mouth", "outline"}
    fewer = (await match(someone, photo(1), k=2, locale="en")).json()
    assert fewer["matches"][0]["name"] == "Person 1"
    assert len(fewer["matches"]) == 2
    assert fewer["card"] is None
    card = (await match(someone, photo(1), card=True)).json()["card"]
    assert card.startswith("<svg")
    assert "사람 1" in card
    assert {item["words"] for item in result["matches"]} == {
        "모아 둔 인물이 4명뿐이라, 얼마나 드물게 닮았는지는 아직 말씀드릴 수 없어요."
    }
    assert "<image" not in card
    for k in (0, 21, "many"):
        assert (await match(someone, photo(1), k=k)).status_code == 422


async def test_an_empty_gallery_gives_a_notice(client: httpx.AsyncClient) -> None:
    someone = await person(client)
    await someone.agree("lookalike")
    answer = await match(someone, photo(0), card=True)
    assert answer.status_code == 200
    empty = answer.json()
    assert empty["card"] is None
    assert (empty["gallery_version"], empty["gallery_size"], empty["matches"], empty["regions"]) == (0, 0, [], {})
    assert "없어요" in empty["notice"]


async def test_landmarks_alone_are_not_enough_for_a_match(client: httpx.AsyncClient) -> None:
    someone = await person(client)
    await someone.agree("lookalike")
    answer = await someone.call("POST", CALL, json={"landmarks": [[0.5, 0.5]] * 468})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "PHOTO_REQUIRED"
    guest = await client.post(f"/api/v1{CALL}", json={"image": "AAAA"})
    assert guest.status_code == 401
    other = await client.post(f"/api/v1{CALL}", json={"image": "AAAA"}, headers=await someone.key("analyze"))
    assert other.json()["error"]["code"] == "SCOPE_MISSING"


async def test_two_replicas_agree_soon_after_a_change(
    client: httpx.AsyncClient, admin: Person, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_search, "POLL_S", 0.2)  # two seconds, else
    await fill_gallery(admin)
    someone = await person(client)
    await someone.agree("lookalike")
    async with application(CountingVision, database_url=database_url) as other:
        elsewhere = Person(other, someone.id, someone.email, tokens=someone.tokens)
        here, there = [await match_at_version(caller, 6) for caller in (someone, elsewhere)]
        assert here == there
        assert (await admin.call("DELETE", f"/celebrity/{here['matches'][0]['id']}")).status_code == 204
        here, there = [await match_at_version(caller, 7) for caller in (someone, elsewhere)]
        assert here == there
        assert here["gallery_size"] == 2


async def test_the_gallery_can_be_listed_and_searched_and_shows_provenance(
    client: httpx.AsyncClient, admin: Person
) -> None:
    for name_ko, name_en, category in (("김 태희", "Kim Tae-hee", "actor"), ("아이유", "IU", "singer")):
        body = {"name_ko": name_ko, "name_en": name_en, "category": category}
        assert (await admin.call("POST", "/celebrity/", json=body)).status_code == 201
    listed = (await client.get("/api/v1/celebrity")).json()
    assert [item["name_en"] for item in listed["items"]] == ["Kim Tae-hee", "IU"]
    assert (listed["total"], listed["pages"]) == (2, 1)
    for query in ("taehee", "김태", "TAE HEE"):
        found = (await client.get("/api/v1/celebrity", params={"q": query})).json()
        assert [item["name_en"] for item in found["items"]] == ["Kim Tae-hee"]
    assert (await client.get("/api/v1/celebrity", params={"q": "%"})).json()[
        "total"
    ] == 2  # no letter or digit to search for
    assert (await client.get("/api/v1/celebrity", params={"category": "singer"})).json()["total"] == 1
    assert (await client.get("/api/v1/celebrity", params={"size": 1, "page": 2})).json()["items"][0]["name_en"] == "IU"
    celebrity_id = listed["items"][0]["id"]
    await add_picture(
        admin, celebrity_id, photo(1), source="https://example.com", licence="CC-BY 4.0", attribution="A Studio"
    )
    shown = (await client.get(f"/api/v1/celebrity/{celebrity_id}")).json()
    assert (shown["photos"], shown["usable"]) == (1, 1)
    assert shown["pictures"][0]["licence"] == "CC-BY 4.0"
    assert shown["pictures"][0]["attribution"] == "A Studio"
    assert (await client.get("/api/v1/celebrity/999999")).json()["error"]["code"] == "CELEBRITY_NOT_FOUND"


async def test_only_administrators_can_change_the_gallery(client: httpx.AsyncClient, admin: Person) -> None:
    (first, other) = await fill_gallery(admin, 2)
    body = {"name_ko": "사람 0", "name_en": "Person 0", "category": "actor"}
    assert (await admin.call("POST", "/celebrity", json=body)).json()["error"]["code"] == "CELEBRITY_EXISTS"
    assert (await admin.call("PATCH", f"/celebrity/{other}", json=body)).status_code == 409
    changed = await admin.call("PATCH", f"/celebrity/{first}", json={"category": "singer"})
    assert (changed.json()["category"], changed.json()["name_ko"], changed.json()["photos"]) == ("singer", "사람 0", 1)
    for invalid in ({"name_ko": " "}, {"category": "a\u0000b"}):
        assert (await admin.call("PATCH", f"/celebrity/{first}", json=invalid)).status_code == 422
    again = await add_picture(admin, other, photo(0))
    assert (again.status_code, again.json()["error"]["code"]) == (409, "CELEBRITY_PHOTO_EXISTS")
    someone = await person(client)
    picture_id = (await client.get(f"/api/v1/celebrity/{first}")).json()["pictures"][0]["id"]
    refused = [
        await someone.call("POST", "/celebrity", json=body),
        await add_picture(someone, first, photo(7)),
        await someone.call("PATCH", f"/celebrity/{first}", json={"note": "x"}),
        await someone.call("DELETE", f"/celebrity/{first}/photos/{picture_id}"),
        await someone.call("DELETE", f"/celebrity/{first}"),
    ]
    assert [answer.json()["error"]["code"] for answer in refused] == ["ADMIN_ONLY"] * 5
    assert (await admin.call("DELETE", f"/celebrity/{first}/photos/{picture_id}")).status_code == 204
    assert (await admin.call("DELETE", f"/celebrity/{first}/photos/{picture_id}")).status_code == 404
    assert (await admin.call("DELETE", f"/celebrity/{first}")).status_code == 204
    assert (await admin.call("DELETE", f"/celebrity/{first}")).status_code == 404


async def test_no_embedding_is_in_any_answer_log_export_or_table_of_users(
    client: httpx.AsyncClient, admin: Person, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (celebrity_id,) = await fill_gallery(admin, 1)
    someone = await person(client)
    for purpose in ("lookalike", "reading", "history"):
        await someone.agree(purpose)
    answers = [
        await match(someone, photo(0)),
        await someone.call("GET", "/users/me/export"),
        await client.get("/api/v1/celebrity"),
        await client.get(f"/api/v1/celebrity/{celebrity_id}"),
    ]
    _, embedding = FakeVision().embed_photo(photo(0))
    output = "".join(answer.text for answer in answers) + "".join(capfd.readouterr())
    assert "embedding" not in output
    for number in embedding.tolist()[:8]:
        for text in (repr(number)[:8], f"{number:.6f}", json.dumps(float(number))[:8]):
            assert text not in output
    tables = {table.name for table in Base.metadata.sorted_tables for column in table.columns if "embed" in column.name}
    assert tables == {"celebrity_photos"}
    database = Database(database_url)
    try:
        async with database.session("read") as session:
            for table in Base.metadata.sorted_tables:
                if table.name == "celebrity_photos":
                    continue
                for row in await session.execute(table.select()):
                    blobs = [bytes(value) for value in row if isinstance(value, bytes | memoryview)]
                    assert all(embedding.astype("<f4").tobytes()[:16] not in blob for blob in blobs), table.name
                    assert repr(embedding.tolist()[0])[:8] not in repr(tuple(row)), table.name
    finally:
        await database.close()


@pytest.mark.parametrize("name", ["match", "import", "photos"])
async def test_a_call_name_is_not_taken_for_a_celebrity_id(client: httpx.AsyncClient, name: str) -> None:
    for method in ("GET", "PATCH", "DELETE", "OPTIONS"):
        answer = await client.request(method, f"/api/v1/celebrity/{name}")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 19, "9" * 5000, "-1", "x", "1e3"])
async def test_an_unknown_or_invalid_celebrity_id_is_rejected(client: httpx.AsyncClient, number: str) -> None:
    answer = await client.get(f"/api/v1/celebrity/{number}")
    assert answer.status_code in (404, 414, 422)
