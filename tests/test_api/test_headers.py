"""Headers of every answer: request ids, security headers, CORS, hosts."""

import re

import pytest

from gwansang.services.ml.face_analyzer import canonical_landmarks
from tests.support.serving import JSON_CALL, Server, send_request

ALLOWED = {"cors_origins": ("https://app.example.com",), "cors_credentials": True}


@pytest.mark.parametrize("request_id", ["a", "A-1", "0" * 64, "7d3f3e4e-5b5f-4a43-9a0a-111111111111"])
def test_a_harmless_request_id_is_kept(request_id: str) -> None:
    assert send_request("GET", "/health", headers={"X-Request-ID": request_id}).headers["x-request-id"] == request_id


@pytest.mark.parametrize("request_id", ["", "0" * 65, "a b", "a\tb", "a;b", "<script>", "a_b", "é".encode("latin-1")])
def test_any_other_request_id_is_replaced(request_id: str | bytes) -> None:
    answered = send_request("GET", "/health", headers={"X-Request-ID": request_id}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", answered)


@pytest.mark.parametrize(
    "path", ["/health", "/nowhere", "/docs", "/docs/assets/swagger-ui.css", "/api/v1/openapi.json"]
)
def test_security_headers_are_on_every_answer(path: str) -> None:
    headers = send_request("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "x-request-id" in headers
    assert "access-control-allow-private-network" not in headers


@pytest.mark.parametrize("path", ["/health", "/api/v1/users/me", "/nowhere"])
def test_answers_about_people_are_not_cached(path: str) -> None:
    assert send_request("GET", path).headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(("environment", "sent"), [("production", True), ("development", False)])
def test_hsts_is_sent_in_production_only(environment: str, sent: bool) -> None:
    app = {"environment": environment, "secret_key": "b4d1a7c09e3f5826d7e1904ba6f3c852"}
    assert ("strict-transport-security" in send_request("GET", "/health", app=app).headers) is sent


def test_an_allowed_origin_can_read_answers_and_refusals() -> None:
    for path in ("/health", "/nowhere"):
        headers = send_request("GET", path, app=ALLOWED, headers={"Origin": "https://app.example.com"}).headers
        assert headers["access-control-allow-origin"] == "https://app.example.com"
        assert headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "https://app.example.com.evil.com",
        "http://app.example.com",
        "https://app-example.com",
        "https://xapp.example.com",
        "https://app.example.com:8443",
    ],
)
@pytest.mark.parametrize("app", [ALLOWED, {}], ids=["one site allowed", "none allowed"])
def test_another_origin_gets_no_cors_headers(origin: str, app: dict[str, object]) -> None:
    assert (
        "access-control-allow-origin" not in send_request("GET", "/health", app=app, headers={"Origin": origin}).headers
    )
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = send_request("OPTIONS", JSON_CALL, app=app, headers=headers)
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in preflight.headers


@pytest.mark.parametrize(
    "wanted",
    [{"Access-Control-Request-Method": "TRACE"}, {"Access-Control-Request-Headers": "X-Evil"}],
    ids=["method", "header"],
)
def test_a_preflight_for_something_unlisted_is_refused(wanted: dict[str, str]) -> None:
    headers = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST", **wanted}
    assert send_request("OPTIONS", JSON_CALL, app=ALLOWED, headers=headers).status_code == 400


@pytest.mark.parametrize(
    "header",
    [
        *("x-requested-with", "cache-control", "if-none-match", "range"),
        *("traceparent", "tracestate", "sentry-trace", "baggage", "newrelic", "x-b3-traceid", "x-datadog-trace-id"),
    ],
)
def test_an_allowed_origin_may_send_the_headers_that_clients_add_by_themselves(header: str) -> None:
    headers = {
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": f"authorization,content-type,{header}",
    }
    preflight = send_request("OPTIONS", JSON_CALL, app=ALLOWED, headers=headers)
    assert preflight.status_code == 200
    assert header in preflight.headers["access-control-allow-headers"].lower()


def test_an_allowed_origin_can_read_where_a_task_is_and_how_a_file_is_called() -> None:
    headers = send_request("GET", "/health", app=ALLOWED, headers={"Origin": "https://app.example.com"}).headers
    exposed = {name.strip().lower() for name in headers["access-control-expose-headers"].split(",")}
    assert {"location", "content-disposition", "retry-after", "x-request-id"} <= exposed


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("faces.example.com", 200),
        ("faces.example.com:8000", 200),
        ("FACES.example.com", 200),
        ("a.b.example.org", 200),
        ("example.org", 400),
        ("evil.com", 400),
        ("faces.example.com.evil.com", 400),
        ("evil.com:faces.example.com", 400),
        ("", 400),
        ("[::1]", 200),
        ("[::1]:8000", 200),
    ],
)
def test_only_trusted_hosts_are_served_if_any_are_named(host: str, status: int) -> None:
    app = {"trusted_hosts": ("faces.example.com", "*.example.org", "[::1]")}
    answer = send_request("GET", "/health", app=app, headers={"Host": host, "X-Forwarded-Host": "faces.example.com"})
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"]["code"] == "UNKNOWN_HOST"


@pytest.mark.parametrize("path", ["/health", "/api/v1/privacy/notice", "/docs", "/api/v1/openapi.json"])
def test_head_has_the_headers_of_get_and_no_body(path: str) -> None:
    head, get = (send_request(method, path) for method in ("HEAD", "GET"))
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "cache-control"):
        assert head.headers.get(name) == get.headers.get(name)


def test_head_of_what_only_takes_post_is_refused() -> None:
    answer = send_request("HEAD", JSON_CALL)
    assert (answer.status_code, answer.content, answer.headers["allow"]) == (405, b"", "POST")


def test_a_server_answers_head_with_nothing_after_the_headers(server: Server) -> None:
    answer = server.raw(b"HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("path", ["/api/v1/privacy/notice", "/nowhere", "/api/v1/celebrity/1"])
def test_answers_name_their_language_and_that_they_depend_on_it(path: str) -> None:
    for language in ("ko", "en"):
        headers = send_request("GET", path, headers={"Accept-Language": language}).headers
        assert headers["content-language"] == language
        assert "Accept-Language" in headers["vary"]


def test_a_reading_names_the_language_that_its_body_asks_for() -> None:
    face = {"landmarks": canonical_landmarks().tolist(), "locale": "en"}
    answer = send_request("POST", JSON_CALL, json=face, headers={"Accept-Language": "ko"})
    assert answer.headers["content-language"] == answer.json()["locale"] == "en"


def test_pages_of_allowed_sites_can_read_what_clients_need() -> None:
    headers = send_request("GET", "/health", app=ALLOWED, headers={"Origin": "https://app.example.com"}).headers
    exposed = set(headers["access-control-expose-headers"].split(", "))
    assert exposed >= {"ETag", "Content-Language", "Retry-After", "RateLimit-Remaining", "X-Request-ID"}


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/docs"])
def test_every_answer_says_how_long_it_took(path: str) -> None:
    total = re.fullmatch(r"total;dur=(\d+)", send_request("GET", path).headers["server-timing"])
    assert total is not None
    assert float(total[1]) < 60_000
