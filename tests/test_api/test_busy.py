"""More photos than the service can take: some are queued, the others get Retry-After, and memory is released."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from starlette.types import ASGIApp, Message

from gwansang.services.ml.face_analyzer import FaceVision
from tests.support.fakes import FakeVision, Gate
from tests.support.photos import drawn_portrait
from tests.support.serving import UPLOAD_CALL, Server, application, client_of, run_app

pytestmark = pytest.mark.anyio


def looking_through(gate: Gate) -> Callable[[], FaceVision]:
    return lambda: FakeVision(gate)


async def not_ready(client: httpx.AsyncClient) -> httpx.Response:
    """Return the first refusal of the readiness check."""
    for _ in range(500):
        if (answer := await client.get("/health/ready")).status_code != 200:
            return answer
        await asyncio.sleep(0.01)
    raise AssertionError("it stayed ready")


async def test_a_full_queue_is_a_503_with_retry_after_and_readiness_fails_too() -> None:
    gate = Gate()
    async with application(looking_through(gate), inference_queue=2) as client:
        waiting = [asyncio.create_task(client.post(UPLOAD_CALL, files={"file": b"a photo"})) for _ in range(3)]
        await asyncio.to_thread(gate.reached.wait)
        ready = await not_ready(client)
        refused = await client.post(UPLOAD_CALL, files={"file": b"a photo"})
        live = await client.get("/health/live")
        gate.open()
        accepted = await asyncio.gather(*waiting)
        ready_again = await client.get("/health/ready")
    assert [answer.status_code for answer in (refused, ready)] == [503, 503]
    assert refused.json()["error"]["code"] == ready.json()["error"]["code"] == "QUEUE_FULL"
    assert int(refused.headers["retry-after"]) == refused.json()["error"]["details"]["retry_after_s"] >= 1
    assert refused.headers["retry-after"] in refused.json()["detail"]
    assert live.json() == {"status": "healthy"}
    assert [answer.status_code for answer in accepted] == [200, 200, 200]
    assert ready_again.json() == {"status": "ready"}


async def test_a_photo_that_takes_too_long_times_out_and_the_next_one_is_read() -> None:
    gate = Gate()
    looks = iter([gate])

    def observe(photo: bytes) -> object:
        return next(looks, len)(photo)

    async with application(lambda: FakeVision(observe), inference_timeout_s=0.2) as client:
        given_up = await client.post(UPLOAD_CALL, files={"file": b"a photo"})
        gate.open()
        next_one = await client.post(UPLOAD_CALL, files={"file": b"a photo"})
    assert (given_up.status_code, given_up.json()["error"]["code"]) == (503, "INFERENCE_TIMEOUT")
    assert "retry-after" in given_up.headers
    assert next_one.status_code == 200


async def test_the_photo_of_a_client_that_disconnected_while_queued_is_not_read() -> None:
    gate, read = Gate(), []

    def observe(photo: bytes) -> None:
        read.append(photo)
        gate()

    async with run_app(lambda: FakeVision(observe)) as app, client_of(app) as client:
        staying = asyncio.create_task(client.post(UPLOAD_CALL, files={"file": b"stays"}))
        await asyncio.to_thread(gate.reached.wait)
        disconnected = asyncio.Event()
        leaving = asyncio.create_task(send_and_leave(app, b"leaves", disconnected))
        await disconnected.wait()
        gate.open()
        assert (await staying).status_code == 200
        assert await leaving == []
    assert read == [b"stays"]


async def send_and_leave(app: ASGIApp, photo: bytes, disconnected: asyncio.Event) -> list[Message]:
    """Upload a photo, disconnect, and return the messages that were sent nevertheless."""
    form = httpx.Request("POST", f"http://test{UPLOAD_CALL}", files={"file": photo})
    messages: list[Message] = [
        {"type": "http.request", "body": form.read(), "more_body": False},
        {"type": "http.disconnect"},
    ]
    answered: list[Message] = []

    async def receive() -> Message:
        message = messages.pop(0)
        if not messages:
            disconnected.set()
        return message

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": UPLOAD_CALL,
        "query_string": b"",
        "headers": [(name.lower(), value) for name, value in form.headers.raw],
    }
    await app(scope, receive, send)
    return answered


async def test_hundreds_of_photos_at_once_are_read_or_refused_and_their_memory_is_released(server: Server) -> None:
    form = httpx.Request("POST", server.url, files={"file": ("x.jpg", drawn_portrait())})
    body, headers = form.read(), {"Content-Type": form.headers["content-type"]}
    before_mb = server.memory_mb()
    limits = httpx.Limits(max_connections=150, max_keepalive_connections=0)  # no race with the server's keep-alive
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60, limits=limits) as client:
        posts = (client.post(UPLOAD_CALL, content=body, headers=headers) for _ in range(250))
        answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert sum(answer.status_code == 200 for answer in answers) > 66
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 503)
    assert server.memory_mb() - before_mb < 200
