"""Faces as an endpoint gets them: the body is read here, and parsed and decoded later, in the inference pool."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from threading import Event
from typing import Annotated, Any

import numpy as np
from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from gwansang.api.base64_image import decode_image
from gwansang.api.errors import invalid_model
from gwansang.api.json_body import parse_object, too_complex
from gwansang.api.v1.inputs.bodies import check_size, read_body, read_fields, require_type
from gwansang.core.multipart import FormParser, without_boundary
from gwansang.dependencies.idempotency import RequestContent
from gwansang.dependencies.params import LocaleParameter, TimezoneParameter, chosen_locale
from gwansang.dependencies.services import UploadLimit
from gwansang.schemas.face_input import FaceFields, FaceForm, FaceRequest
from gwansang.services.ml.face_analyzer import (
    MAX_PHOTOS,
    FaceQuery,
    InvalidLandmarksError,
    QueryLoader,
    label_errors_with_file,
)
from gwansang.texts import Locale
from gwansang.vision.given_landmarks import LANDMARK_COUNTS, GivenLandmarks

ChooseLocale = Callable[[str | None], Locale]


async def _json_body(request: Request) -> bytearray:
    require_type(request, "application/json")
    return await read_body(request)


async def _form_body(request: Request) -> bytearray:
    require_type(request, "multipart/form-data")
    return await read_body(request)


_JsonBody = Annotated[bytearray, Depends(_json_body)]
_FormBody = Annotated[bytearray, Depends(_form_body)]


async def _json_query(
    request: Request,
    body: _JsonBody,
    max_bytes: UploadLimit,
    locale: LocaleParameter = None,
    timezone: TimezoneParameter = None,
) -> QueryLoader:
    load = partial(query_of_json, body, partial(chosen_locale, request), max_bytes)
    return partial(_load_with_timezone, load, timezone)


async def _form_query(
    request: Request,
    body: _FormBody,
    max_bytes: UploadLimit,
    locale: LocaleParameter = None,
    timezone: TimezoneParameter = None,
) -> QueryLoader:
    load = partial(query_of_form, body, request.headers["content-type"], partial(chosen_locale, request), max_bytes)
    return partial(_load_with_timezone, load, timezone)


async def _json_content(request: Request, body: _JsonBody) -> RequestContent:
    return lambda: (chosen_locale(request).encode(), bytes(body))


async def _form_content(request: Request, body: _FormBody) -> RequestContent:
    return lambda: (chosen_locale(request).encode(), without_boundary(body, request.headers["content-type"]))


def _load_with_timezone(load: QueryLoader, timezone: str | None) -> FaceQuery:
    return replace(load(), timezone=timezone)


def while_connected(dependency: Callable[..., Awaitable[Callable[[], object]]]) -> Any:  # noqa: ANN401 - Depends
    """Return the dependency on a loader that raises ClientDisconnect when loaded after its client has gone, because its
    photo would only delay the others."""

    async def watch(
        request: Request, load: Annotated[Callable[[], object], Depends(dependency)]
    ) -> AsyncIterator[Callable[[], object]]:
        gone = Event()

        async def note_disconnect() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            gone.set()

        def load_if_connected() -> object:
            if gone.is_set():
                raise ClientDisconnect
            return load()

        watching = asyncio.create_task(note_disconnect())
        try:
            yield load_if_connected
        finally:
            watching.cancel()

    return Depends(watch)


JsonQuery = Annotated[QueryLoader, while_connected(_json_query)]
FormQuery = Annotated[QueryLoader, while_connected(_form_query)]
TaskQuery = Annotated[QueryLoader, Depends(_json_query)]
JsonContent = Annotated[RequestContent, Depends(_json_content)]
FormContent = Annotated[RequestContent, Depends(_form_content)]


def query_of_json(body: bytes | bytearray, choose: ChooseLocale, max_bytes: int) -> FaceQuery:
    """Return the query of a JSON body; raises whatever is wrong with it."""
    if b'"landmarks"' in body and too_complex(body):
        raise InvalidLandmarksError("Landmarks must be the 468 or 478 points of a face mesh.", expected=LANDMARK_COUNTS)
    try:
        fields = FaceRequest.model_validate(parse_object(body))
    except ValidationError as error:
        raise invalid_model(error, FaceRequest.model_fields) from None
    return face_query(fields, choose(fields.locale), max_bytes)


def face_query(fields: FaceFields, locale: Locale, max_bytes: int) -> FaceQuery:
    """Return the query of a face's fields; raises whatever is wrong with them."""
    return FaceQuery(
        locale=locale,
        birth_year=fields.birth_year,
        image=None if fields.image is None else _checked(decode_image(fields.image), max_bytes),
        landmarks=None if fields.landmarks is None else _given_landmarks(fields, fields.landmarks),
    )


def query_of_form(body: bytes | bytearray, content_type: str, choose: ChooseLocale, max_bytes: int) -> FaceQuery:
    """Return the query of an upload form; raises whatever is wrong with it."""
    form = FormParser(content_type, MAX_PHOTOS)
    photos = [file.content for file in form.parse(body)]
    fields = read_fields(form, FaceForm, "Send the photo as a file in the field `file`")
    for index, photo in enumerate(photos):
        with label_errors_with_file(index, len(photos)):
            check_size(len(photo), max_bytes)
    first, *more = photos
    return FaceQuery(locale=choose(fields.locale), birth_year=fields.birth_year, image=first, more_images=tuple(more))


def _checked(photo: bytes, max_bytes: int) -> bytes:
    check_size(len(photo), max_bytes)
    return photo


def _given_landmarks(fields: FaceFields, landmarks: list[list[float]]) -> GivenLandmarks:
    details = fields.detail_points
    return GivenLandmarks(
        points=_array(landmarks),
        width=fields.image_width,
        height=fields.image_height,
        two_looks=fields.landmark_looks == 2,
        details=None if details is None else np.array(details, dtype=np.float64),
        covered=tuple(fields.covered),
    )


def _array(landmarks: list[list[float]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    if len(landmarks) not in LANDMARK_COUNTS or len({len(landmark) for landmark in landmarks}) != 1:
        message = "Landmarks must be the 468 or 478 points of a face mesh, all [x, y] or all [x, y, z]."
        raise InvalidLandmarksError(message, expected=LANDMARK_COUNTS, got=len(landmarks))
    return np.array(landmarks, dtype=np.float64)
