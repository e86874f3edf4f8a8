"""Each endpoint's own limit of its body, and the default for the others."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from gwansang.api.body_limits import DEFAULT_BYTES, body_limit, body_rules
from gwansang.api.errors import error_response
from gwansang.core.middleware.body_budget import BodyBudget
from gwansang.core.middleware.body_gate import BodyGate
from tests.support.serving import application, client_of

pytestmark = pytest.mark.anyio
FRAMING = 64 * 1024
SIZES = {
    "max_json_bytes": 3000,
    "max_upload_bytes": 4000,
    "max_form_bytes": 5000,
    "max_video_bytes": 6000,
    "max_batch_bytes": 7000,
}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with application(**SIZES) as connected:
        yield connected


async def announced(client: httpx.AsyncClient, method: str, path: str, size: int) -> httpx.Response:
    return await client.request(method, path, headers={"Content-Length": str(size)})


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/auth/login", 8 * 1024),
        ("/analysis/face", 3000),
        ("/analysis/face/async", 3000),
        ("/analysis/face/upload", 5000 + FRAMING),
        ("/analysis/batch", 7000 + FRAMING),
        ("/analysis/video", 6000 + FRAMING),
        ("/celebrity/match", 3000),
        ("/celebrity/match/upload", 5000 + FRAMING),
        ("/celebrity/photos", 4000 + FRAMING),
        ("/celebrity/import", 7000 + FRAMING),
        ("/keys", DEFAULT_BYTES),
        ("/analysis/compare", DEFAULT_BYTES),
    ],
)
async def test_a_body_over_the_limit_of_its_endpoint_is_refused(
    client: httpx.AsyncClient, path: str, limit: int
) -> None:
    for variant in (path, f"{path}/"):
        refused = await announced(client, "POST", f"/api/v1{variant}", limit + 1)
        assert (refused.status_code, refused.json()["error"]["details"]) == (413, {"max_bytes": limit})
        assert (await announced(client, "POST", f"/api/v1{variant}", limit)).status_code != 413


async def test_a_limit_is_that_of_one_method(client: httpx.AsyncClient) -> None:
    refused = await announced(client, "PUT", "/api/v1/analysis/video", DEFAULT_BYTES + 1)
    assert refused.json()["error"]["details"] == {"max_bytes": DEFAULT_BYTES}


async def test_a_new_endpoint_has_the_default_unless_it_declares_a_limit() -> None:
    router = APIRouter(prefix="/things")

    @router.post("/{number:int}/undeclared")
    async def undeclared(number: int) -> None: ...

    @router.post("/{number:int}/declared")
    @body_limit("max_thing_bytes", 10, form=True)
    async def declared(number: int) -> None: ...

    app = FastAPI()
    app.include_router(router)
    gate = BodyGate(
        app,
        rules=tuple(body_rules([router], {"max_thing_bytes": 20})),
        default_max_bytes=30,
        timeout_s=1,
        budget=BodyBudget(max_bytes=1000, timeout_s=1),
        error_response=error_response,
    )
    async with client_of(gate) as client:
        for path, limit in (("/things/1/undeclared", 30), ("/things/1/declared", 20 + FRAMING)):
            assert (await announced(client, "POST", path, limit)).status_code == 200
            refused = await announced(client, "POST", path, limit + 1)
            assert (refused.status_code, refused.json()["error"]["details"]) == (413, {"max_bytes": limit})


def test_a_limit_of_an_unknown_setting_fails_at_start() -> None:
    router = APIRouter()

    @router.post("/misspelt")
    @body_limit("max_vidoe_bytes")
    async def misspelt() -> None: ...

    with pytest.raises(KeyError, match="max_vidoe_bytes"):
        list(body_rules([router], SIZES))
