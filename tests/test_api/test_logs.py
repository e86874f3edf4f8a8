"""The log: one line per event, route templates instead of paths, and no content from callers (H13, H14)."""

import base64
import time

import httpx

from tests.support.photos import drawn_portrait
from tests.support.serving import JSON_CALL, UPLOAD_CALL, Server

MARK = "s3cr3t-mark"


def requests_of(server: Server, request_id: str) -> list[dict[str, object]]:
    """Return the events of a request after its access line was written, which happens after the response."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        events = [event for event in server.events() if event.get("request_id") == request_id]
        if any(event["event"] == "http.request" for event in events):
            return events
        time.sleep(0.02)
    raise AssertionError("the request was not logged")


def test_a_request_is_one_line_with_route_template_status_and_duration(client: httpx.Client, server: Server) -> None:
    client.get(f"/health/live?token={MARK}", headers={"X-Request-ID": "log-1"})
    (event,) = requests_of(server, "log-1")
    assert event["event"] == "http.request"
    assert (event["method"], event["route"], event["status"]) == ("GET", "/health/live", 200)
    assert isinstance(event["ms"], float)


def test_api_requests_are_logged_with_the_full_route_template(client: httpx.Client, server: Server) -> None:
    client.post(UPLOAD_CALL, files={"file": ("x.jpg", drawn_portrait())}, headers={"X-Request-ID": "log-2"})
    completed, request = requests_of(server, "log-2")
    assert completed["event"] == "analysis.completed"
    assert request["route"] == UPLOAD_CALL


def test_the_path_of_an_unmatched_request_is_not_logged(client: httpx.Client, server: Server) -> None:
    client.get(f"/nowhere/{MARK}", headers={"X-Request-ID": "log-3"})
    (event,) = requests_of(server, "log-3")
    assert event["route"] == "unmatched"


def test_content_sent_by_callers_is_not_logged(client: httpx.Client, server: Server) -> None:
    text = base64.b64encode(drawn_portrait()).decode()
    hostile = f"{MARK}\r\n\x1b[31m${{jndi:ldap://x}}"
    client.post(JSON_CALL, json={"image": text, "locale": hostile[:35]}, headers={"User-Agent": MARK})
    client.post(JSON_CALL, json={"image": hostile, MARK: MARK}, params={"api_key": MARK})
    client.post(UPLOAD_CALL, files={"file": (f"{MARK}.jpg", b"GIF89a")}, headers={"Authorization": f"Bearer {MARK}"})
    client.request("M4RK", "/health", headers={"Cookie": MARK})
    log = server.log.read_text()
    assert MARK not in log
    assert "M4RK" not in log
    assert "jndi" not in log
    assert text[100:140] not in log


def test_callers_cannot_inject_log_lines(client: httpx.Client, server: Server) -> None:
    line = '%0d%0a{"event":"forged","level":"info"}'
    client.get(f"/nowhere{line}?x={line}", headers={"X-Request-ID": '"}{"event":"forged"}'})
    client.post(f"{UPLOAD_CALL}?locale={line}", files={"file": (f"x{line}\n.jpg", b'\n{"event":"forged"}\n')})
    client.get("/health", headers={"X-Request-ID": "log-4"})
    assert requests_of(server, "log-4")
    assert "forged" not in server.log.read_text()
