"""The measured lines of a face, drawn for a photo that is sent with the request."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from gwansang.api.body_limits import body_limit
from gwansang.api.openapi import Responses, problem_responses
from gwansang.api.v1.error_responses import READING_OF_FORM
from gwansang.api.v1.inputs.faces import FormFace
from gwansang.api.v1.openapi_bodies import FORM_BODY
from gwansang.api.v1.presenters.overlays import present_overlay
from gwansang.api.v1.presenters.readings import present
from gwansang.dependencies.callers import FaceCallerOrGuest
from gwansang.dependencies.services import Overlays, Pngs
from gwansang.drawing.overlay import Canvas
from gwansang.drawing.png_renderer import DrawingUnavailableError
from gwansang.services.readings.overlay_service import ReadPhoto

router = APIRouter(prefix="/api/v1/analysis/face", tags=["analysis"])
WithPhoto = Annotated[bool, Query(description="Whether the lines are drawn over the photo.", examples=[False])]
_SVG, _PNG = "image/svg+xml", "image/png"


def _picture(media_type: str, schema: dict[str, str], *errors: type[DrawingUnavailableError]) -> Responses:
    picture = {"description": "The drawing.", "content": {media_type: {"schema": schema}}}
    return {200: picture, **problem_responses(*errors, *READING_OF_FORM)}


@router.post(
    "/overlay.svg",
    response_class=Response,
    openapi_extra=FORM_BODY,
    responses=_picture(_SVG, {"type": "string", "example": "<svg …></svg>"}),
)
@body_limit("max_upload_bytes", "max_form_bytes", form=True)
async def draw_face_overlay(
    caller: FaceCallerOrGuest, face: FormFace, overlays: Overlays, photo: WithPhoto = False
) -> Response:
    """Draw the measured lines of an uploaded photo, with the parts' names; nothing is kept.

    The drawing is transparent and has the proportions of the upright photo, for laying over it. With `photo=true` it
    contains the photo, at most 1600 pixels, and is wider if the names need room.
    """
    read = await overlays.read(face, caller.user_id if caller else None)
    return Response(await asyncio.to_thread(_draw, read, with_photo=photo), media_type=_SVG)


@router.post(
    "/overlay.png",
    response_class=Response,
    openapi_extra=FORM_BODY,
    responses=_picture(_PNG, {"type": "string", "format": "binary", "example": "(PNG)"}, DrawingUnavailableError),
)
@body_limit("max_upload_bytes", "max_form_bytes", form=True)
async def draw_face_overlay_as_png(
    caller: FaceCallerOrGuest, face: FormFace, overlays: Overlays, pngs: Pngs
) -> Response:
    """Draw the measured lines over an uploaded photo, upright and at most 1600 pixels; nothing is kept."""
    read = await overlays.read(face, caller.user_id if caller else None)
    drawing = await asyncio.to_thread(_draw, read, with_photo=True)
    return Response(await pngs.render(drawing), media_type=_PNG)


def _draw(read: ReadPhoto, *, with_photo: bool) -> str:
    copy = read.photo
    canvas = Canvas(copy.width, copy.height, copy.jpeg if with_photo else None)
    return present_overlay(present(read.result), canvas)
