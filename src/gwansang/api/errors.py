"""Errors as answers (RFC 9457), and the only table of status codes."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import JsonValue, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Match
from starlette.types import Scope

from gwansang.core import exceptions as tree
from gwansang.core.exceptions import AppError, InvalidRequestError
from gwansang.core.jsonable import jsonable
from gwansang.core.middleware.body_gate import BodyTimeoutError
from gwansang.core.problem_texts import problem_text
from gwansang.dependencies.params import chosen_locale
from gwansang.texts import Locale

STATUS: Mapping[type[AppError], int] = {
    AppError: 500,
    tree.Malformed: 400,
    tree.Unauthenticated: 401,
    tree.Forbidden: 403,
    tree.NotFound: 404,
    BodyTimeoutError: 408,
    tree.Conflict: 409,
    tree.TooLarge: 413,
    tree.UnsupportedMedia: 415,
    tree.InvalidInput: 422,
    tree.RateLimited: 429,
    tree.Unavailable: 503,
}
_MAX_FAULTS = 20
_MAX_INSTANCE = 200
_PROBLEM = "application/problem+json"


class UnexpectedError(AppError):
    """An unexpected error, as its caller sees it."""

    code = "INTERNAL_ERROR"
    title = "Something went wrong on our side"


class MethodNotAllowedError(tree.Malformed):
    code = "METHOD_NOT_ALLOWED"
    title = "Method not allowed"


def status_of(error: type[AppError]) -> int:
    """Return the status of the nearest class in the table along the MRO."""
    return next(STATUS[base] for base in error.__mro__ if base in STATUS)


def install(app: FastAPI) -> None:
    """Register the handlers; other errors end at the error boundary, which calls `error_response` too."""
    for kind in (AppError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _handle)


def error_response(scope: Scope, error: Exception) -> JSONResponse:
    """Return the answer to a request that ended in `error`."""
    cause = error.__cause__
    if isinstance(error, HTTPException):
        if isinstance(cause, AppError):  # a framework's "could not parse" around one of ours
            return _respond(scope, cause, status_of(type(cause)))
        headers = {"Allow": _allowed(scope)} if error.status_code == 405 else error.headers
        return _respond(scope, _of_framework(error), error.status_code, headers)
    if isinstance(error, RequestValidationError):
        return _respond(scope, invalid_request(error.errors()), 422)
    shown = error if isinstance(error, AppError) else UnexpectedError("An unexpected error; it has been noted.")
    return _respond(scope, shown, status_of(type(shown)))


def invalid_request(
    faults: Iterable[Mapping[str, object]], field_names: Sequence[str] | None = None
) -> InvalidRequestError:
    """Return an error with the fields and messages of Pydantic's faults, without the input and unknown field names."""
    shown = [_fault(fault, field_names) for _, fault in zip(range(_MAX_FAULTS), faults, strict=False)]
    return InvalidRequestError("Request validation failed", faults=shown)


def invalid_model(error: ValidationError, model_fields: Iterable[str]) -> InvalidRequestError:
    """Return the error for a model that an endpoint validated itself."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return invalid_request(({**fault} for fault in faults), tuple(model_fields))


async def _handle(request: Request, error: Exception) -> JSONResponse:
    return error_response(request.scope, error)


def _allowed(scope: Scope) -> str:
    """Return all methods of this path; the framework only knows those of the first route that has it."""
    routes = scope["app"].routes
    allowed = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return ", ".join(["HEAD", *allowed] if "GET" in allowed else allowed)


def _of_framework(error: HTTPException) -> AppError:
    if error.status_code == 404:
        return tree.NotFound("There is nothing at this address.")
    if error.status_code == 405:
        return MethodNotAllowedError("This address does not take that method.")
    if error.status_code < 500:
        return tree.Malformed("The request can't be understood.")
    return UnexpectedError("The request could not be served.")


def _fault(fault: Mapping[str, object], field_names: Sequence[str] | None) -> dict[str, str]:
    location = fault.get("loc")
    path = [str(step) for step in location if step != "body"] if isinstance(location, tuple) else []
    if field_names is not None and path and path[0] not in field_names:
        path = ["(unknown field)"]
    return {"field": ".".join(path), "message": str(fault.get("msg", "Invalid"))}


def problem_of(scope: Scope, error: AppError, locale: Locale | None = None) -> dict[str, JsonValue]:
    """Return the problem of an error, by default in the language of the connection."""
    return _problem(scope, error, status_of(type(error)), locale or chosen_locale(HTTPConnection(scope)))


def _problem(scope: Scope, error: AppError, status: int, locale: Locale) -> dict[str, JsonValue]:
    return {
        "type": problem_type(error.code),
        "title": error.title,
        "status": HTTPStatus(status).value,
        "detail": problem_text(error, locale),
        "instance": scope["path"][:_MAX_INSTANCE],
        "request_id": scope.get("state", {}).get("request_id", ""),
        "error": {"code": error.code, "message": error.message, "details": _details(error)},
    }


def _respond(scope: Scope, error: AppError, status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    extra = dict(headers or {})
    retry_after_s = error.context.get("retry_after_s")
    if isinstance(retry_after_s, int):
        extra["Retry-After"] = str(retry_after_s)
    if status == 401:
        extra.setdefault("WWW-Authenticate", "Bearer")
    locale = chosen_locale(HTTPConnection(scope))
    extra |= {"Content-Language": locale, "Vary": "Accept-Language"}
    return JSONResponse(_problem(scope, error, status, locale), status, extra, media_type=_PROBLEM)


def problem_type(code: str) -> str:
    """Return the stable URL of a kind of problem, where `api/problem_pages.py` explains it."""
    return "/problems/" + code.lower().replace("_", "-")


def _details(error: AppError) -> JsonValue:
    if isinstance(error, InvalidRequestError):
        return jsonable(error.context.get("faults"))
    return {name: jsonable(value) for name, value in error.context.items()} or None
