"""API_V1_PREFIX: every path of the API works below a second prefix, with the same limits, and below its own."""

import io

import pytest
from fastapi.routing import iter_route_contexts

from gwansang.config.fields import check_api_prefix
from gwansang.main import create_app
from tests.support.photos import drawn_portrait
from tests.support.serving import UPLOAD_CALL, application, client_of, run_app, settings_for_tests
from tests.support.sockets import LIVE, accepted_socket

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("prefix", ["/v1", "/api", "/api/v2/", "/face/api"])
async def test_calls_work_below_both_prefixes(prefix: str) -> None:
    async with application(api_v1_prefix=prefix.rstrip("/")) as client:
        for begin in (prefix.rstrip("/"), "/api/v1"):
            files = {"file": ("a.jpg", drawn_portrait(), "image/jpeg")}
            answer = await client.post(UPLOAD_CALL.replace("/api/v1", begin), files=files)
            assert (answer.status_code, "title" in answer.json()) == (200, True), begin
            document = (await client.get(f"{begin}/openapi.json")).json()
            assert UPLOAD_CALL in document["paths"]
        assert (await client.get(f"{prefix.rstrip('/')}x/openapi.json")).status_code == 404
        assert (await client.get("/health/live")).status_code == 200


async def test_limits_and_headers_are_those_of_the_api() -> None:
    async with application(api_v1_prefix="/v1", max_upload_bytes=2048, address_calls_per_minute=2) as client:
        files = {"file": ("a.jpg", io.BytesIO(bytes(200_000)), "image/jpeg")}
        answer = await client.post("/v1/analysis/face/upload", files=files)
        assert (answer.status_code, answer.json()["error"]["code"]) == (
            413,
            "FILE_TOO_LARGE",
        )  # of a body that most calls may not have
        assert answer.headers["Cache-Control"] == "private, no-store"
        statuses = [(await client.get(f"{begin}/consents")).status_code for begin in ("/v1", "/api/v1", "/v1")]
        assert statuses[-1] == 429


async def test_sockets_open_below_both_prefixes() -> None:
    async with run_app(api_v1_prefix="/v1") as app:
        for path in (LIVE, LIVE.replace("/api/v1", "/v1")):
            async with accepted_socket(app, path) as socket:
                socket.leave()


async def test_by_default_there_is_no_other_prefix() -> None:
    async with run_app() as app, client_of(app) as client:
        assert (await client.get("/v1/privacy/notice")).status_code == 404


def test_a_prefix_hides_no_path_of_the_service() -> None:
    app = create_app(settings_for_tests())
    paths = {(context.path or "/").split("/")[1] for context in iter_route_contexts(app.routes)}
    others = {path for path in paths if path and "." not in path} - {"api"}  # a file has no paths below it
    assert {"admin", "dev", "docs", "health", "s"} <= others
    for path in sorted(others):
        with pytest.raises(ValueError, match="the service has other paths there"):
            check_api_prefix(f"/{path}/v1")
