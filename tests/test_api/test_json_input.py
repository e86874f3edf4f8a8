"""A face in JSON: what is read, and what is refused without quoting it (sections B07-B08 and C)."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import httpx
import numpy as np
import pytest

from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.vision.face import Points
from tests.support.photos import drawn_portrait, encoded
from tests.support.serving import JSON_CALL, Server

MARK = "do-not-echo-me"


def post(client: httpx.Client, body: bytes | str, content_type: str | None = "application/json") -> httpx.Response:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return client.post(JSON_CALL, content=body, headers=headers)


def code_of(answer: httpx.Response) -> str:
    code: str = answer.json()["error"]["code"]
    return code


def photo_text() -> str:
    return base64.b64encode(drawn_portrait()).decode()


def broken_lines(text: str) -> str:
    return "\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))


@pytest.mark.parametrize(
    "write",
    [
        lambda text: text,
        lambda text: f"data:image/jpeg;base64,{text}",
        lambda text: f"data:image/jpeg;charset=utf-8;base64,{text}",
        lambda text: f"DATA:IMAGE/PNG;BASE64,{text}",
        lambda text: f"data:;base64,{text}",
        lambda text: f'data:image/jpeg;name="me, at home;1.jpg";base64,{text}',
        lambda text: f"data:image/jpeg;base64,{quote(text)}",
        lambda text: f"data:image/jpeg;base64,{quote(text, safe='')}".replace("%", "%0A%"),
        broken_lines,
        lambda text: f" \t{text}\n ",
        lambda text: text.replace("+", "-").replace("/", "_"),
        lambda text: text.rstrip("="),
    ],
    ids=[
        "bare",
        "data URL",
        "charset",
        "upper case",
        "no type",
        "name",
        "escaped",
        "lines",
        "CR LF",
        "blanks",
        "URL-safe",
        "no padding",
    ],
)
def test_all_spellings_of_base64_are_read(write: Callable[[str], str], client: httpx.Client) -> None:
    answer = client.post(JSON_CALL, json={"image": write(photo_text())})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("image", "status", "code"),
    [
        ("data:text/html;base64,PGh0bWw+", 400, "UNSUPPORTED_IMAGE_TYPE"),
        ("PGh0bWw+", 400, "UNSUPPORTED_IMAGE_TYPE"),
        ("data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=", 400, "UNSUPPORTED_IMAGE_TYPE"),
        ("data:image/jpeg,notbase64", 422, "INVALID_BASE64"),
        ("data:image/jpeg;base64,", 422, "EMPTY_FILE"),
        ("", 422, "EMPTY_FILE"),
        (" \r\n\t", 422, "EMPTY_FILE"),
        ("/9j/4AAQ*SkZJRg==", 422, "INVALID_BASE64"),
        ("/9j/4A==AQSkZJRg", 422, "INVALID_BASE64"),
        ("/9j/4AAQSkZJR====", 422, "INVALID_BASE64"),
        ("/9j/4", 422, "INVALID_BASE64"),
        ("=", 422, "INVALID_BASE64"),
        ("/9j/4AAQ\u0000SkZJRg==", 422, "INVALID_BASE64"),
        ("/9j/4AAQ\u00a0SkZJRg==", 422, "INVALID_BASE64"),
        ("얼굴", 422, "INVALID_BASE64"),
    ],
)
def test_invalid_base64_is_refused_and_no_character_dropped(
    image: str, status: int, code: str, client: httpx.Client
) -> None:
    answer = client.post(JSON_CALL, json={"image": image})
    assert (answer.status_code, code_of(answer)) == (status, code)


@pytest.mark.parametrize("declared", ["application/octet-stream", "text/html", "image/heic", "video/mp4", "x;a=b"])
def test_the_bytes_decide_whatever_a_data_url_declares(declared: str, client: httpx.Client) -> None:
    answer = client.post(JSON_CALL, json={"image": f"data:{declared};base64,{photo_text()}"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("image", [None, 5, 1.5, True, ["a"], {"a": MARK}], ids=str)
def test_an_image_that_is_not_a_string_is_refused(image: object, client: httpx.Client) -> None:
    answer = client.post(JSON_CALL, json={"image": image})
    assert answer.status_code == 422
    assert code_of(answer) in ("VALIDATION_ERROR", "NOTHING_TO_READ")
    assert "image" in json.dumps(answer.json()["error"]["details"])
    assert MARK not in answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("null", 400),
        ("[]", 400),
        ('"text"', 400),
        ("{", 400),
        ('{"image": "a",}', 400),
        ("{'image': 'a'}", 400),
        ('{"image": NaN}', 400),
        ('{"image_width": Infinity}', 400),
        ('{"image_width": 1e999}', 422),
        ('{"image_width": -1e999}', 422),
        ('{"image": "a", "image": "b"}', 400),
        ('{"a": {"image": 1, "image": 2}}', 400),
        ('{"image": "\\ud800"}', 422),
        ('{"\\ud800": "a"}', 422),
        ('{"locale": "\\ud800", "image": "a"}', 422),
        ('{"image": "a\\u0000b"}', 422),
        ('{"image": "a\x00b"}', 400),
        ('{"image": "a"}'.encode("utf-16"), 400),
        ('{"image": "a"}'.encode("utf-16-le"), 400),
        (b"\xef\xbb\xbf" + b'{"image": "a"}', 400),
        (b'{"image": "\xff\xfe"}', 400),
        ("[" * 200_000, 422),
        ('{"a":' * 200_000, 422),
        ("[" * 1_900 + "]" * 1_900, 400),
        ('{"image":' + "[" * 1_900 + "]" * 1_900 + "}", 400),
        ("{" + ",".join(f'"k{n}":{n}' for n in range(800_000)) + "}", 422),
        ('{"extra": "' + "x" * 12_000_000 + '"}', 422),
        ('{"image_width": ' + "9" * 4_000 + "}", 422),
        ('{"image_width": ' + "9" * 100_000 + "}", 400),
    ],
    ids=lambda value: (
        (value if isinstance(value, str) else repr(value))[:24] if not isinstance(value, int) else str(value)
    ),
)
def test_odd_json_is_refused_with_an_answer_that_is_json(
    body: str | bytes, status: int, client: httpx.Client, server: Server
) -> None:
    with server.costs_at_most(cpu_s=2, memory_mb=200):
        answer = post(client, body)
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert len(answer.content) < 2_000


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "image/jpeg",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
    ],
)
def test_json_with_another_content_type_is_refused(content_type: str | None, client: httpx.Client) -> None:
    answer = post(client, '{"image": "a"}', content_type)
    assert (answer.status_code, code_of(answer)) == (415, "CONTENT_TYPE_NOT_ACCEPTED")


def test_unknown_fields_are_refused_without_repeating_their_names(client: httpx.Client) -> None:
    answer = client.post(JSON_CALL, json={"image": "a", "is_admin": True, MARK: MARK})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"] == [
        {"field": "(unknown field)", "message": "Extra inputs are not permitted"},
        {"field": "(unknown field)", "message": "Extra inputs are not permitted"},
    ]
    assert MARK not in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"birth_year": 1899},
        {"birth_year": 2100},
        {"birth_year": "1990"},
        {"birth_year": True},
        {"locale": "x" * 36},
        {"locale": 5},
    ],
    ids=str,
)
def test_invalid_fields_are_refused(fields: dict[str, object], client: httpx.Client) -> None:
    assert client.post(JSON_CALL, json={"image": photo_text(), **fields}).status_code == 422


@pytest.mark.parametrize("locale", ["../../x", "{{7*7}}", "{0.__class__}", "%n%n", "'; DROP TABLE", "한국어"])
def test_an_unknown_locale_falls_back(locale: str, client: httpx.Client) -> None:
    answer = client.post(JSON_CALL, json={"image": photo_text(), "locale": locale})
    assert (answer.status_code, answer.json()["locale"]) == (200, "ko")


def landmarks(columns: int = 3, count: int = 468) -> list[list[float]]:
    landmarks = np.vstack((canonical_landmarks(), np.full((10, 3), 0.5)))
    return landmarks[:count, :columns].tolist()


@pytest.mark.parametrize(("columns", "count"), [(3, 468), (2, 468), (3, 478), (2, 478)])
def test_landmarks_alone_give_a_reading(columns: int, count: int, client: httpx.Client) -> None:
    body = {"landmarks": landmarks(columns, count), "image_width": 800, "image_height": 800}
    answer = client.post(JSON_CALL, json=body)
    assert answer.status_code == 200, answer.text
    assert "LANDMARKS_ONLY" in answer.json()["quality"]["warnings"]


def test_landmarks_win_over_a_photo(client: httpx.Client) -> None:
    wall = base64.b64encode(encoded(np.full((800, 800, 3), 180, np.uint8))).decode()
    alone = client.post(JSON_CALL, json={"landmarks": landmarks(), "image_width": 800, "image_height": 800}).json()
    both = client.post(JSON_CALL, json={"landmarks": landmarks(), "image": wall}).json()
    assert both["parts_analysis"] == alone["parts_analysis"]


@pytest.mark.parametrize("count", [0, 1, 467, 469, 477, 479, 1_900])
def test_a_wrong_number_of_landmarks_is_refused_with_the_valid_ones(count: int, client: httpx.Client) -> None:
    answer = client.post(JSON_CALL, json={"landmarks": [[0.5, 0.5]] * count})
    assert (answer.status_code, code_of(answer)) == (422, "INVALID_LANDMARKS")
    assert answer.json()["error"]["details"] == {"expected": [468, 478], "got": count}


def test_a_million_landmarks_are_refused_before_they_are_parsed(client: httpx.Client, server: Server) -> None:
    body = '{"landmarks": [' + ",".join(["[0.5,0.5]"] * 1_000_000) + "]}"
    before_mb = server.memory_mb()
    answer = post(client, body)
    assert (answer.status_code, code_of(answer)) == (422, "INVALID_LANDMARKS")
    assert answer.json()["error"]["details"] == {"expected": [468, 478]}
    assert server.memory_mb() - before_mb < 60


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e999", '"0.5"', "null", "[0.5]", "{}", "true", '"a"']
)
def test_a_coordinate_that_is_not_finite_is_refused(value: str, client: httpx.Client) -> None:
    points = [json.dumps(point) for point in landmarks()]
    points[7] = f"[0.5, {value}, 0.1]"
    answer = post(client, '{"landmarks": [' + ",".join(points) + "]}")
    assert answer.status_code in (400, 422)
    assert len(answer.content) < 2_000


@pytest.mark.parametrize(
    "edit",
    [
        lambda points: np.full_like(points, 0.5),
        lambda points: np.column_stack([np.linspace(0.1, 0.9, 468)] * 3),
        lambda points: points * (1, 0, 1) + (0, 0.5, 0),
        lambda points: points * (-1, 1, 1) + (1, 0, 0),
        lambda points: points * (1, -1, 1) + (0, 1, 0),
        lambda points: points - (-0.5, 0, 0),
        lambda points: points - (0, 0.5, 0),
        lambda points: points * 1000,
        lambda points: np.where(np.arange(468)[:, None] == 5, 1e308, points),
        lambda points: np.random.default_rng(1).permutation(points),
        lambda points: points[::-1],
        lambda points: np.random.default_rng(2).random((468, 3)),
        lambda points: np.where(np.arange(3) == 2, 1e300, points),
        lambda points: points * 1e-9 + 0.5,
    ],
    ids=[
        "one point",
        "a line",
        "flat",
        "mirrored",
        "upside down",
        "right of the picture",
        "above it",
        "pixels",
        "huge",
        "shuffled",
        "reversed",
        "random",
        "huge depth",
        "tiny",
    ],
)
def test_degenerate_landmarks_are_refused(edit: Callable[[Points], Points], client: httpx.Client) -> None:
    body = {"landmarks": edit(np.array(landmarks())).tolist(), "image_width": 800, "image_height": 800}
    answer = client.post(JSON_CALL, json=body)
    assert (answer.status_code, code_of(answer)) == (422, "DEGENERATE_LANDMARKS")


def test_landmarks_of_different_dimensions_are_refused(client: httpx.Client) -> None:
    points = landmarks()
    points[3] = points[3][:2]
    assert code_of(client.post(JSON_CALL, json={"landmarks": points})) == "INVALID_LANDMARKS"


def test_at_most_twenty_faults_are_listed(client: httpx.Client) -> None:
    answer = client.post(JSON_CALL, json={"landmarks": [["x", "y"]] * 468})
    assert len(answer.json()["error"]["details"]) == 20
