"""Pictures for the gallery, as administrators send them."""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated

from fastapi import Depends, Request
from pydantic import ValidationError

from gwansang.api.errors import InvalidRequestError, invalid_model
from gwansang.api.form_stream import FormStream
from gwansang.api.multipart import parse_form
from gwansang.api.v1.inputs.faces import FileTooLargeError, read_body, require_type
from gwansang.dependencies.callers import AdminUser
from gwansang.dependencies.services import UploadLimit
from gwansang.schemas.celebrity import CelebrityPhotoForm
from gwansang.services.lookalike.celebrities import Provenance


@dataclass(frozen=True, slots=True)
class GalleryPhoto:
    """A picture, whose it is and where it is from."""

    celebrity_id: int
    content: bytes
    origin: Provenance


async def _picture(request: Request, _: AdminUser, max_bytes: UploadLimit) -> GalleryPhoto:
    require_type(request, "multipart/form-data")
    body, kind = await read_body(request), request.headers["content-type"]
    return await asyncio.to_thread(picture_of, body, kind, max_bytes)


def picture_of(body: bytes | bytearray, content_type: str, max_bytes: int) -> GalleryPhoto:
    """What a form asks; raises what is wrong with it."""
    form = parse_form(body, content_type)
    pictures = form.files.get("file")
    if pictures is None:
        fault = {"field": "file", "message": "Send the picture as a file in the field `file`"}
        raise InvalidRequestError("Request validation failed", faults=[fault])
    if len(pictures[0]) > max_bytes:
        raise FileTooLargeError(f"The picture is larger than {max_bytes} bytes.", max_bytes=max_bytes)
    try:
        asked = CelebrityPhotoForm.model_validate({name: value for name, value in form.fields.items() if value})
    except ValidationError as error:
        raise invalid_model(error, CelebrityPhotoForm.model_fields) from None
    return GalleryPhoto(asked.celebrity_id, pictures[0], Provenance(asked.source, asked.licence, asked.attribution))


async def _archive(request: Request, _: AdminUser) -> BytesIO:
    require_type(request, "multipart/form-data")
    form = FormStream(request.headers["content-type"], "file", 1, lambda *_: None)  # the BodyGate has counted
    content = [file.content async for file in form.files(request.stream())]
    if not content:
        fault = {"field": "file", "message": "Send the ZIP archive as a file in the field `file`"}
        raise InvalidRequestError("Request validation failed", faults=[fault])
    return BytesIO(content[0])


NewPicture = Annotated[GalleryPhoto, Depends(_picture)]
NewArchive = Annotated[BytesIO, Depends(_archive)]
