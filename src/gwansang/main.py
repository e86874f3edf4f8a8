"""The web application: `gwansang.main:app` for an ASGI server, `create_app(settings)` for everyone else."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from gwansang import __version__
from gwansang.api import errors, mail_page, problem_pages
from gwansang.api.body_limits import DEFAULT_BYTES, body_rules
from gwansang.api.deprecation import deprecation_headers
from gwansang.api.docs import mount_docs
from gwansang.api.openapi import DocumentedApp, operation_id
from gwansang.api.tags import TAGS
from gwansang.api.v1.endpoints import health, metrics
from gwansang.api.v1.router import ROUTERS
from gwansang.config import BodySettings, Settings, load_settings
from gwansang.container import Container, open_container
from gwansang.core.logging import configure_logging
from gwansang.core.memory import settle_garbage_collector
from gwansang.core.middleware.access_log import AccessLog
from gwansang.core.middleware.api_prefix import ApiPrefix
from gwansang.core.middleware.api_version import DEPRECATION_HEADERS, VERSION_HEADER, ApiVersion
from gwansang.core.middleware.body_budget import BodyBudget
from gwansang.core.middleware.body_gate import BodyGate, BodySenders
from gwansang.core.middleware.error_boundary import ErrorBoundary
from gwansang.core.middleware.head import Head
from gwansang.core.middleware.hosts import TrustedHosts
from gwansang.core.middleware.metrics import Metrics
from gwansang.core.middleware.quota_headers import HEADERS as QUOTA_HEADERS
from gwansang.core.middleware.quota_headers import QuotaHeaders
from gwansang.core.middleware.request_id import HEADER, RequestId
from gwansang.core.middleware.security_headers import SecurityHeaders
from gwansang.core.middleware.server_timing import ServerTiming
from gwansang.core.middleware.traces import Traces
from gwansang.core.open_connections import OPEN_CONNECTIONS, OpenConnections, Pace
from gwansang.dependencies.callers import admit_body, body_holder
from gwansang.dependencies.idempotency import REPLAYED_HEADER
from gwansang.web import shared_readings
from gwansang.web.admin.gallery import body_rules as gallery_body_rules
from gwansang.web.admin.routers import ROUTERS as ADMIN_ROUTERS
from gwansang.web.page import mount_page
from gwansang.web.page_texts import PageOptions

_API = "/api/v1"
_OPENAPI = f"{_API}/openapi.json"
_BODY_WAIT_S = 20.0
# FastAPI's own would record paths, queries and messages of errors; `core.middleware.traces` does not.
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
_OWN_HEADERS = ("Authorization", "Content-Type", "Accept-Language", "Idempotency-Key", "X-API-Key", HEADER)
# HTTP clients and tracing libraries of browsers send these by themselves; of them only traceparent is read here.
_CLIENT_HEADERS = (
    *("X-Requested-With", "Cache-Control", "Pragma", "If-None-Match", "If-Modified-Since", "Range", "DNT"),
    *("traceparent", "tracestate", "baggage", "sentry-trace", "newrelic", "elastic-apm-traceparent"),
    *("b3", "X-B3-TraceId", "X-B3-SpanId", "X-B3-ParentSpanId", "X-B3-Sampled", "uber-trace-id", "X-Amzn-Trace-Id"),
    *("x-datadog-trace-id", "x-datadog-parent-id", "x-datadog-origin", "x-datadog-sampling-priority"),
    *("Request-Id", "Request-Context"),
)
"""What pages and their monitoring add to requests by themselves."""

Opening = Callable[[Settings], AbstractAsyncContextManager[Container]]


def create_app(settings: Settings | None = None, opening: Opening = open_container) -> FastAPI:
    """Build the application; nothing slow happens before its lifespan starts."""
    settings = settings or load_settings()
    sizes = settings.model_dump(include=set(BodySettings.model_fields))
    app = DocumentedApp(
        title=settings.project_name,
        version=__version__,
        description="Traditional Korean face reading, with its reasons as numbers on the photo. It is for fun and no "
        "science. Neural networks find the face and measure it; the texts were written by people and are chosen by "
        "rules, none comes from a generative AI. For people from the age of 14 on. See `GET /api/v1/privacy/notice` "
        "and `GET /api/v1/privacy/retention`.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/", "description": "The service that this document comes from."}],
        openapi_tags=TAGS,
        openapi_url=None,  # `mount_docs` serves the document
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        telemetry=_NO_TELEMETRY,
        lifespan=lifespan_of(settings, opening),
        middleware=_middleware(settings, sizes),
        sizes=sizes,
    )
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(shared_readings.router)
    for router in ADMIN_ROUTERS:
        app.include_router(router)
    app.include_router(problem_pages.router)
    if not settings.production:
        app.include_router(mail_page.router)
    if settings.public_docs:
        mount_docs(app, _OPENAPI)
    options = PageOptions(guests=settings.guests_allowed, docs=settings.public_docs)
    mount_page(app, settings.model_path, options)
    settle_garbage_collector()
    return app


def __getattr__(name: str) -> FastAPI:
    """Make `app` when a server asks for it, so that importing this module reads no settings."""
    if name != "app":
        raise AttributeError(name)
    return create_app()


def lifespan_of(
    settings: Settings, opening: Opening
) -> Callable[[FastAPI], AbstractAsyncContextManager[dict[str, object]]]:
    """Return what opens the services around an application, and yields the state of its requests."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, object]]:
        configure_logging(settings.log_level, json=settings.json_logs, pseudonym_key=settings.log_pseudonym_key)
        async with opening(settings) as container:
            connections = OpenConnections(
                per_address=None if settings.trusted_proxies else settings.connections_per_address,
                pace=None if settings.trusted_proxies else Pace(settings.requests_per_second),
                head_timeout_s=settings.header_timeout_s,
                send_timeout_s=settings.send_timeout_s,
                observe=container.meters.observe_refusal,
            )
            state = {"container": container, "meters": container.meters, "tracer": container.tracer}
            yield {**state, OPEN_CONNECTIONS: connections}

    return lifespan


def _middleware(settings: Settings, sizes: Mapping[str, int]) -> list[Middleware]:
    """Return the middleware from the outside in; `core/middleware/__init__.py` explains the order."""
    return [
        *([] if settings.api_v1_prefix == _API else [Middleware(ApiPrefix, prefix=settings.api_v1_prefix, api=_API)]),
        Middleware(RequestId),
        Middleware(Traces),
        Middleware(AccessLog),
        Middleware(Metrics),
        Middleware(ServerTiming),
        Middleware(SecurityHeaders, hsts=settings.production),
        Middleware(Head),
        Middleware(ApiVersion, prefix="/api", version="1", deprecation_headers=deprecation_headers),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_credentials=settings.cors_credentials,
            allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=(*_OWN_HEADERS, *_CLIENT_HEADERS),
            expose_headers=(
                *(HEADER, "Retry-After", "Location", "Content-Disposition", "X-Readings-Count"),
                *(REPLAYED_HEADER, "Content-Language", "ETag", "WWW-Authenticate", "Server-Timing"),
                *(*QUOTA_HEADERS, VERSION_HEADER, *DEPRECATION_HEADERS),
            ),
        ),
        Middleware(QuotaHeaders),
        Middleware(GZipMiddleware, minimum_size=1_024, compresslevel=4, thread_minimum_size=16 * 1024),
        Middleware(ErrorBoundary, error_response=errors.error_response),
        Middleware(TrustedHosts, allowed=settings.trusted_hosts, error_response=errors.error_response),
        Middleware(
            BodyGate,
            rules=(*body_rules(ROUTERS, sizes), *gallery_body_rules(sizes)),
            default_max_bytes=DEFAULT_BYTES,
            timeout_s=settings.body_timeout_s,
            budget=BodyBudget(max_bytes=settings.max_inflight_bytes, timeout_s=_BODY_WAIT_S),
            error_response=errors.error_response,
            senders=BodySenders(holder_of=body_holder, admit=admit_body),
        ),
    ]
