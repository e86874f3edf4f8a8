"""The Python client sends a call again only if that is safe; a small real server answers as each test says."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gwansang_client import (
    AsyncGwansangClient,
    ConnectionFailedError,
    GwansangClient,
    RateLimitedError,
    RetryPolicy,
    ServiceError,
    UnexpectedAnswerError,
    models,
)

OK, BUSY, LIMITED, BROKEN, LOST, UNSURE = "ok", "busy", "limited", "broken", "lost", "unsure"
ANSWERS = {
    OK: (200, b""),
    BUSY: (503, b"QUEUE_FULL"),
    LIMITED: (429, b"RATE_LIMITED"),
    BROKEN: (502, b""),
    UNSURE: (503, b"DATABASE_UNAVAILABLE"),
}
PROBLEM = b'{"status": %d, "detail": "later", "request_id": "r1", "error": {"code": "%s", "message": "later"}}'
TASK = b"""{"task_id": "0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10", "kind": "batch", "status": "new to this client",
 "stage": null, "progress": 0, "version": 1, "created_at": "2026-12-01T00:00:00Z", "started_at": null,
 "finished_at": null, "expires_at": null, "error": null, "result": null, "a_field_of_tomorrow": [1]}"""


@dataclass
class Stub:
    """A server that plays a script; what it got is in `requests`: method, and the key of a creating call."""

    script: list[str]
    port: int = 0
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def playing(*script: str) -> Iterator[Stub]:
    stub = Stub(list(script))

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            stub.requests.append((self.command, self.headers.get("Idempotency-Key")))
            step = stub.script.pop(0)
            if step == LOST:
                self.close_connection = True
                return
            status, code = ANSWERS[step]
            body = TASK if step == OK else PROBLEM % (status, code) if step != BROKEN else b"<html>bad gateway</html>"
            self.send_response(status)
            if step in (BUSY, LIMITED, UNSURE):
                self.send_header("Retry-After", "3600" if step == LIMITED else "0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815  # the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stub.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()


Use = Callable[[GwansangClient], object]


def read(client: GwansangClient) -> models.TaskOut:
    return client.read_task("0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10")


def match(client: GwansangClient) -> object:
    return client.match_uploaded_face(b"photo")  # takes no Idempotency-Key


def analyze(client: GwansangClient) -> object:
    return client.analyze_uploaded_face(b"photo")


def submit(client: GwansangClient) -> object:
    return client.analyze_batch(b"photo")


def forget(client: GwansangClient) -> object:
    return client.forget_profile()


def client_of(stub: Stub) -> GwansangClient:
    return GwansangClient(stub.url, api_key="gsk_test", trust_env=False, retries=RetryPolicy(attempts=3))


@pytest.mark.parametrize("use", [read, analyze, submit])
def test_a_call_whose_answer_is_lost_is_sent_again_if_that_is_harmless(use: Use) -> None:
    with playing(LOST, UNSURE, OK) as stub, client_of(stub) as client, suppress(UnexpectedAnswerError):
        use(client)  # the answer is that of a task
    assert len(stub.requests) == 3
    assert len(set(stub.requests)) == 1  # with the same key


@pytest.mark.parametrize("use", [match, forget])
@pytest.mark.parametrize(
    ("step", "error"), [(LOST, ConnectionFailedError), (BROKEN, ServiceError), (UNSURE, ServiceError)]
)
def test_a_call_that_may_have_had_its_effect_is_not_sent_again(use: Use, step: str, error: type[Exception]) -> None:
    with playing(step) as stub, client_of(stub) as client, pytest.raises(error):
        use(client)
    assert len(stub.requests) == 1


def test_a_refused_call_is_sent_again_after_the_pause_that_the_service_asks_for() -> None:
    with playing(BUSY, BUSY, OK) as stub, client_of(stub) as client, pytest.raises(UnexpectedAnswerError):
        match(client)  # the answer is that of a task
    assert len(stub.requests) == 3


def test_a_refusal_for_long_and_the_last_of_many_are_raised() -> None:
    with playing(LIMITED) as stub, client_of(stub) as client, pytest.raises(RateLimitedError) as limited:
        read(client)
    assert (limited.value.retry_after, limited.value.code, limited.value.request_id) == (3600, "RATE_LIMITED", "r1")
    with playing(BUSY, BUSY, BUSY) as stub, client_of(stub) as client, pytest.raises(ServiceError):
        read(client)
    assert stub.script == []


def test_a_service_that_is_not_there_is_a_typed_error() -> None:
    with playing() as stub:
        gone = stub.url
    client = GwansangClient(gone, trust_env=False, retries=RetryPolicy(attempts=2))
    with client, pytest.raises(ConnectionFailedError, match="check_health"):
        client.check_health()


def test_the_asynchronous_client_goes_by_the_same_rules() -> None:
    async def calls(url: str) -> models.TaskOut:
        async with AsyncGwansangClient(url, api_key="gsk_test", trust_env=False) as client:
            with pytest.raises(ConnectionFailedError):
                await client.match_uploaded_face(b"photo")
            return await client.read_task("0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10")

    with playing(LOST, LOST, BUSY, OK) as stub:
        task = asyncio.run(calls(stub.url))
    assert [method for method, _ in stub.requests] == ["POST", "GET", "GET", "GET"]
    assert task.created_at.year == 2026


def test_what_a_newer_service_adds_does_not_break_an_answer() -> None:
    with playing(OK) as stub, client_of(stub) as client:
        assert read(client).status == "new to this client"  # type: ignore[comparison-overlap]
