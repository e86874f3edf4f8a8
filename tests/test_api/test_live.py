"""Live guidance over real sockets: frames, hints, errors, close codes, and the reading."""

import json
import re
import socket as sockets
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.sync.client import ClientConnection

from gwansang.services.ml.face_analyzer import canonical_landmarks
from gwansang.texts import LOCALES, load
from gwansang.vision.guidance import GuidanceCue
from tests.support.cameras import drawn_face, frame, hand_held, real_face
from tests.support.hostile_images import Hostile, hostile_images
from tests.support.likeness import MIN_EQUAL_PARTS
from tests.support.photos import encoded
from tests.support.serving import UPLOAD_CALL, Server, serving
from tests.support.sockets import LIVE, connect_socket, receive_message
from tests.test_vision import scenes

TEXTS = {locale: load("live", locale, dict[str, str]) for locale in LOCALES}


@pytest.fixture(scope="module")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server that logs at debug level and allows many sockets from one address."""
    folder = tmp_path_factory.mktemp("live_server")
    with serving(folder, LOG_LEVEL="DEBUG", SOCKETS_PER_ADDRESS="40", ALLOW_GUESTS="true") as running:
        yield running


@pytest.fixture
def camera(live_server: Server) -> Iterator[ClientConnection]:
    """Open a guest's socket and receive its hello."""
    with connect_socket(live_server) as connected:
        connected.send(json.dumps({"type": "start", "locale": "en"}))
        assert receive_message(connected)["type"] == "hello"
        yield connected


def send_frame(camera: ClientConnection, data: bytes | str) -> dict[str, Any]:
    """Send a message and return the answer."""
    camera.send(data)
    return receive_message(camera)


def close_code(camera: ClientConnection) -> int:
    """Receive until the socket is closed and return its close code."""
    with suppress(ConnectionClosedError):
        for _ in camera:
            pass
    return camera.close_code or 1006


def read_live(camera: ClientConnection, frames: list[bytes]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Send frames at 30 a second until a reading comes; return the answers and the reading's message."""
    answers = []
    for data in frames:
        answers.append(send_frame(camera, data))
        if answers[-1].get("hints", [""])[:1] == ["ready"]:
            return answers, receive_message(camera)
        time.sleep(1 / 30)
    raise AssertionError(answers[-1])


def test_a_steady_face_gets_a_reading_like_that_of_its_photo(live_server: Server, camera: ClientConnection) -> None:
    face = real_face()
    answers, last = read_live(camera, hand_held(face, 120))
    assert last["type"] == "reading"
    with live_server.client() as client:
        still = client.post(UPLOAD_CALL, files={"file": ("x.jpg", frame(face))}).json()
    live = last["reading"]
    same = [part for part in still["parts_analysis"] if shape_of(live, part) == shape_of(still, part)]
    assert len(same) >= MIN_EQUAL_PARTS
    assert live["quality"]["photos"] >= 3
    assert live["locale"] == "en"
    assert answers[-1]["text"] == TEXTS["en"]["ready"]
    assert close_code(camera) == 1000


def shape_of(reading: dict[str, Any], part: str) -> str:
    shape: str = reading["parts_analysis"][part]["shape_id"]
    return shape


def test_an_answer_to_a_frame_has_everything_that_a_client_draws(camera: ClientConnection) -> None:
    answer = send_frame(camera, frame(real_face(), roll_deg=-18))
    assert answer["hints"][0] == "tilt_left"
    assert answer["text"] == TEXTS["en"]["tilt_left"]
    assert (answer["type"], answer["frame"], answer["skipped"], answer["progress"]) == ("guidance", 1, 0, 0)
    assert answer["pose"]["roll_deg"] == pytest.approx(-16, abs=4)
    x, y, width, height = answer["face"]["box"]
    assert 0 < x < x + width < 1
    assert 0 < y < y + height < 1
    assert len(answer["face"]["outline"]) == 36
    assert answer["quality"]["brightness"] > 0.1


def test_hints_are_in_korean_by_default(live_server: Server) -> None:
    with connect_socket(live_server) as camera:
        camera.send(encoded(scenes.lit(0.02)))
        assert receive_message(camera)["type"] == "hello"
        assert receive_message(camera)["text"] == TEXTS["ko"]["too_dark"]


def test_every_hint_has_a_text() -> None:
    assert set(TEXTS["ko"]) == {*GuidanceCue, "steady"}
    assert all(text.endswith("요.") for text in TEXTS["ko"].values())
    assert all(text.endswith(".") or "!" in text for text in TEXTS["en"].values())
    assert all(re.search("(?:ください|どうぞ|ましょう|られます)。$", text) for text in TEXTS["ja"].values())


def test_landmarks_get_hints_too(camera: ClientConnection) -> None:
    points = canonical_landmarks()
    near = 0.5 + (points - 0.5) * 1.3
    answer = send_frame(camera, mesh(near.round(5).tolist()))
    assert answer["hints"] == []
    assert answer["quality"]["brightness"] is None
    assert "move_closer" in send_frame(camera, mesh((0.5 + (points - 0.5) * 0.5).round(5).tolist()))["hints"]


def mesh(points: object) -> str:
    return json.dumps({"type": "landmarks", "points": points, "width": 640, "height": 640})


@pytest.mark.parametrize("points", [[[0.5, 0.5]] * 468, [[0.5, 0.5]] * 467, [[1e9, 0.5]] * 468, [[0.5] * 2000] * 20])
def test_invalid_landmarks_get_an_error_and_the_socket_stays_open(camera: ClientConnection, points: object) -> None:
    answer = send_frame(camera, mesh(points))
    assert answer["problem"]["status"] == 422
    assert send_frame(camera, frame(drawn_face()))["type"] == "guidance"


@pytest.mark.parametrize("hostile", hostile_images(), ids=lambda hostile: hostile.name)
def test_a_hostile_frame_gets_an_error_and_the_socket_stays_open(
    camera: ClientConnection, live_server: Server, hostile: Hostile
) -> None:
    if len(hostile.data) > 1024 * 1024:
        pytest.skip("larger than a message may be")
    before = live_server.memory_mb()
    answer = send_frame(camera, hostile.data)
    if answer["type"] == "error":
        codes = {code for _, code in hostile.answers} | {"IMAGE_TOO_LARGE"}
        assert answer["problem"]["error"]["code"] in codes
        assert answer["problem"]["instance"] == LIVE
        assert answer["problem"]["detail"]
    else:
        assert answer["type"] == "guidance"
    assert send_frame(camera, frame(drawn_face()))["type"] == "guidance"
    assert live_server.memory_mb() - before < 150


def test_hostile_frames_do_not_disturb_other_sockets(live_server: Server, camera: ClientConnection) -> None:
    stop = threading.Event()

    def attack() -> None:
        files = [hostile.data for hostile in hostile_images() if len(hostile.data) < 500_000]
        with connect_socket(live_server) as attacker:
            attacker.send(json.dumps({"type": "start"}))
            while not stop.is_set():
                for data in files[:20]:
                    attacker.send(data)
                    attacker.recv(timeout=60)
                    time.sleep(0.02)

    attacking = threading.Thread(target=attack)
    attacking.start()
    try:
        answers, last = read_live(camera, hand_held(drawn_face(), 300))
    finally:
        stop.set()
        attacking.join(30)
    assert last["type"] == "reading"
    assert {answer["type"] for answer in answers} == {"guidance"}


def test_of_frames_that_come_too_fast_the_newest_is_processed_and_slow_down_is_sent(
    camera: ClientConnection,
) -> None:
    data, answers = frame(real_face(), scale=0.5), []
    large = encoded(scenes.draw_face(1600, 1200, 250.0))

    def send() -> None:
        for number in range(300):
            camera.send(large if number < 299 else data)
            time.sleep(1 / 100)

    sending = threading.Thread(target=send)
    sending.start()
    while not answers or answers[-1].get("frame") != 300:
        answers.append(receive_message(camera))
    sending.join()
    processed = [answer["frame"] for answer in answers if answer["type"] == "guidance"]
    assert processed == sorted(processed)
    assert answers[-1]["skipped"] == 300 - len(processed)
    if answers[-1]["skipped"] > 200:
        rates = [answer["frames_per_second"] for answer in answers if answer["type"] == "slow_down"]
        assert rates
        assert all(1 <= rate <= 100 for rate in rates)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"type": "start", "birth_year": 2025}', "TOO_YOUNG"),
        ('{"type": "start", "birth_year": 1800}', "INVALID_BIRTH_YEAR"),
        ('{"type": "start", "birth_year": "1990"}', "VALIDATION_ERROR"),
        ('{"type": "start", "unknown": 1}', "VALIDATION_ERROR"),
        ("{", "INVALID_JSON"),
        ("[]", "INVALID_JSON"),
    ],
)
def test_an_invalid_message_gets_an_error_and_the_socket_stays_open(
    camera: ClientConnection, message: str, code: str
) -> None:
    assert send_frame(camera, message)["problem"]["error"]["code"] == code
    assert send_frame(camera, frame(drawn_face()))["type"] == "guidance"


def test_an_unknown_message_type_closes_the_socket_with_1003(camera: ClientConnection) -> None:
    answer = send_frame(camera, '{"type": "dance"}')
    assert answer["problem"]["error"]["code"] == "MESSAGE_TYPE_NOT_ACCEPTED"
    assert close_code(camera) == 1003


def logged_close_codes(server: Server) -> list[object]:
    """Return the close codes in the server's log."""
    return [line["code"] for line in server.events() if line["event"] == "socket.closed"]


def next_logged_close_code(server: Server, before: int) -> object:
    """Return the close code that the server logs after the first `before`, as a client that still sends may be cut off
    before it receives the close frame."""
    for _ in range(500):
        if len(codes := logged_close_codes(server)) > before:
            return codes[-1]
        time.sleep(0.02)
    raise AssertionError("no socket was closed")


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 17 * 1024 * 1024])
def test_a_message_that_is_too_large_closes_the_socket_with_1009(
    live_server: Server, camera: ClientConnection, size: int
) -> None:
    before = len(logged_close_codes(live_server))
    with pytest.raises(ConnectionClosed):  # noqa: PT012 - either of the two may raise it
        camera.send(bytes(size))
        camera.recv(timeout=60)
    assert next_logged_close_code(live_server, before) == 1009
    if size < 2 * 1024 * 1024:
        assert camera.close_code == 1009


def test_a_message_in_endless_fragments_closes_the_socket_with_1009(
    live_server: Server, camera: ClientConnection
) -> None:
    before = len(logged_close_codes(live_server))
    with pytest.raises(ConnectionClosed):
        camera.send(bytes(64 * 1024) for _ in range(1000))
    assert next_logged_close_code(live_server, before) == 1009


def test_compression_is_not_negotiated(live_server: Server) -> None:
    with connect_socket(live_server, compression="deflate") as camera:
        assert camera.protocol.extensions == []


def test_a_client_that_never_reads_does_not_block_others(live_server: Server, camera: ClientConnection) -> None:
    with connect_socket(live_server) as stalled:
        stalled.send(json.dumps({"type": "start"}))
        stalled.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        for data in hand_held(drawn_face(), 5):
            stalled.send(data)
        assert send_frame(camera, frame(drawn_face()))["type"] == "guidance"


def test_the_log_has_one_line_for_each_socket_and_no_ticket(live_server: Server) -> None:
    with live_server.client() as client:
        registration = {"email": "live@example.com", "username": "live", "password": "correct horse"}
        client.post("/api/v1/users/", json=registration)
        form = {"username": "live@example.com", "password": "correct horse"}
        token = client.post("/api/v1/auth/login", data=form).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        ticket = client.post("/api/v1/auth/tickets", headers=bearer).json()["ticket"]
    with connect_socket(
        live_server, f"{LIVE}?ticket={ticket}", additional_headers={"X-Request-ID": "one-socket"}
    ) as camera:
        assert receive_message(camera)["guest"] is False
    with connect_socket(live_server, additional_headers=bearer) as camera:
        assert receive_message(camera)["guest"] is False
    lines: list[dict[str, object]] = []
    for _ in range(500):  # the line is written after the client has closed
        lines = [event for event in live_server.events() if event.get("request_id") == "one-socket"]
        if lines:
            break
        time.sleep(0.02)
    log = live_server.log.read_text()
    assert ticket not in log
    assert token not in log
    assert "connection open" not in log
    (line,) = lines
    assert (line["event"], line["route"], line["code"]) == ("socket.closed", LIVE, 1000)
    assert str(line["caller"]).startswith("user:")


def test_a_stopping_server_closes_sockets_with_1012_and_exits(tmp_path: Path) -> None:
    with serving(tmp_path, ALLOW_GUESTS="true") as server, connect_socket(server) as camera:
        camera.send(frame(drawn_face()))
        assert receive_message(camera)["type"] == "hello"
        server.process.terminate()
        assert close_code(camera) == 1012
        assert server.process.wait(10) is not None
