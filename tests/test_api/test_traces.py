"""Traces: a request, its work in the pool and the task that it submits are one trace; nothing of people is in it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import NoReturn

import httpx
import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from gwansang.container.tracing import open_tracer
from gwansang.core.middleware.traces import Traces
from gwansang.vision.errors import NoFaceError
from tests.support.fakes import FakeVision
from tests.support.otlp import CALLER, SAMPLED, TRACE, OtlpReceiver, ReceivedSpan, receiving
from tests.support.people import Person, person
from tests.support.photos import drawn_portrait
from tests.support.serving import UPLOAD_CALL, client_of, run_app, settings_for_tests

pytestmark = pytest.mark.anyio

MARK = "s3cr3t-mark"
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FACE_ASYNC = "/api/v1/analysis/face/async"
FACELESS = b"\xff\xd8 a wall"


def refuse_faceless(photo: bytes) -> None:
    if photo == FACELESS:
        raise NoFaceError("No face was found in the photo.")


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[OtlpReceiver]:
    with receiving() as listening:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", listening.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        yield listening


@pytest.fixture
async def client(receiver: OtlpReceiver, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service whose traces go to the receiver."""
    endpoint = {"otel_exporter_otlp_endpoint": receiver.url}
    async with (
        run_app(lambda: FakeVision(refuse_faceless), database_url=database_url, **endpoint) as app,
        client_of(app) as connected,
    ):
        yield connected


@pytest.fixture
async def minji(client: httpx.AsyncClient) -> Person:
    someone = await person(client, "minji")
    await someone.agree("history")
    return someone


async def upload(client: httpx.AsyncClient, photo: bytes = b"", **request: object) -> httpx.Response:
    files = {"file": (f"{MARK}.jpg", photo or drawn_portrait(), "image/jpeg")}
    return await client.post(UPLOAD_CALL, files=files, **request)


async def wait_for(receiver: OtlpReceiver, name: str) -> ReceivedSpan:
    return await asyncio.to_thread(receiver.wait_for, name)


@ONE_DATABASE
async def test_a_request_is_one_trace_with_its_work_in_the_pool(
    client: httpx.AsyncClient, receiver: OtlpReceiver
) -> None:
    assert (await upload(client, headers=SAMPLED)).status_code == 200
    request = await wait_for(receiver, f"POST {UPLOAD_CALL}")
    assert (request.service, request.trace_id, request.parent_id) == ("gwansang", TRACE, CALLER)
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": UPLOAD_CALL,
        "http.response.status_code": 200,
    }
    inside = await wait_for(receiver, "inference")
    assert (inside.trace_id, inside.parent_id) == (TRACE, request.span_id)
    assert set(inside.attributes) == {"gwansang.inference.waited_s"}


async def test_a_request_without_an_answer_has_no_status(receiver: OtlpReceiver) -> None:
    async def leave(scope: Scope, receive: Receive, send: Send) -> None:
        raise ClientDisconnect

    async def unused(*_: object) -> NoReturn:
        raise AssertionError

    async with open_tracer(settings_for_tests(otel_exporter_otlp_endpoint=receiver.url)) as tracer:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "state": {"tracer": tracer}}
        with pytest.raises(ClientDisconnect):
            await Traces(leave)(scope, unused, unused)
    (request,) = receiver.spans
    assert request.attributes["http.request.method"] == "GET"
    assert "http.response.status_code" not in request.attributes


@ONE_DATABASE
async def test_a_refusal_by_the_pool_names_the_error_and_the_request_is_no_fault(
    client: httpx.AsyncClient, receiver: OtlpReceiver
) -> None:
    assert (await upload(client, FACELESS, headers=SAMPLED)).status_code == 422
    request = await wait_for(receiver, f"POST {UPLOAD_CALL}")
    assert (request.attributes["http.response.status_code"], request.failed) == (422, False)
    failed = [span for span in receiver.spans if span.failed]
    assert {span.attributes["error.type"] for span in failed} == {"NO_FACE"}


@ONE_DATABASE
async def test_a_task_is_part_of_the_trace_of_its_request(minji: Person, receiver: OtlpReceiver) -> None:
    files = [("file", ("a.jpg", drawn_portrait(), "image/jpeg")), ("file", ("b.jpg", FACELESS, "image/jpeg"))]
    headers = {**minji.bearer, **SAMPLED}
    submitted = await minji.client.post("/api/v1/analysis/batch", files=files, headers=headers)
    assert submitted.status_code == 202, submitted.text
    request = await wait_for(receiver, "POST /api/v1/analysis/batch")
    task = await wait_for(receiver, "task batch")
    assert (task.trace_id, task.parent_id) == (TRACE, request.span_id)
    assert task.attributes == {"gwansang.task.kind": "batch"}
    parts = [span.name for span in receiver.spans if span.parent_id == task.span_id]
    assert parts == ["plan", "step", "step", "finish"]
    steps = {span.span_id for span in receiver.spans if span.name == "step"}
    assert steps & {span.parent_id for span in receiver.spans if span.name == "inference"}


@ONE_DATABASE
async def test_a_task_that_fails_is_marked_with_its_code(minji: Person, receiver: OtlpReceiver) -> None:
    body = {"landmarks": [[0.5, 0.5, 0.0]] * 478, "image_width": 100, "image_height": 100}
    submitted = await minji.client.post(FACE_ASYNC, json=body, headers={**minji.bearer, **SAMPLED})
    assert submitted.status_code == 202, submitted.text
    task = await wait_for(receiver, "task face")
    status = (await minji.call("GET", f"/analysis/tasks/{submitted.json()['task_id']}")).json()
    assert task.failed
    assert task.attributes["error.type"] == status["error"]["code"]


@ONE_DATABASE
async def test_nothing_of_a_person_is_in_a_span(minji: Person, receiver: OtlpReceiver) -> None:
    params = {"locale": MARK, "api_key": MARK}
    await upload(
        minji.client, headers={**minji.bearer, "User-Agent": MARK, "X-Forwarded-For": "192.0.2.77"}, params=params
    )
    await minji.client.get(f"/nowhere/{MARK}?x={MARK}")
    await minji.client.get(f"/api/v1/analysis/{MARK}", headers=minji.bearer)
    await wait_for(receiver, "GET unmatched")
    sent = b"".join(receiver.bodies)
    for secret in (MARK, "minji", "192.0.2.77", "127.0.0.1", minji.bearer["Authorization"].split()[1]):
        assert secret.encode() not in sent


@ONE_DATABASE
async def test_probes_leave_no_spans(client: httpx.AsyncClient, receiver: OtlpReceiver) -> None:
    for path in ("/health/live", "/health/ready", "/metrics"):
        await client.get(path, headers=SAMPLED)
    await client.get("/problems")
    await wait_for(receiver, "GET /problems")
    assert {span.name for span in receiver.spans} == {"GET /problems"}


@ONE_DATABASE
async def test_what_the_caller_does_not_record_is_not_recorded(
    client: httpx.AsyncClient, receiver: OtlpReceiver
) -> None:
    assert (await upload(client, headers={"traceparent": f"00-{TRACE}-{CALLER}-00"})).status_code == 200
    await client.get("/problems")
    await wait_for(receiver, "GET /problems")
    assert TRACE not in {span.trace_id for span in receiver.spans}
