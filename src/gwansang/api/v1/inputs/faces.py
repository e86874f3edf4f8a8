"""Faces as an endpoint gets them: the body is read here, and parsed and decoded later, in the inference pool."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

import numpy as np
from fastapi import Depends, Request
from pydantic import ValidationError

from gwansang.api.base64_image import decode_image
from gwansang.api.errors import invalid_model
from gwansang.api.json_body import parse_object, too_complex
from gwansang.api.v1.inputs.bodies import check_size, read_body, read_fields, require_type, while_connected
from gwansang.core.multipart import FormParser, without_boundary
from gwansang.core.pieces import Pieces
from gwansang.dependencies.idempotency import RequestContent
from gwansang.dependencies.params import LocaleParameter, TimezoneParameter, chosen_locale
from gwansang.dependencies.services import upload_limit
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


@dataclass(frozen=True, slots=True)
class SentFace:
    """A face as a request sends it: called in the pool, it makes the query.

    content: returns what makes two such requests the same.
    """

    load: QueryLoader
    content: RequestContent
    timezone: str | None

    def __call__(self) -> FaceQuery:
        return replace(self.load(), timezone=self.timezone)


async def _read_json(request: Request, locale: LocaleParameter = None, timezone: TimezoneParameter = None) -> SentFace:
    require_type(request, "application/json")
    body, choose = await read_body(request), partial(chosen_locale, request)
    load = partial(query_of_json, body, choose, upload_limit(request))
    return SentFace(load, lambda: (choose().encode(), body.join()), timezone)


async def _watch_json(
    request: Request, locale: LocaleParameter = None, timezone: TimezoneParameter = None
) -> AsyncIterator[SentFace]:
    sent = await _read_json(request, locale, timezone)
    async with while_connected(request, sent.load) as load:
        yield replace(sent, load=load)


async def _watch_form(
    request: Request, locale: LocaleParameter = None, timezone: TimezoneParameter = None
) -> AsyncIterator[SentFace]:
    require_type(request, "multipart/form-data")
    body, kind, choose = await read_body(request), request.headers["content-type"], partial(chosen_locale, request)
    parse = partial(query_of_form, body, kind, choose, upload_limit(request))
    async with while_connected(request, parse) as load:
        yield SentFace(load, lambda: (choose().encode(), without_boundary(body.join(), kind)), timezone)


JsonFace = Annotated[SentFace, Depends(_watch_json)]
FormFace = Annotated[SentFace, Depends(_watch_form)]
TaskFace = Annotated[SentFace, Depends(_read_json)]


def query_of_json(pieces: Pieces, choose: ChooseLocale, max_bytes: int) -> FaceQuery:
    """Return the query of a JSON body; raises whatever is wrong with it."""
    body = pieces.join()
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


def query_of_form(body: Pieces, content_type: str, choose: ChooseLocale, max_bytes: int) -> FaceQuery:
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
