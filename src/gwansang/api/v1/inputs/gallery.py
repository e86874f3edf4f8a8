"""Pictures for the gallery, as administrators send them."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated

from fastapi import Depends, Request

from gwansang.api.v1.inputs.bodies import FILE, check_size, read_body, read_fields, require_file, require_type
from gwansang.core.multipart import FormParser
from gwansang.core.pieces import Pieces
from gwansang.dependencies.callers import AdminUser
from gwansang.dependencies.services import upload_limit
from gwansang.schemas.celebrity import CelebrityPhotoForm
from gwansang.services.lookalike.celebrities import Provenance


@dataclass(frozen=True, slots=True)
class GalleryPhoto:
    """A picture, the person it shows, and its origin."""

    celebrity_id: int
    content: bytes
    origin: Provenance

    def parts(self) -> Iterator[bytes]:
        """Yield what makes two requests the same, whatever boundary their forms have."""
        yield self.content
        for field in (self.celebrity_id, self.origin.source, self.origin.licence, self.origin.attribution):
            yield str(field).encode()


async def _picture(request: Request, _: AdminUser) -> GalleryPhoto:
    require_type(request, "multipart/form-data")
    body, kind = await read_body(request), request.headers["content-type"]
    return await asyncio.to_thread(parse_picture, body, kind, upload_limit(request))


def parse_picture(body: Pieces, content_type: str, max_bytes: int) -> GalleryPhoto:
    """Return the picture of a form; raises whatever is wrong with it."""
    form, advice = FormParser(content_type), "Send the picture as a file in the field `file`"
    files = form.parse(body)
    require_file(form, advice)
    check_size(len(files[0].content), max_bytes, "The picture")
    fields = read_fields(form, CelebrityPhotoForm, advice)
    origin = Provenance(fields.source, fields.licence, fields.attribution)
    return GalleryPhoto(fields.celebrity_id, files[0].content, origin)


async def _archive(request: Request, _: AdminUser) -> BytesIO:
    require_type(request, "multipart/form-data")
    form = FormParser(request.headers["content-type"], field=FILE)
    files = [file.content async for file in form.stream(request.stream())]
    require_file(form, "Send the ZIP archive as a file in the field `file`")
    return BytesIO(files[0])


NewPicture = Annotated[GalleryPhoto, Depends(_picture)]
NewArchive = Annotated[BytesIO, Depends(_archive)]
