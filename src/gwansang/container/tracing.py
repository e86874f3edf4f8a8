"""The tracer that the settings ask for."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from pydantic import SecretStr

from gwansang.config import TracingSettings
from gwansang.core.tracing import NO_TRACER, Tracer

_log = structlog.get_logger("gwansang.tracing")
TRACING_PACKAGE: Final = "opentelemetry-exporter-otlp-proto-http"
INSTALL_TRACING: Final = "pip install 'gwansang[otel]'"


@asynccontextmanager
async def open_tracer(settings: TracingSettings) -> AsyncIterator[Tracer]:
    """Yield the tracer, and send what it recorded at the end; without the extra, warn and record nothing."""
    if not settings.traces_recorded:
        yield NO_TRACER
        return
    _export_variables(settings)
    try:
        from gwansang.core.otel_tracer import OtelTracer  # noqa: PLC0415 - missing without the extra
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        _log.warning("tracing.extra_missing", missing=error.name, install=INSTALL_TRACING)
        yield NO_TRACER
        return
    tracer = OtelTracer()
    _log.info("tracing.started")
    try:
        yield tracer
    finally:
        await asyncio.to_thread(tracer.close)


def _export_variables(settings: TracingSettings) -> None:
    """Put settings of `.env` into the environment, which is where OpenTelemetry reads them, and remove empty ones."""
    for name in [name for name, value in os.environ.items() if name.startswith("OTEL_") and not value.strip()]:
        del os.environ[name]  # by its specification as if unset, but not by the package
    for name in TracingSettings.model_fields:
        value = getattr(settings, name)
        if value is not None:
            text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            os.environ.setdefault(name.upper(), text)
