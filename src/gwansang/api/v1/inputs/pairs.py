"""Bodies of requests with two faces, or with the code of an invitation and one face."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import ValidationError

from gwansang.api.errors import invalid_model
from gwansang.api.json_body import parse_object
from gwansang.api.v1.inputs.bodies import Model, check_size, read_body, read_fields, require_type, while_connected
from gwansang.api.v1.inputs.faces import ChooseLocale, face_query
from gwansang.core.exceptions import InvalidRequestError
from gwansang.core.multipart import FormParser
from gwansang.core.pieces import Pieces
from gwansang.dependencies.params import LocaleParameter, chosen_locale
from gwansang.dependencies.services import upload_limit
from gwansang.schemas.compatibility import (
    ComparedFace,
    CompatibilityRequest,
    PairForm,
    RedemptionForm,
    RedemptionRequest,
)
from gwansang.services.ml.face_analyzer import MAX_PHOTOS, FaceQuery, label_errors_with_file
from gwansang.services.readings.compatibility_service import (
    FaceSource,
    PairLoader,
    PairQuery,
    RedemptionLoader,
    RedemptionQuery,
    TwoFacesRequiredError,
)
from gwansang.texts import Locale

_PAIR = 2
_JSON, _FORM = "application/json", "multipart/form-data"
T = TypeVar("T")


async def _json_pair(request: Request, locale: LocaleParameter = None) -> AsyncIterator[PairLoader]:
    async with _watch(request, _JSON, pair_of_json) as load:
        yield load


async def _form_pair(request: Request, locale: LocaleParameter = None) -> AsyncIterator[PairLoader]:
    async with _watch(request, _FORM, partial(pair_of_form, _type_of(request))) as load:
        yield load


async def _json_redemption(request: Request, locale: LocaleParameter = None) -> AsyncIterator[RedemptionLoader]:
    async with _watch(request, _JSON, redemption_of_json) as load:
        yield load


async def _form_redemption(request: Request, locale: LocaleParameter = None) -> AsyncIterator[RedemptionLoader]:
    async with _watch(request, _FORM, partial(redemption_of_form, _type_of(request))) as load:
        yield load


JsonPair = Annotated[PairLoader, Depends(_json_pair)]
FormPair = Annotated[PairLoader, Depends(_form_pair)]
JsonRedemption = Annotated[RedemptionLoader, Depends(_json_redemption)]
FormRedemption = Annotated[RedemptionLoader, Depends(_form_redemption)]


@asynccontextmanager
async def _watch(
    request: Request, expected_type: str, parse: Callable[[Pieces, ChooseLocale, int], T]
) -> AsyncIterator[Callable[[], T]]:
    require_type(request, expected_type)
    body, choose = await read_body(request), partial(chosen_locale, request)
    async with while_connected(request, partial(parse, body, choose, upload_limit(request))) as load:
        yield load


def _type_of(request: Request) -> str:
    return request.headers.get("content-type", "")


def pair_of_json(body: Pieces, choose: ChooseLocale, max_bytes: int) -> PairQuery:
    """Return the two faces of a JSON body; raises whatever is wrong with it."""
    fields = _fields_of_json(body, CompatibilityRequest)
    locale = choose(fields.locale)
    with label_errors_with_file(0, _PAIR):
        first = _source(fields.first, locale, max_bytes)
    with label_errors_with_file(1, _PAIR):
        second = _source(fields.second, locale, max_bytes)
    return PairQuery(first, second, fields.other_agrees, locale)


def pair_of_form(content_type: str, body: Pieces, choose: ChooseLocale, max_bytes: int) -> PairQuery:
    """Return the two faces of an upload form; raises whatever is wrong with it."""
    form = FormParser(content_type, _PAIR)
    photos = _checked_photos(form, body, max_bytes)
    fields = read_fields(form, PairForm, "Send the two photos as files in the field `file`")
    if len(photos) != _PAIR:
        raise TwoFacesRequiredError("Send two photos, one of each person.")
    locale = choose(fields.locale)
    first, second = (
        FaceQuery(locale=locale, birth_year=year, image=photo)
        for photo, year in zip(photos, (fields.birth_year, fields.other_birth_year), strict=True)
    )
    return PairQuery(first, second, fields.other_agrees, locale)


def redemption_of_json(body: Pieces, choose: ChooseLocale, max_bytes: int) -> RedemptionQuery:
    """Return the code and the face of a JSON body; raises whatever is wrong with it."""
    fields = _fields_of_json(body, RedemptionRequest)
    locale = choose(fields.locale)
    return RedemptionQuery(fields.code, _source(fields, locale, max_bytes), locale)


def redemption_of_form(content_type: str, body: Pieces, choose: ChooseLocale, max_bytes: int) -> RedemptionQuery:
    """Return the code and the face of an upload form; raises whatever is wrong with it."""
    form = FormParser(content_type, MAX_PHOTOS)
    photos = _checked_photos(form, body, max_bytes)
    fields = read_fields(form, RedemptionForm, "Send the photo as a file in the field `file`")
    first, *more = photos
    locale = choose(fields.locale)
    face = FaceQuery(locale=locale, birth_year=fields.birth_year, image=first, more_images=tuple(more))
    return RedemptionQuery(fields.code, face, locale)


def _fields_of_json(body: Pieces, model: type[Model]) -> Model:
    try:
        return model.model_validate(parse_object(body.join()))
    except ValidationError as error:
        raise invalid_model(error, model.model_fields) from None


def _checked_photos(form: FormParser, body: Pieces, max_bytes: int) -> Sequence[bytes]:
    photos = [file.content for file in form.parse(body)]
    for index, photo in enumerate(photos):
        with label_errors_with_file(index, len(photos)):
            check_size(len(photo), max_bytes)
    return photos


def _source(face: ComparedFace, locale: Locale, max_bytes: int) -> FaceSource:
    if face.analysis_id is None:
        return face_query(face, locale, max_bytes)
    if face.model_fields_set - {"analysis_id", "code", "locale"}:
        message = "Send a kept reading alone, without a photo, landmarks or a birth year"
        raise InvalidRequestError("Request validation failed", faults=[{"field": "analysis_id", "message": message}])
    return face.analysis_id
