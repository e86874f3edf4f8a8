"""A face as an endpoint gets it: the body is read here, everything slow about it happens later, in the pool."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from threading import Event
from typing import Annotated

import numpy as np
from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from gwansang.api.base64_image import decode_image
from gwansang.api.errors import InvalidRequestError, invalid_model
from gwansang.api.json_body import parse_object, too_complex
from gwansang.api.multipart import parse_form
from gwansang.core.exceptions import TooLarge, UnsupportedMedia
from gwansang.dependencies.params import LocaleParameter, chosen_locale
from gwansang.dependencies.services import UploadLimit
from gwansang.schemas.face_input import FaceForm, FaceRequest
from gwansang.services.ml.face_analyzer import (
    LANDMARK_COUNTS,
    MAX_PHOTOS,
    FaceQuery,
    InvalidLandmarksError,
    label_errors_with_file,
)
from gwansang.texts import Locale

Ask = Callable[[], FaceQuery]
ChooseLocale = Callable[[str | None], Locale]


class ContentTypeError(UnsupportedMedia):
    """Carries `expected` in its context."""

    code = "CONTENT_TYPE_NOT_ACCEPTED"
    title = "Content type not accepted"


class FileTooLargeError(TooLarge):
    """Carries `max_bytes` in its context."""

    code = "FILE_TOO_LARGE"
    title = "The photo is too large"


async def _json_ask(request: Request, max_bytes: UploadLimit, locale: LocaleParameter = None) -> AsyncIterator[Ask]:
    require_type(request, "application/json")
    body = await read_body(request)
    async with _while_waited_for(
        request, partial(query_of_json, body, partial(chosen_locale, request), max_bytes)
    ) as ask:
        yield ask


async def _upload_ask(request: Request, max_bytes: UploadLimit, locale: LocaleParameter = None) -> AsyncIterator[Ask]:
    require_type(request, "multipart/form-data")
    body, kind = await read_body(request), request.headers["content-type"]
    async with _while_waited_for(
        request, partial(query_of_form, body, kind, partial(chosen_locale, request), max_bytes)
    ) as ask:
        yield ask


async def read_body(request: Request) -> bytearray:
    """The whole body in one piece that grows; a list of chunks would be joined into a second copy of it."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
    return body


@asynccontextmanager
async def _while_waited_for(request: Request, ask: Ask) -> AsyncIterator[Ask]:
    """`ask`, but it raises ClientDisconnect once the caller has gone: nobody's photo keeps the others waiting."""
    gone = Event()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    def ask_for_someone() -> FaceQuery:
        if gone.is_set():
            raise ClientDisconnect
        return ask()

    watching = asyncio.create_task(watch())
    try:
        yield ask_for_someone
    finally:
        watching.cancel()


JsonAsk = Annotated[Ask, Depends(_json_ask)]
UploadAsk = Annotated[Ask, Depends(_upload_ask)]


def query_of_json(body: bytes | bytearray, choose: ChooseLocale, max_bytes: int) -> FaceQuery:
    """What a JSON body asks; raises what is wrong with it."""
    if b'"landmarks"' in body and too_complex(body):
        raise InvalidLandmarksError("Landmarks must be the 468 or 478 points of a face mesh.", expected=LANDMARK_COUNTS)
    try:
        asked = FaceRequest.model_validate(parse_object(body))
    except ValidationError as error:
        raise invalid_model(error, FaceRequest.model_fields) from None
    return FaceQuery(
        locale=choose(asked.locale),
        birth_year=asked.birth_year,
        image=None if asked.image is None else _within(decode_image(asked.image), max_bytes),
        landmarks=None if asked.landmarks is None else _array(asked.landmarks),
        image_width=asked.image_width,
        image_height=asked.image_height,
    )


def query_of_form(body: bytes | bytearray, content_type: str, choose: ChooseLocale, max_bytes: int) -> FaceQuery:
    """What an upload form asks; raises what is wrong with it."""
    form = parse_form(body, content_type, MAX_PHOTOS)
    photos = form.files.get("file")
    if photos is None:
        fault = {"field": "file", "message": "Send the photo as a file in the field `file`"}
        raise InvalidRequestError("Request validation failed", faults=[fault])
    try:
        asked = FaceForm.model_validate({name: value for name, value in form.fields.items() if value})
    except ValidationError as error:
        raise invalid_model(error, FaceForm.model_fields) from None
    first, *more = _all_within(photos, max_bytes)
    return FaceQuery(locale=choose(asked.locale), birth_year=asked.birth_year, image=first, more_images=tuple(more))


def _array(landmarks: list[list[float]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    if len(landmarks) not in LANDMARK_COUNTS or len({len(landmark) for landmark in landmarks}) != 1:
        message = "Landmarks must be the 468 or 478 points of a face mesh, all [x, y] or all [x, y, z]."
        raise InvalidLandmarksError(message, expected=LANDMARK_COUNTS, got=len(landmarks))
    return np.array(landmarks, dtype=np.float64)


def _all_within(photos: list[bytes], max_bytes: int) -> list[bytes]:
    for index, photo in enumerate(photos):
        with label_errors_with_file(index, len(photos)):
            _within(photo, max_bytes)
    return photos


def _within(photo: bytes, max_bytes: int) -> bytes:
    if len(photo) > max_bytes:
        raise FileTooLargeError(f"The photo is larger than {max_bytes} bytes.", max_bytes=max_bytes)
    return photo


def require_type(request: Request, expected: str) -> None:
    """Raises ContentTypeError for a body that does not say that it is what is expected."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != expected:
        raise ContentTypeError(f"Send this request as {expected}.", expected=expected)
