"""What is submitted as long work: bodies that are checked while somebody still listens, and kept file by file."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import ValidationError

from gwansang.api.errors import InvalidRequestError, invalid_model
from gwansang.api.form_stream import FormStream
from gwansang.api.v1.inputs.faces import Ask, FileTooLargeError, query_of_json, read_body, require_type
from gwansang.core.rate_limit import Bucket
from gwansang.dependencies.callers import COSTS, FaceCaller, VideoCaller, spend, user_key
from gwansang.dependencies.params import LocaleParameter, chosen_locale
from gwansang.dependencies.services import UploadLimit, VideoLimit
from gwansang.schemas.face_input import BatchForm, FaceForm
from gwansang.services.accounts.caller import Caller
from gwansang.services.jobs.batch_job import MAX_BATCH
from gwansang.services.jobs.face_data import ReadingRequest, dump_request

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern="^[!-~]{1,255}$",
        description=(
            "Made up by the client, 1 to 255 visible ASCII characters. Sent again with the same request, it leads to "
            "the task that there is; with another request it is refused."
        ),
        examples=["8c1f2c5e-6f0b-4b0e-8f57-4b8f5d1c9a10"],
    ),
]


async def _face_ask(request: Request, max_bytes: UploadLimit, locale: LocaleParameter = None) -> Ask:
    require_type(request, "application/json")
    return partial(query_of_json, await read_body(request), partial(chosen_locale, request), max_bytes)


async def _batch_inputs(
    request: Request, caller: FaceCaller, max_bytes: UploadLimit, locale: LocaleParameter = None
) -> AsyncIterator[bytes]:
    require_type(request, "multipart/form-data")
    return _one_by_one(request, caller, max_bytes)


async def _one_by_one(request: Request, caller: Caller, max_bytes: int) -> AsyncIterator[bytes]:
    """The photos, then the order; each photo is counted before it is kept, the first by the call itself."""
    form = FormStream(request.headers["content-type"], "file", MAX_BATCH, partial(_check_size, max_bytes))
    names: list[str] = []
    async for file in form.files(request.stream()):
        if names:
            await spend(request, Bucket.CALLER, user_key(caller), COSTS["analyze"])
        names.append(file.name)
        yield file.content
        request.state.release_body()  # set by the BodyGate
    if not names:
        fault = {"field": "file", "message": "Send the photos as files in the field `file`"}
        raise InvalidRequestError("Request validation failed", faults=[fault])
    try:
        asked = BatchForm.model_validate({name: value for name, value in form.fields.items() if value})
    except ValidationError as error:
        raise invalid_model(error, BatchForm.model_fields) from None
    yield dump_request(ReadingRequest(locale=chosen_locale(request, asked.locale), names=tuple(names)))


async def _clip_inputs(
    request: Request, _: VideoCaller, max_bytes: VideoLimit, locale: LocaleParameter = None
) -> AsyncIterator[bytes]:
    require_type(request, "multipart/form-data")
    return _clip(request, max_bytes)


async def _clip(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """The film, then the order."""
    form = FormStream(request.headers["content-type"], "file", 1, partial(_check_clip_size, max_bytes))
    found = False
    async for file in form.files(request.stream()):
        found = True
        yield file.content
        request.state.release_body()
    if not found:
        fault = {"field": "file", "message": "Send the video as a file in the field `file`"}
        raise InvalidRequestError("Request validation failed", faults=[fault])
    try:
        asked = FaceForm.model_validate({name: value for name, value in form.fields.items() if value})
    except ValidationError as error:
        raise invalid_model(error, FaceForm.model_fields) from None
    yield dump_request(ReadingRequest(locale=chosen_locale(request, asked.locale), birth_year=asked.birth_year))


def _check_clip_size(max_bytes: int, size: int, _: int) -> None:
    if size > max_bytes:
        raise FileTooLargeError(f"The video is larger than {max_bytes} bytes.", max_bytes=max_bytes)


def _check_size(max_bytes: int, size: int, files_before: int) -> None:
    if size > max_bytes:
        message = f"A photo is larger than {max_bytes} bytes."
        raise FileTooLargeError(message, max_bytes=max_bytes, file=files_before + 1)


FaceAsk = Annotated[Ask, Depends(_face_ask)]
ClipInputs = Annotated[AsyncIterator[bytes], Depends(_clip_inputs)]
BatchInputs = Annotated[AsyncIterator[bytes], Depends(_batch_inputs)]
