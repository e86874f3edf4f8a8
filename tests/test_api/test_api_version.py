"""The version of the API on its answers, and the notice of calls that will end."""

from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from gwansang import main
from gwansang.api.deprecation import MIN_NOTICE, deprecated
from tests.support.serving import JSON_CALL, client_of, send_request, settings_for_tests

pytestmark = pytest.mark.anyio
NOTICE = {"since": date(2027, 1, 1), "sunset": date(2027, 7, 15), "explained_at": "https://example.com/changes"}
_router = APIRouter(prefix="/api/v1/old")


@_router.get("")
@deprecated(**NOTICE, successor="/api/v1/new")
async def old() -> str:
    """Answer as before."""
    return "old"


@_router.get("/{number:int}")
@deprecated(**NOTICE)
async def old_without_successor(number: int) -> int:
    """Answer as before."""
    return number


@_router.post("")
async def still_good() -> str:
    """Answer."""
    return "good"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/openapi.json", 200),
        ("HEAD", "/api/v1/openapi.json", 200),
        ("GET", "/api/v1/users/me", 401),
        ("GET", "/api/v1/nowhere", 404),
        ("DELETE", JSON_CALL, 405),
    ],
)
def test_every_answer_of_the_api_has_its_version(method: str, path: str, status: int) -> None:
    answer = send_request(method, path, headers={"Origin": "https://app.example"}, app={"cors_origins": ("*",)})
    assert (answer.status_code, answer.headers["api-version"]) == (status, "1")
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {"API-Version", "Deprecation", "Sunset", "Link"} <= set(exposed)
    assert not {"deprecation", "sunset", "link"} & set(answer.headers)


@pytest.mark.parametrize("path", ["/health", "/", "/apiary"])
def test_other_answers_have_no_version_of_the_api(path: str) -> None:
    assert "api-version" not in send_request("GET", path).headers


async def test_answers_of_a_deprecated_call_say_since_when_until_when_and_what_to_call_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(main, "ROUTERS", (*main.ROUTERS, _router))
    app = main.create_app(settings_for_tests())
    async with client_of(app) as client:
        for answer in (await client.get("/api/v1/old"), await client.head("/api/v1/old")):
            assert answer.headers["deprecation"] == f"@{datetime(2027, 1, 1, tzinfo=UTC).timestamp():.0f}"
            assert parsedate_to_datetime(answer.headers["sunset"]) == datetime(2027, 7, 15, tzinfo=UTC)
            assert answer.headers.get_list("link") == [
                '<https://example.com/changes>; rel="deprecation"; type="text/html"',
                '</api/v1/new>; rel="successor-version"',
            ]
        assert len((await client.get("/api/v1/old/1")).headers.get_list("link")) == 1
        assert "deprecation" not in (await client.post("/api/v1/old")).headers
    document = app.openapi()["paths"]
    assert document["/api/v1/old"]["get"]["deprecated"] is True
    assert document["/api/v1/old/{number}"]["get"]["deprecated"] is True
    assert "deprecated" not in document["/api/v1/old"]["post"]


def test_a_call_can_not_end_sooner_than_promised() -> None:
    with pytest.raises(ValueError, match="184 days"):
        deprecated(since=date(2027, 1, 1), sunset=date(2027, 7, 1), explained_at="/docs")
    assert MIN_NOTICE.days >= 184


def test_no_call_is_marked_deprecated_in_another_way() -> None:
    routes = [route for router in main.ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    assert [route.path for route in routes if route.deprecated] == []
