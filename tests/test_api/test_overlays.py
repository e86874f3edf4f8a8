"""Drawings of the measured lines for a photo that is sent with the request: named, with the notice, nothing kept."""

import base64
import re
import struct
from collections.abc import AsyncIterator
from xml.etree import ElementTree as ET

import cv2
import httpx
import numpy as np
import pytest

from gwansang.texts import LOCALES, load
from tests.support.people import person
from tests.support.photos import drawn_portrait
from tests.support.serving import application

pytestmark = pytest.mark.anyio
SVG = "{http://www.w3.org/2000/svg}"
PHOTO = drawn_portrait()
HEIGHT, WIDTH = cv2.imdecode(np.frombuffer(PHOTO, np.uint8), cv2.IMREAD_COLOR).shape[:2]  # type: ignore[union-attr]  # it is one


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with application() as connected:
        yield connected


async def drawn(client: httpx.AsyncClient, kind: str, **params: str) -> httpx.Response:
    return await client.post(f"/api/v1/analysis/face/overlay.{kind}", files={"file": ("me.jpg", PHOTO)}, params=params)


@pytest.mark.parametrize("locale", LOCALES)
async def test_the_drawing_has_the_size_of_the_photo_and_the_names_of_the_parts(
    locale: str, client: httpx.AsyncClient
) -> None:
    answer = await drawn(client, "svg", locale=locale)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.headers["cache-control"] == "private, no-store"
    drawing = ET.fromstring(answer.text)  # noqa: S314 - our own
    assert drawing.attrib["viewBox"] == f"0 0 {WIDTH} {HEIGHT}"
    form = {"file": ("me.jpg", PHOTO)}
    reading = (await client.post("/api/v1/analysis/face/upload", files=form, params={"locale": locale})).json()
    names = {part["name"] for part in reading["parts_analysis"].values() if part["reasons"]}
    assert {"".join(line.itertext()) for line in drawing.iter(f"{SVG}text")} == names
    assert drawing.findtext(f"{SVG}desc") == load("reading_card", locale, dict[str, str])["notice"]
    assert not list(drawing.iter(f"{SVG}image"))
    for line in drawing.iter(f"{SVG}text"):
        assert 0 <= float(line.attrib["x"]) <= WIDTH
        assert 0 <= float(line.attrib["y"]) <= HEIGHT


async def test_the_lines_lead_through_the_measured_points_in_the_colour_of_their_name(
    client: httpx.AsyncClient,
) -> None:
    drawing = ET.fromstring((await drawn(client, "svg")).text)  # noqa: S314 - our own
    reading = (await client.post("/api/v1/analysis/face/upload", files={"file": ("me.jpg", PHOTO)})).json()
    dots = {
        (round(float(dot.attrib["cx"])), round(float(dot.attrib["cy"])), dot.attrib["fill"])
        for dot in drawing.iter(f"{SVG}circle")
    }
    bars = [bar.attrib["fill"] for bar in drawing.iter(f"{SVG}rect")]
    names = ["".join(line.itertext()) for line in drawing.iter(f"{SVG}text")]
    colors = dict(zip(names, bars[1::2], strict=True))
    for part in reading["parts_analysis"].values():
        x, y = part["reasons"][0]["overlay"]["points"][0]
        near = [
            color
            for at_x, at_y, color in dots
            if abs(at_x - x * WIDTH) <= 1.5 and abs(at_y - y * HEIGHT) <= 1.5 and color == colors[part["name"]]
        ]
        assert near, part["name"]


async def test_with_the_photo_it_is_part_of_the_drawing_with_the_notice(client: httpx.AsyncClient) -> None:
    drawing = ET.fromstring((await drawn(client, "svg", photo="true")).text)  # noqa: S314 - our own
    (image,) = drawing.iter(f"{SVG}image")
    jpeg = base64.b64decode(image.attrib["href"].removeprefix("data:image/jpeg;base64,"))
    assert jpeg.startswith(b"\xff\xd8\xff")
    assert b"Exif" not in jpeg
    notice = load("reading_card", "ko", dict[str, str])["notice"]
    assert notice in {"".join(line.itertext()) for line in drawing.iter(f"{SVG}text")}
    png = await drawn(client, "png")
    assert (png.status_code, png.headers["content-type"]) == (200, "image/png")
    size = struct.unpack(">II", png.content[16:24])
    assert size == (round(float(drawing.attrib["width"])), round(float(drawing.attrib["height"])))


async def test_nothing_is_kept_of_a_photo_that_is_drawn_on(client: httpx.AsyncClient) -> None:
    minji = await person(client, "minji")
    for purpose in ("history", "retain_photo"):
        await minji.agree(purpose)
    answer = await minji.call("POST", "/analysis/face/overlay.png", files={"file": ("me.jpg", PHOTO)})
    assert answer.status_code == 200
    export = (await minji.call("GET", "/users/me/export")).json()
    assert (export["analyses"], export["photos"], export["profile"]) == ([], [], None)
    await minji.call("DELETE", "/consents/reading")
    refused = await minji.call("POST", "/analysis/face/overlay.svg", files={"file": ("me.jpg", PHOTO)})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "CONSENT_REQUIRED")


async def test_what_is_no_photo_is_refused_as_for_a_reading(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/analysis/face/overlay.svg", files={"file": ("me.jpg", b"no photo")})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "UNSUPPORTED_IMAGE_TYPE")
    assert not re.search("<svg", answer.text)
