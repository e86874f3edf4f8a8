"""Every hostile picture, sent both ways to the real service: the right refusal, never a 5xx, no memory kept."""

import base64
import json

import httpx
import pytest

from tests.support.hostile_images import (
    Hostile,
    after_soi,
    exif_of,
    gps_photo,
    hostile_images,
    orientation,
    portrait,
    saved,
)
from tests.support.photos import drawn_portrait
from tests.support.serving import JSON_CALL, UPLOAD_CALL, Server

_TURNS = {1: (), 2: (0,), 3: (3,), 4: (1,), 5: (5,), 6: (2,), 7: (6,), 8: (4,)}  # Pillow's transpositions


def send(client: httpx.Client, data: bytes, way: str) -> httpx.Response:
    if way == "upload":
        return client.post(UPLOAD_CALL, files={"file": ("x.jpg", data, "image/jpeg")})
    return client.post(JSON_CALL, json={"image": base64.b64encode(data).decode()})


@pytest.mark.parametrize("way", ["upload", "json"])
@pytest.mark.parametrize("hostile", hostile_images(), ids=lambda hostile: hostile.name)
def test_a_hostile_picture_gets_the_right_answer(
    hostile: Hostile, way: str, client: httpx.Client, server: Server
) -> None:
    with server.costs_at_most(cpu_s=2, memory_mb=200):
        answer = send(client, hostile.data, way)
    body = answer.json()
    code = body["error"]["code"] if answer.status_code != 200 else None
    assert (answer.status_code, code) in hostile.answers
    if code is not None:
        assert body["detail"]
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("value", range(1, 9))
def test_a_turned_photo_is_read_as_the_upright_one(value: int, client: httpx.Client) -> None:
    upright = portrait()
    stored = upright
    for turn in _TURNS[value]:
        stored = stored.transpose(turn)
    photo = after_soi(saved(stored, "JPEG", quality=95), exif_of(orientation(value)))
    expected = nose_of(send(client, saved(upright, "JPEG", quality=95), "upload"))
    assert nose_of(send(client, photo, "upload")) == pytest.approx(expected, abs=2 / 480)


def nose_of(answer: httpx.Response) -> list[float]:
    assert answer.status_code == 200, answer.text
    overlays = answer.json()["parts_analysis"]["nose"]["reasons"][0]["overlays"]
    return [side for overlay in overlays for point in overlay["points"] for side in point]


def test_location_and_camera_of_a_photo_are_neither_returned_nor_logged(client: httpx.Client, server: Server) -> None:
    answer = send(client, gps_photo(), "upload")
    assert answer.status_code == 200
    said = answer.text + server.log.read_text()
    for secret in ("SN-77120042", "SerialCameraMaker", "59.713"):
        assert secret not in said


@pytest.mark.parametrize("way", ["upload", "json"])
def test_the_error_has_the_number_of_faces(way: str, client: httpx.Client) -> None:
    two = next(hostile for hostile in hostile_images() if hostile.name == "A22 two faces")
    problem = send(client, two.data, way).json()
    assert problem["error"]["details"] == {"count": 2}
    assert "2" in problem["detail"]


def test_a_bomb_is_refused_from_its_header(client: httpx.Client, server: Server) -> None:
    bomb = next(hostile for hostile in hostile_images() if hostile.name.startswith("A09"))
    send(client, bomb.data, "upload")
    with server.costs_at_most(cpu_s=0.2, memory_mb=10):  # decoding would take seconds
        assert send(client, bomb.data, "upload").status_code == 413


def test_the_next_caller_is_served_after_hostile_pictures(client: httpx.Client) -> None:
    for hostile in hostile_images()[:12]:
        send(client, hostile.data, "upload")
    answer = send(client, drawn_portrait(), "json")
    assert answer.status_code == 200
    assert json.dumps(answer.json(), allow_nan=False)
