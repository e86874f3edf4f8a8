"""Errors of the client; every one of them is a `GwansangError`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

Details = Mapping[str, Any]


class GwansangError(Exception):
    """The base of all errors of this package."""


class ConnectionFailedError(GwansangError):
    """The service could not be reached, or its answer did not arrive."""


class UnexpectedAnswerError(GwansangError):
    """An answer that is not the one that the API document describes."""


class WaitTimeoutError(GwansangError, TimeoutError):
    """The time that the caller gave is over; the task or session itself goes on."""


class NoReadingError(GwansangError):
    """The frames of a live session ended before the face could be read."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A field of a request that is not valid, and the reason."""

    field: str
    message: str


class ApiError(GwansangError):
    """The service refused a call; `str(error)` is its sentence for people.

    code: the stable name of the error, of `ErrorCode` or newer. request_id: what to quote to the operator.
    retry_after: seconds after which the same call is accepted. fields: the faults of a request that is not valid.
    details: all numbers and names of the error.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        request_id: str = "",
        details: Details | None = None,
        fields: tuple[FieldFault, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.details = details or {}
        self.fields = fields
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what pickle rebuilds the error from, between processes."""
        return _rebuild, (type(self), str(self), {**vars(self)})


class InvalidRequestError(ApiError):
    """400, 413, 415 or 422: the request itself is at fault; sent again it fails again."""


class AuthenticationError(ApiError):
    """401: the credentials are missing, wrong or ended."""


class SignInEndedError(AuthenticationError):
    """The sign-in has ended and could not be refreshed: sign in again."""


class PermissionDeniedError(ApiError):
    """403: a scope, a consent or a recent sign-in is missing; `code` names it."""


class NotFoundError(ApiError):
    """404: there is no such thing, or it belongs to somebody else."""


class ConflictError(ApiError):
    """409: something else stands against it now."""


class RateLimitedError(ApiError):
    """429: too many calls; `retry_after` is the pause in seconds."""


class ServiceError(ApiError):
    """5xx: the service is at fault, busy or not available."""


class TaskFailedError(GwansangError):
    """A task ended without a result; `code` is the error that its call would have returned, or CANCELLED."""

    def __init__(self, task_id: str, code: str, message: str) -> None:
        super().__init__(message)
        self.task_id = task_id
        self.code = code


class SocketClosedError(GwansangError):
    """The service closed a WebSocket; `error` is the problem that it sent before, if any."""

    def __init__(self, code: int | None, reason: str, error: ApiError | None = None) -> None:
        super().__init__(str(error) if error else f"the connection was closed: {code} {reason}".rstrip())
        self.code = code
        self.reason = reason
        self.error = error


_KINDS: Mapping[int, type[ApiError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitedError,
}


def error_of_response(response: httpx.Response) -> ApiError:
    """Return the error of a refused call."""
    try:
        problem = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        problem = None
    return error_of_problem(problem if isinstance(problem, dict) else {}, response.status_code, response.headers)


def error_of_problem(problem: Details, status: int | None = None, headers: Mapping[str, str] | None = None) -> ApiError:
    """Return the error of a problem document, which a proxy in between may have left out or cut."""
    given = problem.get("error")
    error: Details = given if isinstance(given, dict) else {}
    known = int(status or problem.get("status") or 0)
    given_details = error.get("details")
    details: Details = given_details if isinstance(given_details, dict) else {}
    return _kind(known)(
        str(problem.get("detail") or error.get("message") or f"the service answered with status {known}"),
        status=known,
        code=str(error.get("code") or f"HTTP_{known}"),
        request_id=str(problem.get("request_id") or (headers or {}).get("X-Request-ID", "")),
        details=details,
        fields=_faults(given_details),
        retry_after=_retry_after(headers or {}, details),
    )


def _kind(status: int) -> type[ApiError]:
    if status >= 500:
        return ServiceError
    return _KINDS.get(status, InvalidRequestError)


def _faults(details: object) -> tuple[FieldFault, ...]:
    """Return the faults of fields, which come as a list where other errors have named details."""
    faults = details if isinstance(details, list) else []
    named = [fault for fault in faults if isinstance(fault, dict)]
    return tuple(FieldFault(str(fault.get("field", "")), str(fault.get("message", ""))) for fault in named)


def _retry_after(headers: Mapping[str, str], details: Details) -> float | None:
    given = headers.get("Retry-After", details.get("retry_after_s"))
    try:
        return None if given is None else max(0.0, float(given))
    except (TypeError, ValueError):
        return None  # a date, which this service never sends


def _rebuild(kind: type[ApiError], message: str, state: dict[str, Any]) -> ApiError:
    return kind(message, **state)
