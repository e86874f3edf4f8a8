"""The notice stands on every output about a face, in the language of the output."""

import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from pydantic import TypeAdapter

from gwansang.schemas.live import ReadingMessage
from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.texts import LOCALES, Locale, load
from tests.support.people import Person, person
from tests.support.photos import drawn_portrait
from tests.support.serving import Server, client_of, run_app
from tests.test_api.test_tasks import wait_until_ended
from tests.test_cli.running import gwansang

TELLING = {
    "overall_score",
    "energy_scores",
    "parts_analysis",
    "paragraphs",
    "today_fortune",
    "lucky",
    "matches",
    "parts",
}
"""Fields that only an answer about a face has."""
LISTS_OF_WHAT_WAS_SHOWN = {"KeptReadingOut"}  # entries of a list; each reading was shown with the notice, and is again
PHOTO = drawn_portrait()
FACE = {"landmarks": canonical_landmarks().tolist()}


def notice(locale: Locale) -> str:
    return load("fortune", locale, dict[str, str])["disclaimer"]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with run_app(storage_folder=tmp_path) as app, client_of(app) as connected:
        yield connected


@dataclass(frozen=True)
class Reader:
    """A user who keeps readings, and the language of what they read."""

    someone: Person
    locale: Locale

    async def call(self, method: str, path: str, **request: object) -> dict[str, Any]:
        parameters = {"locale": self.locale, **request.pop("params", {})}
        answer = await self.someone.call(method, path, params=parameters, **request)
        assert answer.status_code in (200, 202), (path, answer.text)
        result = answer.json()
        return {"items": result} if isinstance(result, list) else result

    async def result_of(self, path: str, **request: object) -> dict[str, Any]:
        """Submit a task, wait for its end, and return its result."""
        task = await self.call("POST", path, **request)
        ended = await wait_until_ended(self.someone, task["task_id"], locale=self.locale)
        result: dict[str, Any] = ended["result"]
        return result


async def answers_about_a_face(reader: Reader) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    ids = []
    for detail in ("short", "story", "full"):
        told = await reader.call("POST", "/analysis/face", json=FACE, params={"detail": detail})
        ids.append(told["analysis_id"])
        yield detail, told
    yield "fortune of the reading", told["fortune"]
    day = {"date": "2026-12-01"}
    yield "kept", await reader.call("GET", f"/analysis/{ids[0]}")
    yield "fortune", await reader.call("GET", f"/analysis/{ids[0]}/fortune", params=day)
    for fortune in (await reader.call("GET", f"/analysis/{ids[0]}/fortunes", params=day))["items"]:
        yield "fortunes", fortune
    yield "comparison", await reader.call("POST", "/analysis/compare", json={"a": ids[0], "b": ids[1]})
    pair = {"first": FACE, "second": {"analysis_id": ids[0]}, "other_agrees": True}
    yield "compatibility", await reader.call("POST", "/analysis/compatibility", json=pair)
    yield "task", await reader.result_of("/analysis/face/async", json=FACE)
    yield "batch", await reader.result_of("/analysis/batch", files={"file": ("a.jpg", PHOTO)})


@pytest.mark.anyio
@pytest.mark.parametrize("locale", LOCALES)
async def test_every_answer_about_a_face_has_the_notice(locale: Locale, client: httpx.AsyncClient) -> None:
    reader = Reader(await person(client, "minji"), locale)
    await reader.someone.agree("history")
    told = [(name, answer["disclaimer"]) async for name, answer in answers_about_a_face(reader)]
    assert [name for name, disclaimer in told if disclaimer != notice(locale)] == []
    assert len(told) == 17


@pytest.mark.anyio
async def test_an_export_and_a_card_have_the_notice(client: httpx.AsyncClient) -> None:
    minji = await person(client, "minji")
    await minji.agree("history")
    reading = (await minji.call("POST", "/analysis/face", json=FACE)).json()
    export = await minji.call("GET", "/users/me/export", params={"format": "zip"})
    with zipfile.ZipFile(io.BytesIO(export.content)) as archive:
        readings = [archive.read(name).decode() for name in archive.namelist() if name.startswith("readings/")]
        document = archive.read("export.json").decode()
    assert len(readings) == 1
    assert notice("ko") in readings[0]
    assert notice("ko") in document
    texts = load("reading_card", "ko", dict[str, str])
    for card_format, text in (("story", "notice"), ("square", "notice"), ("og", "notice"), ("portrait", "note")):
        params = {"format": card_format}
        card = await minji.call("GET", f"/analysis/{reading['analysis_id']}/card.svg", params=params)
        assert texts[text].replace(" ", "") in written_on(card.text)


def written_on(card: str) -> str:
    """Return the letters of a card; a text may be broken into lines anywhere."""
    lines = ElementTree.fromstring(card).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314 - it is our own
    return "".join("".join(line.itertext()) for line in lines).replace(" ", "")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("options", [(), ("--full",), ("--json",)])
def test_the_command_line_prints_the_notice(locale: Locale, options: tuple[str, ...], tmp_path: Path) -> None:
    photo = tmp_path / "a.png"
    photo.write_bytes(PHOTO)
    printed = gwansang("analyze", photo, "--locale", locale, *options, COLUMNS="1000")
    assert notice(locale) in printed.stdout


def fields_of(schema: dict[str, Any]) -> set[str]:
    return set(schema.get("properties", ()))


def telling_schemas(document: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Yield the models about a face, by such a field, with their fields."""
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        if TELLING & fields_of(schema) and name not in LISTS_OF_WHAT_WAS_SHOWN:
            yield name, fields_of(schema)


PARTS_OF_ANSWERS = {"BatchPhotoOut", "BatchPhotoReading", "ArchetypeOut"}  # inside of answers that have the notice


def test_every_model_that_tells_of_a_face_has_the_notice(server: Server) -> None:
    with server.client() as client:
        document = client.get("/api/v1/openapi.json").json()
    told = dict(telling_schemas(document))
    without = {name for name, fields in told.items() if not {"disclaimer", "notice"} & fields} - PARTS_OF_ANSWERS
    assert without == set()
    assert set(told) >= {"FaceReading", "FortuneOut", "CompatibilityOut", "ComparisonOut", "LookalikeOut"}
    of_live = TypeAdapter(ReadingMessage).json_schema()["$defs"]["FaceReading"]
    assert "disclaimer" in of_live["required"]


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("ko", ("생체정보 분류", "제50조", "인공지능기본법", "저희의 방식", "만 14세")),
        ("en", ("biometric categorisation", "article 50", "AI Basic Act", "our own method", "age of 14")),
    ],
)
def test_the_notice_before_the_first_photo_names_biometric_categorisation(
    locale: Locale, words: tuple[str, ...], server: Server
) -> None:
    with server.client() as client:
        told = client.get("/api/v1/privacy/notice", params={"locale": locale}).json()
    whole = " ".join([told["before_photo"], *(item["text"] for item in told["items"])])
    assert [word for word in words if word not in whole] == []
    assert words[0] in told["before_photo"]
    assert len(told["before_photo"]) <= 400
    assert told["version"] == 3
