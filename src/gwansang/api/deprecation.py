"""Deprecated calls, declared at their endpoints: they say so in headers and in the OpenAPI document until they end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final, TypeVar

from fastapi.routing import APIRoute
from starlette.types import Scope

MIN_NOTICE: Final = timedelta(days=184)  # six months, as docs/api.md promises
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Deprecation:
    """When a call was deprecated, when it ends at the earliest, where that is explained, and the call to make
    instead, if there is one; both as URLs or paths of this service."""

    since: date
    sunset: date
    explained_at: str
    successor: str | None


_DEPRECATIONS: dict[Callable[..., Any], Deprecation] = {}


def deprecated(
    *, since: date, sunset: date, explained_at: str, successor: str | None = None
) -> Callable[[Endpoint], Endpoint]:
    """Declare that an endpoint is deprecated; raises ValueError if it would end within MIN_NOTICE."""
    if sunset - since < MIN_NOTICE:
        raise ValueError(f"a deprecated call stays for at least {MIN_NOTICE.days} days")

    def declare(endpoint: Endpoint) -> Endpoint:
        _DEPRECATIONS[endpoint] = Deprecation(since, sunset, explained_at, successor)
        return endpoint

    return declare


def deprecation_headers(scope: Scope) -> Iterator[tuple[str, str]]:
    """Yield the headers that an answer of the scope's route has because the call is deprecated."""
    route = scope.get("route")
    deprecation = _DEPRECATIONS.get(route.endpoint) if isinstance(route, APIRoute) else None
    if deprecation is None:
        return
    yield "Deprecation", f"@{_midnight(deprecation.since).timestamp():.0f}"
    yield "Sunset", format_datetime(_midnight(deprecation.sunset), usegmt=True)
    yield "Link", f'<{deprecation.explained_at}>; rel="deprecation"; type="text/html"'
    if deprecation.successor is not None:
        yield "Link", f'<{deprecation.successor}>; rel="successor-version"'


def is_deprecated(operation_id: str) -> bool:
    """Return whether the call of this name in the OpenAPI document, which is that of its function, is deprecated."""
    return any(endpoint.__name__ == operation_id for endpoint in _DEPRECATIONS)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
