"""The trace id of a caller, in the log lines of requests and tasks without tracing."""

import asyncio
import base64
import json
import time
from collections.abc import Callable

import pytest

from gwansang.core.tracing import TracePosition
from tests.support.otlp import CALLER, PATIENCE_S, SAMPLED, TRACE
from tests.support.people import person
from tests.support.photos import drawn_portrait
from tests.support.serving import Server, client_of, run_app

pytestmark = pytest.mark.anyio

MARK = "s3cr3t-mark"
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FACE_ASYNC = "/api/v1/analysis/face/async"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def traced_lines(server: Server, request_id: str) -> list[object]:
    return [event.get("trace_id") for event in server.events() if event.get("request_id") == request_id]


@pytest.mark.parametrize(
    ("traceparent", "trace_id"),
    [
        (SAMPLED["traceparent"], TRACE),
        (f"cc-{TRACE}-{CALLER}-01-what-the-future-will-be-like", TRACE),
        (f"00-{TRACE}-{CALLER}-01-more", None),
        (f"ff-{TRACE}-{CALLER}-01", None),
        (f"00-{'0' * 32}-{CALLER}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{CALLER}-01", None),
        (MARK, None),
        ("", None),
    ],
)
def test_a_valid_trace_id_is_in_the_log_lines_of_a_request_without_tracing(
    server: Server, traceparent: str, trace_id: str | None
) -> None:
    name = f"trace-{abs(hash(traceparent)) % 10**9}"
    with server.client() as client:
        client.get("/problems", headers={"traceparent": traceparent, "X-Request-ID": name})
        client.get("/problems", headers={"X-Request-ID": f"{name}-after"})
    wait_until(lambda: bool(traced_lines(server, f"{name}-after")))
    assert traced_lines(server, name) == [trace_id]
    assert traced_lines(server, f"{name}-after") == [None]


@ONE_DATABASE
async def test_the_trace_id_is_in_the_log_lines_of_a_task_without_tracing(
    database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with run_app(database_url=database_url, log_level="INFO") as app, client_of(app) as client:
        someone = await person(client, "minji")
        await someone.agree("history")
        body = {"image": base64.b64encode(drawn_portrait()).decode()}
        submitted = await someone.client.post(FACE_ASYNC, json=body, headers={**someone.bearer, **SAMPLED})
        path = f"/analysis/tasks/{submitted.json()['task_id']}"
        async with asyncio.timeout(PATIENCE_S):
            while (await someone.call("GET", path)).json()["status"] != "done":  # noqa: ASYNC110 - as clients poll
                await asyncio.sleep(0.02)
    events = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    traced = {event["event"] for event in events if event.get("trace_id") == TRACE}
    assert traced == {"http.request", "task.submitted", "task.ended"}


def test_a_position_is_written_as_it_was_read() -> None:
    position = TracePosition.parse(SAMPLED["traceparent"])
    assert position is not None
    assert position.traceparent == SAMPLED["traceparent"]
