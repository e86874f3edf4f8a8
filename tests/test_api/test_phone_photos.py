"""Photos as phones save them by default: HEIC and AVIF are refused with the setting that helps, wherever photos go."""

import base64
import struct

import httpx
import pytest

from tests.support.photos import drawn_portrait
from tests.support.serving import JSON_CALL, UPLOAD_CALL, Server
from tests.support.sockets import connect_socket, receive_message


def photo_of(*brands: str) -> bytes:
    """Return the beginning of a HEIF file of a main and further brands."""
    body = brands[0].encode() + bytes(4) + "".join(brands).encode()
    return struct.pack(">I", len(body) + 8) + b"ftyp" + body + bytes(500)


HEIC, SEQUENCE, AVIF = photo_of("heic", "mif1"), photo_of("msf1", "hevc"), photo_of("avif", "mif1", "miaf")
ADVICE = {
    "ko": ("높은 호환성", "고효율 사진", "JPEG"),
    "en": ("Most Compatible", "High efficiency pictures", "JPEG"),
    "ja": ("互換性優先", "高効率の写真", "JPEG"),
}


def check(problem: dict[str, object], name: str, locale: str) -> None:
    """Check that the problem names the format, and its text the settings of both phones."""
    error = problem["error"]
    assert isinstance(error, dict)
    assert (error["code"], error["details"]) == ("UNSUPPORTED_IMAGE_TYPE", {"format": name})
    assert all(words in str(problem["detail"]) for words in (*ADVICE[locale], name.upper()))


@pytest.mark.parametrize("locale", ADVICE)
@pytest.mark.parametrize(("data", "name"), [(HEIC, "heic"), (SEQUENCE, "heic"), (AVIF, "avif")])
@pytest.mark.parametrize("way", ["upload", "json", "data URL"])
def test_a_refusal_names_the_settings_of_phones(
    way: str, data: bytes, name: str, locale: str, client: httpx.Client
) -> None:
    text, headers = base64.b64encode(data).decode(), {"Accept-Language": locale}
    if way == "upload":
        answer = client.post(UPLOAD_CALL, files={"file": ("IMG_0001.jpg", data, "image/jpeg")}, headers=headers)
    else:
        image = text if way == "json" else f"data:image/{name};base64,{text}"
        answer = client.post(JSON_CALL, json={"image": image}, headers=headers)
    assert answer.status_code == 400
    check(answer.json(), name, locale)


def test_the_number_of_a_heic_photo_among_several_is_told(client: httpx.Client) -> None:
    files = [("file", ("1.jpg", drawn_portrait())), ("file", ("2.heic", HEIC))]
    answer = client.post(UPLOAD_CALL, files=files)
    assert answer.json()["error"]["details"] == {"format": "heic", "file": 2}
    assert "높은 호환성" in answer.json()["detail"]


@pytest.mark.parametrize("locale", ADVICE)
def test_a_heic_frame_is_refused_with_the_same_words(server: Server, locale: str) -> None:
    with connect_socket(server) as camera:
        camera.send(f'{{"type": "start", "locale": "{locale}"}}')
        assert receive_message(camera)["type"] == "hello"
        camera.send(HEIC)
        check(receive_message(camera)["problem"], "heic", locale)


@pytest.mark.parametrize("trailer", [b"", bytes(2_000) + b"SEFH" + bytes(40) + b"SEFT"], ids=["nothing", "a trailer"])
def test_a_photo_without_its_end_marker_is_read_and_half_a_photo_is_not(trailer: bytes, client: httpx.Client) -> None:
    whole = drawn_portrait()
    answers = [
        client.post(UPLOAD_CALL, files={"file": ("x.jpg", data + trailer)})
        for data in (whole, whole[:-2], whole[: len(whole) // 2], whole[: len(whole) * 9 // 10])
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 422, 422]
    assert answers[0].json()["parts_analysis"] == answers[1].json()["parts_analysis"]
    assert {answer.json()["error"]["code"] for answer in answers[2:]} == {"IMAGE_CORRUPT"}
