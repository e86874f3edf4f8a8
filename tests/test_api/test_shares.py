"""Links to kept readings: made and ended by their owners, words only, the same page for whatever does not open."""

import re
import struct
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

import httpx
import pytest

from gwansang.models import Share
from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.services.readings.share_service import MAX_SHARES
from gwansang.texts import load
from tests.support.people import PASSWORD, Person, person
from tests.support.serving import application, container_behind

pytestmark = pytest.mark.anyio
FACE = {"landmarks": canonical_landmarks().tolist(), "birth_year": 1990}
ADDRESS = "https://faces.example"


class Page(HTMLParser):
    """The tags of a page with their attributes, its meta data, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def meta(self, name: str) -> str | None:
        found = [attributes for tag, attributes in self.tags if tag == "meta"]
        return next(
            (one.get("content") for one in found if name in (one.get("name"), one.get("property"))),
            None,
        )


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with application(database_url=database_url, public_url=ADDRESS) as connected:
        yield connected


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    someone = await person(client, "minji")
    await someone.agree("history")
    return someone


async def read(someone: Person) -> dict[str, Any]:
    reading: dict[str, Any] = (await someone.call("POST", "/analysis/face", json=FACE)).json()
    return reading


async def share(someone: Person, analysis_id: str, hours: int | None = None, **params: str) -> dict[str, Any]:
    body = {} if hours is None else {"json": {"expires_in_hours": hours}}
    answer = await someone.call("POST", f"/analysis/{analysis_id}/shares", params=params, **body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def path_of(url: str) -> str:
    assert url.startswith(f"{ADDRESS}/s/")
    return url.removeprefix(ADDRESS)


async def assert_gone(client: httpx.AsyncClient, path: str) -> None:
    unknown = await client.get("/s/unknown")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "text/html; charset=utf-8")
    for one in (path, f"{path}/card.png", f"{path}/qr.svg"):
        answer = await client.get(one)
        assert (answer.status_code, answer.content) == (404, unknown.content)
        assert _without_ids(answer.headers) == _without_ids(unknown.headers)


def _without_ids(headers: httpx.Headers) -> dict[str, str]:
    return {
        name: value
        for name, value in headers.items()
        if not name.startswith(("x-request-id", "ratelimit", "server-timing"))
    }


async def test_a_link_shows_the_words_of_a_reading_without_signing_in(client: httpx.AsyncClient, minji: Person) -> None:
    reading = await read(minji)
    made = await share(minji, reading["analysis_id"])
    assert datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"]) == timedelta(days=7)
    answer = await client.get(path_of(made["url"]))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = Page(answer.text)
    topics = [text for topic in reading["topics"] for text in (topic["text"], topic["strength"], topic["today"])]
    for text in (reading["title"], reading["story"], reading["disclaimer"], reading["element"]["name"], *topics):
        assert text in page.text
    assert page.text.count("●") == sum(reading["energy_scores"].values())
    assert {tag for tag, _ in page.tags} & {"script", "style", "iframe", "form", "object"} == set()
    assert all(not name.startswith("on") and name != "style" for _, attributes in page.tags for name in attributes)
    for secret in (minji.email, "minji", "1990", str(reading["analysis_id"]), made["id"], "points"):
        assert secret not in answer.text


async def test_a_page_has_a_preview_and_is_kept_from_search_engines_and_caches(
    client: httpx.AsyncClient, minji: Person
) -> None:
    reading = await read(minji)
    made = await share(minji, reading["analysis_id"])
    answer = await client.get(path_of(made["url"]))
    page = Page(answer.text)
    assert (page.meta("og:title"), page.meta("og:url")) == (reading["title"], made["url"])
    assert page.meta("og:image") == made["card_url"] == f"{made['url']}/card.png"
    assert "noindex" in (page.meta("robots") or "")
    headers = answer.headers
    assert headers["x-robots-tag"].startswith("noindex")
    assert (headers["cache-control"], headers["referrer-policy"]) == ("private, no-store", "no-referrer")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    card = await client.get(path_of(made["card_url"]))
    assert (card.status_code, struct.unpack(">II", card.content[16:24])) == (200, (1200, 630))
    assert (page.meta("og:image:width"), page.meta("og:image:height")) == ("1200", "630")
    code = await client.get(path_of(made["qr_url"]))
    assert (code.status_code, code.headers["content-type"]) == (200, "image/svg+xml")
    assert ElementTree.fromstring(code.text).tag.endswith("svg")  # noqa: S314 - our own
    for answered in (card, code):
        assert answered.headers["cache-control"] == "private, no-store"
        assert answered.headers["x-robots-tag"].startswith("noindex")
    (style,) = [attributes["href"] for tag, attributes in page.tags if tag == "link"]
    sheet = await client.get(style or "")
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in sheet.headers["cache-control"]
    assert not re.search(r"https?:|url\(|@import", sheet.text)


async def test_a_page_is_in_the_language_its_owner_chose_or_a_reader_asks_for(
    client: httpx.AsyncClient, minji: Person
) -> None:
    reading = await read(minji)
    made = await share(minji, reading["analysis_id"], locale="en")
    english = await client.get(path_of(made["url"]), headers={"Accept-Language": "ko"})
    korean = await client.get(path_of(made["url"]), params={"locale": "ko"})
    assert (english.headers["content-language"], korean.headers["content-language"]) == ("en", "ko")
    assert not re.search("[가-힣]", Page(english.text).text)
    assert reading["title"] in Page(korean.text).text
    assert (Page(korean.text).meta("og:image") or "").endswith("/card.png?locale=ko")
    told = (await minji.call("POST", "/analysis/face", json=FACE, params={"locale": "en"})).json()
    for text in (told["title"], told["story"], *(topic["text"] for topic in told["topics"]), told["disclaimer"]):
        assert text in Page(english.text).text


async def test_owners_list_and_end_their_links(client: httpx.AsyncClient, minji: Person) -> None:
    analysis_id = (await read(minji))["analysis_id"]
    first, second = await share(minji, analysis_id, 24), await share(minji, analysis_id, 720)
    listed = (await minji.call("GET", f"/analysis/{analysis_id}/shares")).json()
    assert {one["id"] for one in listed["items"]} == {first["id"], second["id"]}
    assert not any(path_of(made["url"]).removeprefix("/s/") in str(listed) for made in (first, second))
    ended = f"/analysis/{analysis_id}/shares/{first['id']}"
    assert [(await minji.call("DELETE", ended)).status_code for _ in range(2)] == [204, 404]
    await assert_gone(client, path_of(first["url"]))
    assert (await client.get(path_of(second["url"]))).status_code == 200


async def test_links_are_listed_page_by_page(minji: Person) -> None:
    analysis_id = (await read(minji))["analysis_id"]
    made = {(await share(minji, analysis_id))["id"] for _ in range(3)}
    first = (await minji.call("GET", f"/analysis/{analysis_id}/shares", params={"size": 2})).json()
    assert (len(first["items"]), first["total"], first["pages"]) == (2, 3, 2)
    rest = await minji.call("GET", f"/analysis/{analysis_id}/shares", params={"size": 2, "after": first["next"]})
    assert {one["id"] for page in (first, rest.json()) for one in page["items"]} == made
    assert rest.json()["next"] is None
    wrong = await minji.call("GET", f"/analysis/{analysis_id}/shares", params={"after": "nothing"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "INVALID_PAGE")


async def test_a_link_lives_from_a_day_to_thirty_days(minji: Person) -> None:
    analysis_id = (await read(minji))["analysis_id"]
    for hours in (23, 721, 0, -1, 24.5, "24", None):
        answer = await minji.call("POST", f"/analysis/{analysis_id}/shares", json={"expires_in_hours": hours})
        assert answer.status_code == 422, hours


async def test_links_of_another_user_are_not_found(client: httpx.AsyncClient, minji: Person) -> None:
    stranger = await person(client, "stranger")
    await stranger.agree("history")
    analysis_id, own = (await read(minji))["analysis_id"], (await read(stranger))["analysis_id"]
    made = await share(minji, analysis_id)
    calls = [
        ("POST", f"/analysis/{analysis_id}/shares"),
        ("GET", f"/analysis/{analysis_id}/shares"),
        ("DELETE", f"/analysis/{analysis_id}/shares/{made['id']}"),
        ("DELETE", f"/analysis/{own}/shares/{made['id']}"),
        ("DELETE", f"/analysis/{own}/shares/{uuid4()}"),
    ]
    assert [(await stranger.call(*call)).status_code for call in calls] == [404] * 5
    assert (await client.get(path_of(made["url"]))).status_code == 200
    key = await minji.key("history:read", "history:write")
    refused = await client.post(f"/api/v1/analysis/{analysis_id}/shares", headers=key)
    assert refused.status_code == 403
    assert (await client.post(f"/api/v1/analysis/{analysis_id}/shares")).status_code == 401


async def test_guessed_tokens_have_the_page_of_a_link_that_ended(client: httpx.AsyncClient) -> None:
    gone = load("share", "ko", dict[str, str])["gone_title"]
    for token in ("x", "a" * 43, "%00", "%2e%2e", "'%20OR%201=1--", "%ED%95%9C", "a" * 4000, "<script>"):
        answer = await client.get(f"/s/{token}")
        assert (answer.status_code, gone in answer.text) == (404, True), token
        assert "<script>" not in answer.text
    assert (await client.get("/s/")).status_code == 404


async def test_a_token_can_not_be_guessed_and_is_not_stored(minji: Person, client: httpx.AsyncClient) -> None:
    made = [await share(minji, (await read(minji))["analysis_id"]) for _ in range(3)]
    tokens = {path_of(one["url"]).removeprefix("/s/") for one in made}
    assert len(tokens) == 3
    assert all(re.fullmatch(r"[\w-]{43}", token) for token in tokens)  # 256 bits
    async with container_behind(client).uow.read() as tx:
        rows = await tx.shares.list_for_user(minji.id)
    stored = {str(getattr(row, column.key)) for row in rows for column in Share.__table__.columns}
    assert len(rows) == 3
    assert tokens & stored == set()


async def test_a_link_goes_with_its_reading_its_consent_and_its_account(
    client: httpx.AsyncClient, minji: Person
) -> None:
    deleted = await read(minji)
    link = path_of((await share(minji, deleted["analysis_id"]))["url"])
    assert (await minji.call("DELETE", f"/analysis/{deleted['analysis_id']}")).status_code == 204
    await assert_gone(client, link)
    link = path_of((await share(minji, (await read(minji))["analysis_id"]))["url"])
    await minji.call("DELETE", "/consents/history")
    await assert_gone(client, link)
    await minji.agree("history")
    link = path_of((await share(minji, (await read(minji))["analysis_id"]))["url"])
    assert (await client.get(link)).status_code == 200
    assert (await minji.call("DELETE", "/users/me", json={"current_password": PASSWORD})).status_code == 204
    await assert_gone(client, link)
    async with container_behind(client).uow.read() as tx:
        assert await tx.shares.list_for_user(minji.id) == ()


async def test_a_deactivated_account_shows_nothing(client: httpx.AsyncClient, minji: Person) -> None:
    link = path_of((await share(minji, (await read(minji))["analysis_id"]))["url"])
    async with container_behind(client).uow.write() as tx:
        owner = await tx.users.get_for_update(minji.id)
        assert owner is not None
        owner.is_active = False
        await tx.users.save(owner)
    await assert_gone(client, link)


async def test_a_user_has_a_bounded_number_of_links(minji: Person, client: httpx.AsyncClient) -> None:
    analysis_id = (await read(minji))["analysis_id"]
    shares = container_behind(client).shares
    for _ in range(MAX_SHARES):
        await shares.create(minji.id, UUID(analysis_id), 24, "ko")
    refused = await minji.call("POST", f"/analysis/{analysis_id}/shares")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "SHARE_LIMIT")


async def test_an_export_lists_the_links(minji: Person) -> None:
    made = await share(minji, (await read(minji))["analysis_id"])
    export = (await minji.call("GET", "/users/me/export")).json()
    assert [one["id"] for one in export["shares"]] == [made["id"]]
    assert path_of(made["url"]).removeprefix("/s/") not in str(export)


async def test_calls_of_a_page_are_counted_by_address(database_url: str) -> None:
    async with application(database_url=database_url, address_calls_per_minute=3) as client:
        statuses = [(await client.get("/s/unknown")).status_code for _ in range(5)]
    assert statuses == [404, 404, 404, 429, 429]


async def test_without_a_public_address_links_have_that_of_the_request(database_url: str) -> None:
    async with application(database_url=database_url) as client:
        someone = await person(client)
        await someone.agree("history")
        made = await share(someone, (await read(someone))["analysis_id"])
        assert made["url"].startswith("http://test/s/")
        page = Page((await client.get(made["url"])).text)
        assert page.meta("og:image") == made["card_url"]
