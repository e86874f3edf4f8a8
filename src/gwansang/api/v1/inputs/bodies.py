"""Reading of request bodies that endpoints parse themselves: their type, their bytes, and the fields of forms."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Event
from typing import TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from gwansang.api.errors import invalid_model
from gwansang.core.exceptions import InvalidRequestError, TooLarge, UnsupportedMedia
from gwansang.core.multipart import FormParser
from gwansang.core.pieces import Pieces

FILE = "file"  # the field of a form that holds its files
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
Model = TypeVar("Model", bound=BaseModel)
T = TypeVar("T")


class ContentTypeError(UnsupportedMedia):
    """Carries `expected` in its context."""

    code = "CONTENT_TYPE_NOT_ACCEPTED"
    title = "Content type not accepted"


class FileTooLargeError(TooLarge):
    """Carries `max_bytes` in its context."""

    code = "FILE_TOO_LARGE"
    title = "The photo is too large"


def require_type(request: Request, expected: str) -> None:
    """Raise ContentTypeError unless the request declares the expected type."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != expected:
        raise ContentTypeError(f"Send this request as {expected}.", expected=expected)


async def _require_form(request: Request) -> None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent and sent not in _FORMS:
        expected = f"{_FORMS[0]} (username=…&password=…)"
        raise ContentTypeError(f"Sign in with a form and not with JSON: {expected}.", expected=expected)


FormBody = Depends(_require_form)  # for a route's `dependencies`: another type is refused, not read as an empty form


async def read_body(request: Request) -> Pieces:
    """Return the whole body, in the pieces in which it arrived: the pool joins them, and not the event loop."""
    body = Pieces()
    async for piece in request.stream():
        body.add(piece)
    return body


@asynccontextmanager
async def while_connected(request: Request, load: Callable[[], T]) -> AsyncIterator[Callable[[], T]]:
    """Yield a loader that raises ClientDisconnect once the client of a request that was read has gone, because its
    photo would only delay the others."""
    gone = Event()

    async def note_disconnect() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    def load_if_connected() -> T:
        if gone.is_set():
            raise ClientDisconnect
        return load()

    watching = asyncio.create_task(note_disconnect())
    try:
        yield load_if_connected
    finally:
        watching.cancel()


def read_fields(form: FormParser, model: type[Model], advice: str) -> Model:
    """Return the fields of a form that was read to its end, without empty ones; raises InvalidRequestError.

    advice: what to send, for a form without a file.
    """
    require_file(form, advice)
    try:
        return model.model_validate({name: value for name, value in form.fields.items() if value})
    except ValidationError as error:
        raise invalid_model(error, model.model_fields) from None


def require_file(form: FormParser, advice: str) -> None:
    """Raise InvalidRequestError if the form has no file in the field for files."""
    if not form.file_count or form.file_field != FILE:
        raise InvalidRequestError("Request validation failed", faults=[{"field": FILE, "message": advice}])


def check_size(size: int, max_bytes: int, subject: str = "The photo", **context: int) -> None:
    """Raise FileTooLargeError if a file is too large; `subject` begins its message."""
    if size > max_bytes:
        raise FileTooLargeError(f"{subject} is larger than {max_bytes} bytes.", max_bytes=max_bytes, **context)
