"""Inputs of long work: checked while the client still listens, and stored file by file."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from gwansang.api.v1.inputs.bodies import FILE, check_size, read_fields, require_type
from gwansang.core.multipart import FormParser
from gwansang.core.rate_limit import Bucket
from gwansang.dependencies.callers import COSTS, FaceCaller, VideoCaller, spend, user_key
from gwansang.dependencies.params import LocaleParameter, chosen_locale
from gwansang.dependencies.services import provided
from gwansang.schemas.face_input import BatchForm, FaceForm
from gwansang.services.accounts.caller import Caller
from gwansang.services.jobs.face_data import ReadingRequest, dump_request
from gwansang.services.tasks.kinds import BATCH, VIDEO

PhotoLimit = Annotated[int, provided(f"edge.{BATCH.file_limit}")]
VideoLimit = Annotated[int, provided(f"edge.{VIDEO.file_limit}")]


async def _batch_inputs(
    request: Request, caller: FaceCaller, max_bytes: PhotoLimit, locale: LocaleParameter = None
) -> AsyncIterator[bytes]:
    require_type(request, "multipart/form-data")
    return _photos(request, caller, max_bytes)


async def _photos(request: Request, caller: Caller, max_bytes: int) -> AsyncIterator[bytes]:
    """Yield the photos, then the request; each photo but the first, which the call itself paid for, is counted."""

    def check(size: int, files: int) -> None:
        check_size(size, max_bytes, "A photo", file=files + 1)

    form = FormParser(request.headers["content-type"], BATCH.max_files, field=FILE, check_size=check)
    names: list[str] = []
    async for file in form.stream(request.stream()):
        if names:
            await spend(request, Bucket.CALLER, user_key(caller), COSTS["analyze"])
        names.append(file.name)
        yield file.content
        request.state.release_body()  # set by the BodyGate
    fields = read_fields(form, BatchForm, "Send the photos as files in the field `file`")
    yield dump_request(ReadingRequest(locale=chosen_locale(request, fields.locale), names=tuple(names)))


async def _video_inputs(
    request: Request, _: VideoCaller, max_bytes: VideoLimit, locale: LocaleParameter = None
) -> AsyncIterator[bytes]:
    require_type(request, "multipart/form-data")
    return _video(request, max_bytes)


async def _video(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """Yield the video, then the request."""

    def check(size: int, _: int) -> None:
        check_size(size, max_bytes, "The video")

    form = FormParser(request.headers["content-type"], VIDEO.max_files, field=FILE, check_size=check)
    async for file in form.stream(request.stream()):
        yield file.content
        request.state.release_body()
    fields = read_fields(form, FaceForm, "Send the video as a file in the field `file`")
    yield dump_request(ReadingRequest(locale=chosen_locale(request, fields.locale), birth_year=fields.birth_year))


VideoInputs = Annotated[AsyncIterator[bytes], Depends(_video_inputs)]
BatchInputs = Annotated[AsyncIterator[bytes], Depends(_batch_inputs)]
