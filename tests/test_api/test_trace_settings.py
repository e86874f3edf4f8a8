"""Which settings turn traces on, what is sent then, and what is said where the extra is missing."""

import sys
from importlib import metadata
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gwansang.cli.doctor_settings import check_settings
from gwansang.container.tracing import open_tracer
from gwansang.core.tracing import NO_TRACER
from tests.support.otlp import SAMPLED, TRACE, receiving
from tests.support.serving import serving, settings_for_tests

pytestmark = pytest.mark.anyio

MARK = "s3cr3t-mark"
EMPTY = {"OTEL_TRACES_SAMPLER": "", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": ""}  # as copied from .env.example


def test_settings_of_the_file_turn_traces_on_and_a_stopped_service_has_sent_them(tmp_path: Path) -> None:
    with receiving() as receiver:
        (tmp_path / ".env").write_text(f"OTEL_EXPORTER_OTLP_ENDPOINT={receiver.url}\nOTEL_SERVICE_NAME=faces\n")
        with serving(tmp_path, **EMPTY) as server, server.client() as client:
            client.get("/problems", headers={**SAMPLED, "X-Request-ID": "traced"})
        assert receiver.wait_for("GET /problems").service == "faces"
        assert "sampler" not in server.log.read_text()  # OpenTelemetry complains of an empty one
        (line,) = [event for event in server.events() if event.get("request_id") == "traced"]
        assert line["trace_id"] == TRACE


def test_the_framework_sends_nothing_of_its_own(tmp_path: Path) -> None:
    with receiving() as receiver:
        environment = {"FASTAPI_OTEL_AUTO_CONFIGURE": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url}
        with serving(tmp_path, **environment) as server, server.client() as client:
            client.get(f"/problems?x={MARK}")
            client.post("/api/v1/users", json={"email": MARK})
    assert {span.name for span in receiver.spans} == {"GET /problems", "POST /api/v1/users"}
    assert receiver.other_paths == []
    assert MARK.encode() not in b"".join(receiver.bodies)


async def test_without_the_extra_a_warning_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.delitem(sys.modules, "gwansang.core.otel_tracer", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    settings = settings_for_tests(otel_exporter_otlp_endpoint="http://127.0.0.1:9")
    with capture_logs() as events:
        async with open_tracer(settings) as tracer:
            assert tracer is NO_TRACER
    (warning,) = events
    assert (warning["event"], warning["log_level"]) == ("tracing.extra_missing", "warning")
    assert "gwansang[otel]" in warning["install"]


def test_the_doctor_says_what_to_install_for_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for_tests(otel_exporter_otlp_endpoint="http://127.0.0.1:9")
    installed = metadata.version
    assert [check for check in check_settings(settings, ()) if "traces" in check.text] == []

    def version(name: str) -> str:
        if name.startswith("opentelemetry"):
            raise metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(metadata, "version", version)
    (note,) = [check for check in check_settings(settings, ()) if "traces" in check.text]
    assert "gwansang[otel]" in (note.advice)


@pytest.mark.parametrize(
    ("changes", "on"),
    [
        ({}, False),
        ({"otel_exporter_otlp_endpoint": "http://c:4318"}, True),
        ({"otel_exporter_otlp_traces_endpoint": "http://c:4318/v1/traces"}, True),
        ({"otel_traces_exporter": "otlp"}, True),
        ({"otel_traces_exporter": "none", "otel_exporter_otlp_endpoint": "http://c:4318"}, False),
        ({"otel_sdk_disabled": True, "otel_exporter_otlp_endpoint": "http://c:4318"}, False),
    ],
)
def test_traces_are_off_until_a_standard_setting_turns_them_on(changes: dict[str, object], on: bool) -> None:
    assert settings_for_tests(**changes).traces_recorded is on
