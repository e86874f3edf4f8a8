"""The page's reader in a real Chromium: the same points as the upload of a picture, and nothing of it leaves."""

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from gwansang.vision.drawn_face import draw_face
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo
from tests.support.browser import launched, read_in_page, reader_url, record_traffic, write_film
from tests.support.hostile_images import after_soi, exif_of, orientation
from tests.support.photos import drawn_portrait, encoded, evaluation_photos, model_dir
from tests.support.serving import Server, serving
from tests.test_vision.image_files import stored_as

MAX_DOWN, MAX_UP = 8_000_000, 20_000
_FILM = """async (url) => {
  const {createFaceReader, averageLooks} = await import(url);
  const reader = await createFaceReader();
  const stream = await navigator.mediaDevices.getUserMedia({video: true});
  const video = Object.assign(document.createElement("video"), {srcObject: stream, muted: true});
  await video.play();
  const looks = [];
  while (looks.length < 3) looks.push(await reader.read(await createImageBitmap(video)));
  stream.getTracks().forEach((track) => track.stop());
  return {mesh: averageLooks(looks), hints: looks.flatMap(({hints}) => hints)};
}"""

_GLANCE = """async ({url, picture}) => {
  const {decodePicture} = await import(url);
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  return window.reader.glance(await decodePicture(new Blob([bytes], {type: "image/png"})));
}"""


@pytest.fixture(scope="module")
def networks() -> Networks:
    return Networks.load(model_dir())


@pytest.fixture(scope="module")
def reading_page(browser: Browser, service: Server) -> Page:
    """Return a page whose reader all pictures are given to that need no visit of their own."""
    page = browser.new_context(service_workers="block").new_page()
    page.goto(f"{service.url}/#/privacy")  # a screen that makes no reader
    return page


def read(page: Page, *pictures: tuple[bytes, str]) -> list[dict[str, Any] | None]:
    return [read_in_page(page, data, media_type) for data, media_type in pictures]


def parts(answer: dict[str, Any]) -> dict[str, str]:
    return {name: part["shape_id"] for name, part in answer["parts_analysis"].items()}


def test_the_page_finds_the_points_of_the_photo_path(reading_page: Page, networks: Networks) -> None:
    large = encoded(draw_face(1_200, 1_600, 500.0), ".png")  # is halved on both ways
    pictures = [(drawn_portrait(".png"), "image/png"), (large, "image/png"), (drawn_portrait(".webp"), "image/webp")]
    for (data, _), found in zip(pictures, read(reading_page, *pictures), strict=True):
        face = read_photo(data, networks)
        assert found is not None
        off = np.array(found["points"]).reshape(-1, 3)[:, :2] - face.points[:, :2]
        assert np.linalg.norm(off, axis=1).max() < 0.0005 * np.linalg.norm(face.points[33] - face.points[263])
        assert found["quality"]["yawDeg"] == pytest.approx(face.pose.yaw_deg, abs=0.05)
        assert (found["faceCount"], found["covered"]) == (1, [])


def test_a_large_photo_that_a_phone_stored_lying_is_read_as_its_upload(reading_page: Page, networks: Networks) -> None:
    upright = draw_face(2_100, 2_800, 1_000.0)
    stored = encoded(stored_as(upright, 6), ".jpg", cv2.IMWRITE_JPEG_QUALITY, 95)
    lying = after_soi(stored, exif_of(orientation(6)))
    face = read_photo(lying, networks)
    (found,) = read(reading_page, (lying, "image/jpeg"))
    assert found is not None
    assert (found["mesh"]["image_width"], found["mesh"]["image_height"]) == (face.image_width, face.image_height)
    off = np.array(found["points"]).reshape(-1, 3)[:, :2] - face.points[:, :2]
    assert np.linalg.norm(off, axis=1).max() < 0.003 * np.linalg.norm(face.points[33] - face.points[263])


def test_a_face_that_leans_or_lies_in_its_mirror_image_is_found_as_the_service_finds_it(
    reading_page: Page, networks: Networks
) -> None:
    face = draw_face(800, 800, 330.0).astype(np.float64)
    dark_right = (face * np.linspace(1.0, 0.5, 800)[None, :, None]).astype(np.uint8)
    turn = cv2.getRotationMatrix2D((400, 400), 24, 1.0)
    leaning = cv2.warpAffine(dark_right, turn, (800, 800), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)
    files = [encoded(picture, ".png") for picture in (dark_right, leaning)]
    for data, found in zip(files, read(reading_page, *((data, "image/png") for data in files)), strict=True):
        points = read_photo(data, networks).points
        assert found is not None
        off = np.array(found["points"]).reshape(-1, 3)[:, :2] - points[:, :2]
        assert np.linalg.norm(off, axis=1).max() < 0.001 * np.linalg.norm(points[33] - points[263])


def test_nothing_but_a_small_mesh_leaves_and_the_first_visit_is_small(browser: Browser, service: Server) -> None:
    context = browser.new_context()
    traffic = record_traffic(context)
    page = context.new_page()
    page.goto(f"{service.url}/")
    found = read_in_page(page, drawn_portrait(".png"), "image/png")
    assert found is not None
    posted = """async (mesh) => {
      const body = JSON.stringify(mesh);
      const headers = {"Content-Type": "application/json"};
      return (await fetch("/api/v1/analysis/face", {method: "POST", headers, body})).json();
    }"""
    answer = page.evaluate(posted, found["mesh"])
    assert traffic.foreign(service.url) == []
    assert [0 < size <= MAX_UP for size in traffic.sent()] == [True]
    assert 4_000_000 < sum(traffic.received.values()) <= MAX_DOWN
    assert [line for line in traffic.errors if "favicon" not in line and "404" not in line] == []
    with service.client() as client:
        uploaded = client.post("/api/v1/analysis/face/upload", files={"file": ("a.png", drawn_portrait(".png"))}).json()
    assert parts(answer) == parts(uploaded)
    assert answer["quality"]["source"] == "own_kernel"
    context.close()


def test_a_second_visit_loads_no_network_again(browser: Browser, service: Server) -> None:
    def loaded() -> int:
        return sum(event.get("route") == "/web/models/{name}" for event in service.events())

    context, before = browser.new_context(), loaded()
    for visits in (1, 2):
        page = context.new_page()
        page.goto(f"{service.url}/")
        assert read_in_page(page, drawn_portrait()) is not None
        assert loaded() - before == len(("runtime", "wasm", "detector", "mesh", "kernel")), f"visit {visits}"
    context.close()


def test_a_picture_without_a_face_or_with_a_cut_one_shows_none(reading_page: Page) -> None:
    empty = encoded(np.full((480, 640, 3), 128, np.uint8), ".png")
    cut = encoded(draw_face(480, 640, 225.0)[:, 240:], ".png")
    assert read(reading_page, (empty, "image/png"), (cut, "image/png")) == [None, None]


def test_a_glance_gives_the_hint_and_the_numbers_of_a_look(reading_page: Page) -> None:
    far, dark = encoded(draw_face(640, 480, 90.0), ".png"), encoded(np.full((480, 640, 3), 5, np.uint8), ".png")
    for data in (drawn_portrait(".png"), far, dark):
        (look,) = read(reading_page, (data, "image/png"))
        question = {"url": reader_url(), "picture": base64.b64encode(data).decode()}
        glance = reading_page.evaluate(_GLANCE, question)
        if look is None:
            assert (glance["hints"], glance["quality"]) == (["too_dark"], None)
        else:
            assert glance["hints"] == look["hints"]
            assert glance["quality"]["irisPx"] == pytest.approx(look["quality"]["irisPx"], rel=0.03)
            assert glance["quality"]["faceShare"] == pytest.approx(look["quality"]["faceShare"], rel=0.03)


def test_two_faces_are_counted(reading_page: Page) -> None:
    pair = encoded(np.hstack([draw_face(480, 640, 200.0), draw_face(480, 640, 190.0)]), ".png")
    (found,) = read(reading_page, (pair, "image/png"))
    assert found is not None
    assert (found["faceCount"], found["hints"][0]) == (2, "several_faces")


def test_the_mean_of_a_camera_s_frames_is_the_face_that_it_shows(
    browser: Browser, service: Server, networks: Networks, tmp_path: Path
) -> None:
    frame = encoded(draw_face(640, 480, 190.0), ".jpg", cv2.IMWRITE_JPEG_QUALITY, 95)
    with launched(browser.browser_type, write_film(tmp_path / "face.mjpeg", *[frame] * 5)) as filming:
        page = filming.new_page()
        page.goto(f"{service.url}/")
        shown = page.evaluate(_FILM, reader_url())
    assert shown["hints"] == ["ready"] * 3
    points = read_photo(frame, networks).points
    off = np.array(shown["mesh"]["landmarks"])[:, :2] * (640, 480) - points[:, :2]
    assert np.linalg.norm(off, axis=1).mean() < 0.005 * np.linalg.norm(points[33] - points[263])
    with service.client() as client:
        filmed = client.post("/api/v1/analysis/face", json=shown["mesh"]).json()
        photo = client.post("/api/v1/analysis/face/upload", files={"file": ("a.jpg", frame)}).json()
    alike = [parts(filmed)[name] == shape for name, shape in parts(photo).items()]
    assert np.mean(alike) >= 0.7, "the camera gives the colours of its frames with less resolution"


def test_portraits_get_the_reading_of_their_upload(reading_page: Page, service: Server) -> None:
    photos = [photo.read_bytes() for photo in evaluation_photos("composite", "selfie")[::3]]
    alike: list[bool] = []
    for data, found in zip(photos, read(reading_page, *((data, "image/jpeg") for data in photos)), strict=True):
        assert found is not None
        with service.client() as client:
            sent = client.post("/api/v1/analysis/face", json=found["mesh"]).json()
            uploaded = client.post("/api/v1/analysis/face/upload", files={"file": ("a.jpg", data)}).json()
        alike += [parts(sent)[name] == shape for name, shape in parts(uploaded).items()]
    assert np.mean(alike) >= 0.92


def test_a_service_without_the_runtime_says_so_and_the_reader_refuses(browser: Browser, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for file in model_dir().iterdir():
        if file.is_file() and not file.name.startswith("litert_browser"):
            (models / file.name).symlink_to(file.resolve())
    with serving(tmp_path, MODEL_PATH=str(models)) as server:
        with server.client() as client:
            assert json.loads(client.get("/web/face.json").text) == {"files": None}
        page = browser.new_page()
        page.goto(f"{server.url}/")
        script = "async (url) => (await import(url)).createFaceReader().catch((e) => e.constructor.name + e.message)"
        refusal = page.evaluate(script, reader_url())
    assert refusal.endswith("the service has no networks for the browser")
