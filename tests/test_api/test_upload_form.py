"""The upload form: one photo, a few small fields, and nothing that makes the parser work (sections B03-B05)."""

import httpx
import pytest

from tests.support.photos import drawn_portrait
from tests.support.serving import UPLOAD_CALL, Server

BOUNDARY = "a-boundary"


def part(disposition: str, content: bytes, *headers: str) -> bytes:
    head = "\r\n".join((f"--{BOUNDARY}", f"Content-Disposition: {disposition}", *headers, "", ""))
    return head.encode() + content + b"\r\n"


def photo_part(content: bytes | None = None, name: str = "x.jpg") -> bytes:
    return part(f'form-data; name="file"; filename="{name}"', drawn_portrait() if content is None else content)


END = f"--{BOUNDARY}--\r\n".encode()
FORM = f"multipart/form-data; boundary={BOUNDARY}"
MANY = tuple(f"H{n}: v" for n in range(5_000))


def post(
    client: httpx.Client, body: bytes, content_type: str = f"multipart/form-data; boundary={BOUNDARY}"
) -> httpx.Response:
    return client.post(UPLOAD_CALL, content=body, headers={"Content-Type": content_type})


def outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize(
    "name",
    ["x.jpg", "x.exe", "../../etc/passwd", "사진.png", "a\\r\\nX-Evil: 1", "%0d%0aSet-Cookie: a=b", "x" * 3000, ""],
)
def test_the_file_name_is_ignored(name: str, client: httpx.Client) -> None:
    answer = post(client, photo_part(name=name) + END)
    assert answer.status_code == 200, answer.text
    assert "x-evil" not in answer.headers
    assert "set-cookie" not in answer.headers


def test_the_declared_type_is_ignored(client: httpx.Client) -> None:
    body = part('form-data; name="file"; filename="x.txt"', drawn_portrait(".webp"), "Content-Type: text/html") + END
    assert post(client, body).status_code == 200


def test_fields_beside_the_photo_are_used(client: httpx.Client) -> None:
    body = photo_part() + part('form-data; name="birth_year"', b"1990") + part('form-data; name="locale"', b"en") + END
    answer = post(client, body).json()
    assert answer["locale"] == "en"
    assert answer["ages"]["birth_year"] == 1990
    assert answer["ages"]["positions"]


def test_empty_fields_of_a_browsers_form_are_ignored(client: httpx.Client) -> None:
    body = photo_part() + part('form-data; name="birth_year"', b"") + part('form-data; name="locale"', b"") + END
    assert post(client, body).status_code == 200


JPEG, OCTETS = "Content-Type: image/jpeg", "Content-Type: application/octet-stream"
UNCHOSEN = part('form-data; name="file"; filename=""', b"", OCTETS)


@pytest.mark.parametrize(
    ("parts", "photos"),
    [
        ((part("form-data; name=\"file\"; filename*=UTF-8''%EC%85%80%EC%B9%B4.jpg", drawn_portrait(), JPEG),), 1),
        ((part("form-data; name=file; FileName*=utf-8'ko'%EC%85%80.jpg", drawn_portrait()),), 1),
        ((part("form-data; name=\"file\"; filename*=iso-8859-1''%A3.jpg", drawn_portrait()),), 1),
        ((part("form-data; name=\"file\"; filename*=idna''%FF.jpg", drawn_portrait()),), 1),
        ((part('form-data; name="file"', drawn_portrait(), JPEG),), 1),
        ((part('form-data; name="file"', drawn_portrait(".png"), "content-type: IMAGE/PNG"),), 1),
        ((part('form-data; name="file"', drawn_portrait(), OCTETS),), 1),
        ((part('form-data; name="file"', drawn_portrait(), JPEG),) * 2, 2),
        ((part("form-data", drawn_portrait(), JPEG),), 1),
        ((part('form-data; filename="x.jpg"', drawn_portrait()), photo_part()), 2),
        ((photo_part(), UNCHOSEN), 1),
        ((UNCHOSEN, photo_part()), 1),
        ((UNCHOSEN, photo_part(), UNCHOSEN, photo_part(), UNCHOSEN), 2),
        ((part('form-data; name="second"; filename=""', b"", OCTETS), photo_part()), 1),
    ],
    ids=[
        *("RFC 5987", "with a language", "Latin-1", "an unknown charset"),
        *("no name", "no name, PNG", "no name, octets", "two without names"),
        *("no field", "one of two without a field"),
        *("unchosen last", "unchosen first", "some unchosen", "unchosen in a field of its own"),
    ],
)
def test_photos_of_all_kinds_of_forms_are_read(parts: tuple[bytes, ...], photos: int, client: httpx.Client) -> None:
    answer = post(client, b"".join(parts) + part('form-data; name="locale"', b"en", "Content-Type: text/plain") + END)
    assert answer.status_code == 200, answer.text
    assert answer.json()["quality"]["photos"] == photos
    assert answer.json()["locale"] == "en"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (END, (422, "VALIDATION_ERROR")),
        (UNCHOSEN + END, (422, "VALIDATION_ERROR")),
        (UNCHOSEN * 5_000 + END, (400, "INVALID_FORM")),
        (part('form-data; name="other"', b"x", JPEG) + photo_part() + END, (400, "INVALID_FORM")),
        (part('form-data; name="photo"; filename="x.jpg"', b"x") + END, (422, "VALIDATION_ERROR")),
        (part('form-data; name="file"', b"just text") + END, (422, "VALIDATION_ERROR")),
        (photo_part(b"") + END, (422, "EMPTY_FILE")),
        (photo_part() + part('form-data; name="birth_year"', b"soon") + END, (422, "VALIDATION_ERROR")),
        (photo_part() + part('form-data; name="is_admin"', b"1") + END, (422, "VALIDATION_ERROR")),
        (photo_part() + part('form-data; name="birth_year"', b"2024") + END, (422, "TOO_YOUNG")),
        (photo_part(), (400, "INVALID_FORM")),
        (photo_part()[:-9], (400, "INVALID_FORM")),
        (photo_part() * 6 + END, (422, "TOO_MANY_FILES")),
        (photo_part(b"x") * 5_000 + END, (422, "TOO_MANY_FILES")),
        (photo_part() + part('form-data; name="other"; filename="y.jpg"', b"y") + END, (400, "INVALID_FORM")),
        (photo_part() + part('form-data; name="locale"', b"\xff\xfe") + END, (400, "INVALID_FORM")),
        (photo_part() + part('form-data; name="locale"', b"x" * 5000) + END, (400, "INVALID_FORM")),
        (part("attachment", b"x") + END, (400, "INVALID_FORM")),
        (part('form-data; name="\xff"', b"x") + END, (422, "VALIDATION_ERROR")),
        (part('form-data; name="locale"', b"ko") * 5_000 + END, (400, "INVALID_FORM")),
        (b"".join(part(f'form-data; name="f{n}"', b"x") for n in range(5_000)) + END, (400, "INVALID_FORM")),
        (part('form-data; name="file"; filename="x"', b"x", "X-Long: " + "y" * 2_000_000) + END, (400, "INVALID_FORM")),
        (
            part('form-data; name="file"; filename="x"', b"x", *MANY) + END,
            (400, "INVALID_FORM"),
        ),
        (b"", (400, "INVALID_FORM")),
        (b"\r\n" * 1_000_000, (400, "INVALID_FORM")),
        (b"no form at all", (400, "INVALID_FORM")),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else repr(value[:40]),
)
def test_an_invalid_form_is_refused_cheaply(
    body: bytes, expected: tuple[int, str], client: httpx.Client, server: Server
) -> None:
    with server.costs_at_most(cpu_s=0.5, memory_mb=60):
        assert outcome(post(client, body)) == expected


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 10_000,
        "multipart/form-data; boundary=other",
    ],
    ids=["none", "empty", "10 kB", "another"],
)
def test_a_form_without_a_usable_boundary_is_refused(content_type: str, client: httpx.Client) -> None:
    assert outcome(post(client, photo_part() + END, content_type)) == (400, "INVALID_FORM")


@pytest.mark.parametrize(
    "content_type", ["application/json", "image/jpeg", "multipart/mixed; boundary=a-boundary", "text/plain"]
)
def test_an_upload_with_another_content_type_is_refused(content_type: str, client: httpx.Client) -> None:
    assert outcome(post(client, photo_part() + END, content_type)) == (415, "CONTENT_TYPE_NOT_ACCEPTED")


def test_a_photo_of_exactly_the_limit_is_read_and_one_byte_more_is_refused(client: httpx.Client) -> None:
    limit = 10 * 1024 * 1024
    photo = drawn_portrait()
    assert post(client, photo_part(photo + bytes(limit - len(photo))) + END).status_code == 200
    refused = post(client, photo_part(photo + bytes(limit - len(photo) + 1)) + END)
    assert outcome(refused) == (413, "FILE_TOO_LARGE")
    assert refused.json()["error"]["details"] == {"max_bytes": limit}
