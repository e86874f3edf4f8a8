"""Metrics: for operators only, with labels that no caller can invent."""

import asyncio
import base64
import re
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.fakes import FakeVision, Gate
from tests.support.people import person
from tests.support.photos import drawn_portrait
from tests.support.serving import UPLOAD_CALL, application, run_app

pytestmark = pytest.mark.anyio
TOKEN = "a token of operators"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scraped(client: httpx.AsyncClient, **headers: str) -> Samples:
    answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


async def when_pending(client: httpx.AsyncClient, count: int) -> Samples:
    """Return the first scrape with this number of photos."""
    for _ in range(500):
        samples = await scraped(client)
        if value(samples, "gwansang_inference_pending") == count:
            return samples
    raise AssertionError(f"there were never {count} photos pending")


async def test_requests_are_counted_and_timed_by_route_method_and_status() -> None:
    async with application() as client:
        for _ in range(3):
            await client.get("/health")
        await client.get(f"/api/v1/analysis/{uuid4()}")
        samples = await scraped(client)
    assert value(samples, "gwansang_http_requests_total", route="/health", method="GET", status="200") == 3
    template = "/api/v1/analysis/{analysis_id:uuid}"
    assert value(samples, "gwansang_http_requests_total", route=template, method="GET", status="401") == 1
    assert value(samples, "gwansang_http_request_seconds_count", route="/health", method="GET") == 3
    assert value(samples, "gwansang_http_requests_in_flight") == 1  # the scrape itself


async def test_no_path_method_or_header_of_a_caller_adds_a_time_series() -> None:
    async with application() as client:
        await client.get("/x/first")
        await client.request("BREW", "/health")
        await client.get("/metrics")
        before = set(await scraped(client))
        for _ in range(150):
            await client.get(f"/x/{uuid4()}")
            await client.get(f"/api/v1/files/{uuid4()}")
            await client.request(f"BREW{uuid4().hex[:6].upper()}", "/health")
            await client.get(f"/health?{uuid4()}", headers={"User-Agent": str(uuid4()), "Host": f"{uuid4()}.example"})
        after = set(await scraped(client))
    new = {labels for name, labels in after - before if name == "gwansang_http_requests_total"}
    assert new == {
        frozenset({("route", "/api/v1/files/{token}"), ("method", "GET"), ("status", "404")}),
        frozenset({("route", "/health"), ("method", "GET"), ("status", "200")}),
    }
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", str(after))


async def test_the_stages_of_a_reading_and_the_queue_are_measured() -> None:
    gate = Gate()
    async with application(lambda: FakeVision(gate)) as client:
        files = {"file": ("a.jpg", b"photo", "image/jpeg")}
        reading = [asyncio.create_task(client.post(UPLOAD_CALL, files=files)) for _ in range(3)]
        during = await when_pending(client, 3)
        gate.open()
        assert {(await answer).status_code for answer in reading} == {200}
        after = await scraped(client)
    assert value(during, "gwansang_inference_waiting") == 2
    assert value(during, "gwansang_inference_oldest_waiting_seconds") > 0
    assert value(after, "gwansang_inference_pending") == value(after, "gwansang_inference_waiting") == 0
    assert value(after, "gwansang_inference_seconds_count", stage="reading") == 3


async def test_jobs_are_counted_by_kind_and_state_with_the_age_of_the_oldest() -> None:
    async with application(jobs_concurrency=0) as client:
        someone = await person(client)
        photo = base64.b64encode(drawn_portrait()).decode()
        accepted = await someone.call("POST", "/analysis/face/async", json={"image": photo})
        assert accepted.status_code == 202, accepted.text
        samples = await scraped(client)
    assert value(samples, "gwansang_jobs", kind="face", state="queued") == 1
    assert value(samples, "gwansang_jobs_oldest_queued_seconds") >= 0
    assert value(samples, "gwansang_database_up") == 1
    assert value(samples, "gwansang_storage_errors_total") == 0


def sent_from(host: str | None) -> tuple[str, int] | None:
    return None if host is None else (host, 5000)


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.9", {}, 404),
        ("10.0.0.7", {}, 404),
        (None, {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 404),
        ("127.0.0.1", {"X-Real-IP": "203.0.113.9"}, 404),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 404),
    ],
)
async def test_without_a_configured_token_only_local_requests_see_metrics(
    peer: str | None, headers: dict[str, str], status: int
) -> None:
    async with run_app() as app:
        transport = httpx.ASGITransport(app, client=sent_from(peer))  # type: ignore[arg-type]  # None for an unknown peer
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/metrics", headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("Authorization", f"Bearer {TOKEN}")], 200),
        ([], 404),
        ([("Authorization", "Bearer another token of operators")], 404),
        ([("Authorization", TOKEN)], 404),
        ([("Authorization", f"Bearer {TOKEN}"), ("Authorization", f"Bearer {TOKEN}")], 404),
        ([("Authorization", f"Bearer {TOKEN}"), ("X-Forwarded-For", "203.0.113.9")], 200),
    ],
)
async def test_with_a_configured_token_metrics_need_it(headers: list[tuple[str, str]], status: int) -> None:
    async with application(metrics_token=TOKEN) as client:
        assert (await client.get("/metrics", headers=headers)).status_code == status


async def test_refused_metrics_look_like_an_unknown_path() -> None:
    async with application(metrics_token=TOKEN) as client:
        someone = await person(client)
        refused = await client.get("/metrics", headers=someone.bearer)
        nothing = await client.get("/nothing", headers=someone.bearer)
    problems = [{**answer.json(), "instance": "", "request_id": ""} for answer in (refused, nothing)]
    assert problems[0] == problems[1]
