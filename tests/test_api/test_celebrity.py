"""The gallery and the look-alike match, as clients see them."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from gwansang.db.session import Database
from gwansang.models import Base
from gwansang.vision.embedding import Embedding
from gwansang.vision.face import Face
from tests.support.fakes import FakeVision
from tests.support.people import Person, administrator, person
from tests.support.photos import drawn_portrait
from tests.support.serving import application

pytestmark = pytest.mark.anyio
CALL = "/celebrity/match"


class Counting(FakeVision):
    """Counts how often somebody's embedding is made."""

    embeddings = 0

    def embed_photo(self, photo: bytes) -> tuple[Face, Embedding]:
        Counting.embeddings += 1
        return super().embed_photo(photo)


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    Counting.embeddings = 0
    async with application(Counting, database_url=database_url) as connected:
        yield connected


@pytest.fixture
async def chief(client: httpx.AsyncClient, database_url: str) -> Person:
    return await administrator(client, database_url)


def photo(number: int) -> bytes:
    return drawn_portrait(face_width=200.0 + number)


async def gallery(chief: Person, count: int = 3) -> list[int]:
    """People with a picture each, which are those of `photo`."""
    ids = []
    for number in range(count):
        body = {"name_ko": f"사람 {number}", "name_en": f"Person {number}", "category": "actor"}
        added = await chief.call("POST", "/celebrity", json=body)
        assert added.status_code == 201, added.text
        ids.append(added.json()["id"])
        pictured = await picture(chief, ids[-1], photo(number))
        assert pictured.status_code == 201, pictured.text
    return ids


async def picture(chief: Person, celebrity_id: int, content: bytes, **fields: str) -> httpx.Response:
    data = {"celebrity_id": str(celebrity_id), **fields}
    return await chief.call("POST", "/celebrity/photos", data=data, files={"file": ("a.jpg", content)})


async def settled(someone: Person, version: int) -> dict[str, object]:
    """The answer for the second photo, once the search knows this version; within the promised seconds."""
    for _ in range(100):
        answer = await match(someone, photo(1))
        if answer.status_code == 200 and answer.json()["gallery_version"] == version:
            told: dict[str, object] = answer.json()
            return told
        await asyncio.sleep(0.05)
    raise AssertionError(f"version {version} did not come: {answer.text}")


async def match(someone: Person, content: bytes, **parameters: object) -> httpx.Response:
    return await someone.call("POST", f"{CALL}/upload", files={"file": ("me.jpg", content)}, params=parameters)


async def test_without_consent_there_is_no_match_and_no_embedding(client: httpx.AsyncClient, chief: Person) -> None:
    await gallery(chief)
    made = Counting.embeddings
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
    assert Counting.embeddings == made
    await someone.agree("lookalike")
    assert (await match(someone, photo(1))).status_code == 200
    assert Counting.embeddings == made + 1
    await someone.call("DELETE", "/consents/lookalike")
    assert (await match(someone, photo(1))).status_code == 403
    assert Counting.embeddings == made + 1


async def test_matches_are_listed_nearest_first(client: httpx.AsyncClient, chief: Person) -> None:
    ids = await gallery(chief, 4)
    someone = await person(client)
    await someone.agree("lookalike")
    told = await settled(someone, 8)  # four people, four pictures
    assert told["gallery_size"] == 4
    first, *others = told["matches"]
    assert (first["id"], first["rank"], first["name"], first["name_en"]) == (ids[1], 1, "사람 1", "Person 1")
    assert len(others) == 3
    percentiles = [one["percentile"] for one in told["matches"]]
    assert percentiles == sorted(percentiles, reverse=True)
    assert all(0 <= percentile < 100 for percentile in percentiles)
    for one in told["matches"]:
        assert set(one["similarity"]) == {"eyes", "brows", "nose", "mouth", "outline"}
    assert set(told["regions"]) == {"eyes", "brows", "nose", "mouth", "outline"}
    fewer = (await match(someone, photo(1), k=2, locale="en")).json()
    assert fewer["matches"][0]["name"] == "Person 1"
    assert len(fewer["matches"]) == 2
    assert fewer["card"] is None
    card = (await match(someone, photo(1), card=True)).json()["card"]
    assert card.startswith("<svg")
    assert "사람 1" in card
    assert "<image" not in card
    for k in (0, 21, "many"):
        assert (await match(someone, photo(1), k=k)).status_code == 422


async def test_an_empty_gallery_gives_a_notice(client: httpx.AsyncClient) -> None:
    someone = await person(client)
    await someone.agree("lookalike")
    answer = await match(someone, photo(0))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["gallery_version"], told["gallery_size"], told["matches"], told["regions"]) == (0, 0, [], {})
    assert "없어요" in told["notice"]


async def test_landmarks_alone_are_not_enough_for_a_match(client: httpx.AsyncClient) -> None:
    someone = await person(client)
    await someone.agree("lookalike")
    answer = await someone.call("POST", CALL, json={"landmarks": [[0.5, 0.5]] * 468})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "PHOTO_REQUIRED"
    nobody = await client.post(f"/api/v1{CALL}", json={"image": "AAAA"})
    assert nobody.status_code == 401
    other = await client.post(f"/api/v1{CALL}", json={"image": "AAAA"}, headers=await someone.key("analyze"))
    assert other.json()["error"]["code"] == "SCOPE_MISSING"


async def test_two_replicas_agree_soon_after_a_change(
    client: httpx.AsyncClient, chief: Person, database_url: str
) -> None:
    await gallery(chief)
    someone = await person(client)
    await someone.agree("lookalike")
    async with application(Counting, database_url=database_url) as other:
        elsewhere = Person(other, someone.id, someone.email, tokens=someone.tokens)
        here, there = [await settled(one, 6) for one in (someone, elsewhere)]
        assert here == there
        assert (await chief.call("DELETE", f"/celebrity/{here['matches'][0]['id']}")).status_code == 204
        here, there = [await asyncio.wait_for(settled(one, 7), 5) for one in (someone, elsewhere)]
        assert here == there
        assert here["gallery_size"] == 2


async def test_the_gallery_can_be_listed_and_searched_and_shows_provenance(
    client: httpx.AsyncClient, chief: Person
) -> None:
    for name_ko, name_en, category in (("김 태희", "Kim Tae-hee", "actor"), ("아이유", "IU", "singer")):
        body = {"name_ko": name_ko, "name_en": name_en, "category": category}
        assert (await chief.call("POST", "/celebrity/", json=body)).status_code == 201
    listed = (await client.get("/api/v1/celebrity")).json()
    assert [one["name_en"] for one in listed["items"]] == ["Kim Tae-hee", "IU"]
    assert (listed["total"], listed["pages"]) == (2, 1)
    for query in ("taehee", "김태", "TAE HEE"):
        found = (await client.get("/api/v1/celebrity", params={"q": query})).json()
        assert [one["name_en"] for one in found["items"]] == ["Kim Tae-hee"]
    assert (await client.get("/api/v1/celebrity", params={"q": "%"})).json()["total"] == 2  # nothing to look for
    assert (await client.get("/api/v1/celebrity", params={"category": "singer"})).json()["total"] == 1
    assert (await client.get("/api/v1/celebrity", params={"size": 1, "page": 2})).json()["items"][0]["name_en"] == "IU"
    star = listed["items"][0]["id"]
    await picture(chief, star, photo(1), source="https://example.com", licence="CC-BY 4.0", attribution="A Studio")
    told = (await client.get(f"/api/v1/celebrity/{star}")).json()
    assert (told["photos"], told["usable"]) == (1, 1)
    assert told["pictures"][0]["licence"] == "CC-BY 4.0"
    assert told["pictures"][0]["attribution"] == "A Studio"
    assert (await client.get("/api/v1/celebrity/999999")).json()["error"]["code"] == "CELEBRITY_NOT_FOUND"


async def test_only_administrators_can_change_the_gallery(client: httpx.AsyncClient, chief: Person) -> None:
    (star, other) = await gallery(chief, 2)
    body = {"name_ko": "사람 0", "name_en": "Person 0", "category": "actor"}
    assert (await chief.call("POST", "/celebrity", json=body)).json()["error"]["code"] == "CELEBRITY_EXISTS"
    assert (await chief.call("PATCH", f"/celebrity/{other}", json=body)).status_code == 409
    changed = await chief.call("PATCH", f"/celebrity/{star}", json={"category": "singer"})
    assert (changed.json()["category"], changed.json()["name_ko"], changed.json()["photos"]) == ("singer", "사람 0", 1)
    for bad in ({"name_ko": " "}, {"category": "a\u0000b"}):
        assert (await chief.call("PATCH", f"/celebrity/{star}", json=bad)).status_code == 422
    again = await picture(chief, other, photo(0))
    assert (again.status_code, again.json()["error"]["code"]) == (409, "CELEBRITY_PHOTO_EXISTS")
    someone = await person(client)
    shown = (await client.get(f"/api/v1/celebrity/{star}")).json()["pictures"][0]["id"]
    refused = [
        await someone.call("POST", "/celebrity", json=body),
        await picture(someone, star, photo(7)),
        await someone.call("PATCH", f"/celebrity/{star}", json={"note": "x"}),
        await someone.call("DELETE", f"/celebrity/{star}/photos/{shown}"),
        await someone.call("DELETE", f"/celebrity/{star}"),
    ]
    assert [answer.json()["error"]["code"] for answer in refused] == ["ADMIN_ONLY"] * 5
    assert (await chief.call("DELETE", f"/celebrity/{star}/photos/{shown}")).status_code == 204
    assert (await chief.call("DELETE", f"/celebrity/{star}/photos/{shown}")).status_code == 404
    assert (await chief.call("DELETE", f"/celebrity/{star}")).status_code == 204
    assert (await chief.call("DELETE", f"/celebrity/{star}")).status_code == 404


async def test_no_embedding_is_in_any_answer_log_export_or_table_of_users(
    client: httpx.AsyncClient, chief: Person, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (star,) = await gallery(chief, 1)
    someone = await person(client)
    for purpose in ("lookalike", "reading", "history"):
        await someone.agree(purpose)
    answers = [
        await match(someone, photo(0)),
        await someone.call("GET", "/users/me/export"),
        await client.get("/api/v1/celebrity"),
        await client.get(f"/api/v1/celebrity/{star}"),
    ]
    face, embedding = FakeVision().embed_photo(photo(0))
    del face
    told = "".join(answer.text for answer in answers) + "".join(capfd.readouterr())
    assert "embedding" not in told
    for number in embedding.tolist()[:8]:
        for text in (repr(number)[:8], f"{number:.6f}", json.dumps(float(number))[:8]):
            assert text not in told
    holding = {
        table.name for table in Base.metadata.sorted_tables for column in table.columns if "embed" in column.name
    }
    assert holding == {"celebrity_photos"}
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
        refused = await client.request(method, f"/api/v1/celebrity/{name}")
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 19, "9" * 5000, "-1", "x", "1e3"])
async def test_an_unknown_or_invalid_celebrity_id_is_rejected(client: httpx.AsyncClient, number: str) -> None:
    answer = await client.get(f"/api/v1/celebrity/{number}")
    assert answer.status_code in (404, 414, 422)
