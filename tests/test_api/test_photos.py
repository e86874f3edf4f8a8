"""Stored photos over HTTP: only with both consents, without metadata, and deleted with what they belong to."""

import base64
import io
import struct
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from PIL import Image, ImageOps

from gwansang.config import DEFAULT_SECRET_KEY
from gwansang.core.file_links import FileLinks
from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.vision.copying import copy_photo
from tests.support.fakes import NOON
from tests.support.people import Person, person
from tests.support.photos import drawn_portrait
from tests.support.serving import UPLOAD_CALL, application

pytestmark = pytest.mark.anyio


def with_metadata(photo: bytes, orientation: int = 6) -> bytes:
    """Return the photo with a GPS position, a camera, a comment and appended data."""
    with Image.open(io.BytesIO(photo)) as image:
        exif = image.getexif()
        exif[0x0112] = orientation
        exif[0x010F] = "SECRETCAMERA"
        exif.get_ifd(0x8825)[2] = (37.0, 33.0, 59.0)
        file = io.BytesIO()
        image.save(file, "JPEG", exif=exif, comment=b"SECRETCOMMENT", quality=90)
    return file.getvalue() + b"PK\x03\x04SECRETTAIL"


def stored_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
async def client(folder: Path, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with application(database_url=database_url, storage_folder=folder) as connected:
        yield connected


@pytest.fixture
async def owner(client: httpx.AsyncClient) -> Person:
    """Return a user who consents to a history and to photos."""
    someone = await person(client, "owner")
    await someone.agree("history")
    await someone.agree("retain_photo")
    return someone


async def read(someone: Person, *photos: bytes) -> str:
    """Read these photos and return the id of the analysis."""
    files = [("file", (f"{number}.jpg", photo, "image/jpeg")) for number, photo in enumerate(photos)]
    answer = await someone.call("POST", UPLOAD_CALL.removeprefix("/api/v1"), files=files)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["analysis_id"])


async def photo_of(someone: Person, analysis_id: str) -> httpx.Response:
    return await someone.call("GET", f"/analysis/{analysis_id}/photo")


async def test_a_stored_photo_is_an_upright_copy_without_metadata(
    owner: Person, client: httpx.AsyncClient, folder: Path
) -> None:
    link = (await photo_of(owner, await read(owner, with_metadata(drawn_portrait())))).json()
    assert (link["width"], link["height"]) == (640, 480)  # the file is rotated by its EXIF orientation
    opened = await client.get(link["url"])
    assert opened.status_code == 200
    assert opened.headers["content-type"] == "image/jpeg"
    assert opened.headers["content-disposition"] == "attachment"
    assert opened.headers["cache-control"] == "private, no-store"
    assert opened.headers["x-content-type-options"] == "nosniff"
    with Image.open(io.BytesIO(opened.content)) as image:
        assert (image.size, image.format, dict(image.getexif()), "comment" in image.info) == (
            (640, 480),
            "JPEG",
            {},
            False,
        )
    assert [path.read_bytes() for path in stored_files(folder)] == [opened.content]
    assert b"SECRET" not in opened.content


@pytest.mark.parametrize("purposes", [(), ("history",), ("retain_photo",)])
async def test_without_both_consents_nothing_is_copied_or_stored(
    client: httpx.AsyncClient, folder: Path, purposes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[bytes] = []
    monkeypatch.setattr("gwansang.container.assembly.copy_photo", copied.append)
    someone = await person(client)
    for purpose in purposes:
        await someone.agree(purpose)
    analysis_id = await read(someone, drawn_portrait())
    assert (await photo_of(someone, analysis_id)).status_code == 404
    assert (copied, stored_files(folder)) == ([], [])


async def test_no_photo_of_a_guest_is_stored(client: httpx.AsyncClient, folder: Path) -> None:
    answer = await client.post(UPLOAD_CALL, files={"file": ("a.jpg", drawn_portrait(), "image/jpeg")})
    assert answer.status_code == 200
    assert stored_files(folder) == []


async def test_one_of_several_photos_is_stored_and_none_for_landmarks(owner: Person, folder: Path) -> None:
    await read(owner, drawn_portrait(), drawn_portrait())
    assert len(stored_files(folder)) == 1
    body = {"landmarks": canonical_landmarks().tolist(), "image": base64.b64encode(drawn_portrait()).decode()}
    answer = await owner.call("POST", "/analysis/face", json=body)
    assert answer.status_code == 200, answer.text
    assert len(stored_files(folder)) == 1


async def test_only_the_owner_gets_a_link(owner: Person, client: httpx.AsyncClient) -> None:
    analysis_id = await read(owner, drawn_portrait())
    stranger = await person(client, "stranger")
    refused = await photo_of(stranger, analysis_id)
    nonexistent = await photo_of(stranger, "0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10")
    assert refused.status_code == nonexistent.status_code == 404
    assert refused.json()["error"] == nonexistent.json()["error"]
    assert (await client.get(f"/api/v1/analysis/{analysis_id}/photo")).status_code == 401


DELETIONS: dict[str, tuple[str, str]] = {
    "the reading": ("DELETE", "/analysis/{id}"),
    "the consent to photos": ("DELETE", "/consents/retain_photo"),
    "the consent to a history": ("DELETE", "/consents/history"),
    "the account": ("DELETE", "/users/me"),
}


@pytest.mark.parametrize("deleted", DELETIONS)
async def test_a_photo_and_its_link_end_with_the_reading_the_consent_or_the_account(
    owner: Person, client: httpx.AsyncClient, folder: Path, deleted: str
) -> None:
    analysis_id = await read(owner, drawn_portrait())
    other = await person(client, "other")
    for purpose in ("history", "retain_photo"):
        await other.agree(purpose)
    others_id = await read(other, drawn_portrait())
    url = (await photo_of(owner, analysis_id)).json()["url"]
    method, path = DELETIONS[deleted]
    answer = await owner.call(method, path.format(id=analysis_id))
    assert answer.status_code in (200, 204), answer.text
    assert (await client.get(url)).status_code == 404
    assert len(stored_files(folder)) == 1
    assert (await client.get((await photo_of(other, others_id)).json()["url"])).status_code == 200


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "%00",
        "a" * 5000,
        "%E2%80%A4%E2%80%A4%2fa",
        "==",
    ],
)
async def test_a_forged_link_opens_nothing(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.get(f"/api/v1/files/{token}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "etc" not in answer.json()["detail"]


async def test_a_link_opens_nothing_after_its_expiry_or_with_an_access_token_signature(
    client: httpx.AsyncClient,
) -> None:
    def token(shift_s: float, secret: str) -> str:
        return FileLinks(secret, clock=lambda: NOON + timedelta(seconds=shift_s)).sign("photos/7f/7f3a.jpg", 60)[0]

    for invalid in (token(-61, DEFAULT_SECRET_KEY), token(0, "another")):
        assert (await client.get(f"/api/v1/files/{invalid}")).status_code == 404


async def test_a_symlink_in_the_store_opens_nothing(
    owner: Person, client: httpx.AsyncClient, folder: Path, tmp_path: Path
) -> None:
    url = (await photo_of(owner, await read(owner, drawn_portrait()))).json()["url"]
    (tmp_path / "secret").write_bytes(b"secret")
    stored = stored_files(folder)[0]
    stored.unlink()
    stored.symlink_to(tmp_path / "secret")
    assert (await client.get(url)).status_code == 404


async def test_an_unwritable_store_costs_the_photo_but_not_the_reading(owner: Person, folder: Path) -> None:
    (folder / "photos").write_bytes(b"in the way")
    analysis_id = await read(owner, drawn_portrait())
    assert (await photo_of(owner, analysis_id)).json()["error"]["code"] == "PHOTO_NOT_FOUND"
    assert (await owner.call("GET", f"/analysis/{analysis_id}")).status_code == 200


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_copy_is_upright_for_every_exif_orientation(orientation: int) -> None:
    photo = with_metadata(drawn_portrait(), orientation)
    with Image.open(io.BytesIO(photo)) as image:
        upright = np.asarray(ImageOps.exif_transpose(image).convert("RGB"), dtype=np.int16)
    copy = copy_photo(photo)
    decoded = cv2.imdecode(np.frombuffer(copy.jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(np.int16)
    assert decoded.shape == upright.shape == (copy.height, copy.width, 3)
    assert np.abs(decoded - upright).mean() < 3


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_a_copy_is_no_larger_than_a_screen(suffix: str) -> None:
    copy = copy_photo(drawn_portrait(suffix, width=1500, height=2000))
    assert (copy.width, copy.height) == (1200, 1600)
    assert struct.unpack(">H", copy.jpeg[:2])[0] == 0xFFD8
