"""The OpenAPI document and the documentation pages."""

import re
import time
from typing import Any

import pytest

from tests.support.serving import application, send_request

OUTSIDE = re.compile(r"""(?:src|href|url|spec-url|data-openapi)\s*=\s*["']?\s*(?:https?:)?//""", re.IGNORECASE)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return send_request("GET", "/api/v1/openapi.json").json()


def test_the_main_calls_are_documented(schema: dict[str, Any]) -> None:
    assert set(schema["paths"]) >= {
        "/api/v1/analysis/face",
        "/api/v1/analysis/face/upload",
        "/health",
        "/health/live",
        "/health/ready",
    }


def test_every_reference_resolves_and_the_frameworks_error_model_is_not_used(schema: dict[str, Any]) -> None:
    names = set(re.findall(r"#/components/schemas/(\w+)", str(schema)))
    assert names <= set(schema["components"]["schemas"])
    assert "HTTPValidationError" not in names


def test_both_calls_describe_their_bodies_with_examples(schema: dict[str, Any]) -> None:
    json_body = schema["paths"]["/api/v1/analysis/face"]["post"]["requestBody"]["content"]["application/json"]
    form = schema["paths"]["/api/v1/analysis/face/upload"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert set(json_body["examples"]) == {"photo", "landmarks"}
    assert json_body["schema"] == {"$ref": "#/components/schemas/FaceRequest"}
    fields = schema["components"]["schemas"]["FaceRequest"]["properties"]
    assert set(fields) >= {"image", "landmarks", "birth_year", "locale"}
    assert form["schema"]["required"] == ["file"]


def test_the_description_of_a_form_has_the_sizes_of_the_settings() -> None:
    sizes = {"max_upload_bytes": 3 * 2**20, "max_video_bytes": 2**19}
    paths = send_request("GET", "/api/v1/openapi.json", app=sizes).json()["paths"]
    for call, text in (
        ("face/upload", "each up to 3 MB, together up to 25 MB."),
        ("batch", "each up to 3 MB, together up to 100 MB."),
        ("video", "up to 0.5 MB, 30 seconds"),
    ):
        form = paths[f"/api/v1/analysis/{call}"]["post"]["requestBody"]["content"]["multipart/form-data"]
        assert text in form["schema"]["properties"]["file"]["description"]


@pytest.mark.parametrize("path", ["/api/v1/analysis/face", "/api/v1/analysis/face/upload"])
def test_the_statuses_of_the_contract_are_documented_as_problems(schema: dict[str, Any], path: str) -> None:
    responses = schema["paths"][path]["post"]["responses"]
    assert set(responses) == {"200", "400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "503"}
    for status in set(responses) - {"200"}:
        assert set(responses[status]["content"]) == {"application/problem+json"}
        assert responses[status]["content"]["application/problem+json"]["examples"]


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_a_documentation_page_needs_no_other_host_and_its_assets_are_served(page: str) -> None:
    answer = send_request("GET", page)
    assert answer.status_code == 200
    assert not OUTSIDE.search(answer.text)
    named = re.findall(r'(?:src|href|spec-url|data-openapi)="([^"]+)"', answer.text)
    assert len(named) >= 3
    for path in named:
        assert send_request("GET", path).status_code == 200, path


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_a_documentation_page_runs_no_inline_script(page: str) -> None:
    answer = send_request("GET", page)
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/api/v1/openapi.json", "/docs/assets/swagger-ui.css"])
def test_the_documentation_can_be_switched_off(path: str) -> None:
    assert send_request("GET", path, app={"public_docs": False}).status_code == 404


@pytest.mark.anyio
async def test_a_hundred_thousand_ranges_cost_the_event_loop_little() -> None:
    ranges = "bytes=" + ",".join(f"{start}-{start}" for start in range(0, 200_000, 2))
    async with application() as client:
        await client.get("/docs/assets/favicon.png")  # what is loaded once
        started = time.thread_time()
        answer = await client.get("/docs/assets/favicon.png", headers={"Range": ranges})
        took_s = time.thread_time() - started
    assert answer.status_code in (200, 400, 416)
    assert took_s < 0.2


def test_every_call_has_a_summary_a_sentence_its_errors_and_the_scope_it_needs(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            call = f"{method} {path}"
            assert operation["summary"], call
            assert operation["description"].endswith("."), call
            refused = {status for status in operation["responses"] if status >= "400"}
            if path.startswith("/api/"):
                assert {"429", "503"} <= refused, call
            if operation.get("security"):
                assert {"401", "403"} <= refused, call
                scope = operation["security"][0]["AccessToken"]
                assert f"Needs the scope `{scope[0]}`" in operation["description"], call
                names = {name for requirement in operation["security"] for name in requirement}
                assert all(requirement.get("ApiKey", []) == [] for requirement in operation["security"]), call
                assert names == ({"AccessToken"} if scope[0] in ("account", "admin") else {"AccessToken", "ApiKey"})


def test_every_scope_is_described(schema: dict[str, Any]) -> None:
    flow = schema["components"]["securitySchemes"]["AccessToken"]["flows"]["password"]
    used = {
        scope
        for operations in schema["paths"].values()
        for operation in operations.values()
        for requirement in operation.get("security", [])
        for scopes in requirement.values()
        for scope in scopes
    }
    assert used <= set(flow["scopes"])
    assert flow["tokenUrl"] == "/api/v1/auth/login"


def test_names_of_calls_are_those_of_functions_and_unique(schema: dict[str, Any]) -> None:
    names = [operation["operationId"] for operations in schema["paths"].values() for operation in operations.values()]
    assert len(names) == len(set(names))
    assert {"register", "login", "analyze_face", "read_fortune"} <= set(names)


def shows(part: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Return whether a schema has an example, or all of its parts have one."""
    if "$ref" in part:
        return shows(schemas[part["$ref"].rpartition("/")[2]], schemas)
    if {"examples", "example", "const", "default", "enum"} & set(part):
        return True
    if "properties" in part:
        return all(shows(child, schemas) for child in part["properties"].values())
    inner = [*part.get("anyOf", []), *([part["items"]] if "items" in part else [])]
    return any(shows(child, schemas) for child in inner)


def test_every_body_and_answer_shows_an_example(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            answers = [answer for status, answer in operation["responses"].items() if status < "400"]
            for body in (operation.get("requestBody", {}), *answers):
                for kind, content in body.get("content", {}).items():
                    example = content.get("examples") or shows(content["schema"], schema["components"]["schemas"])
                    assert example, (method, path, kind)


def test_every_tag_is_described_and_the_websockets_are_mentioned(schema: dict[str, Any]) -> None:
    described = {tag["name"]: tag["description"] for tag in schema["tags"]}
    used = {tag for path in schema["paths"].values() for call in path.values() for tag in call["tags"]}
    assert used == set(described)
    for socket in ("/api/v1/analysis/live", "/api/v1/analysis/tasks/{task_id}/events"):
        assert any(socket in text for text in described.values())
