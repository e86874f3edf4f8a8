"""Kept readings as cards to share."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from gwansang.api.openapi import Responses, problem_responses
from gwansang.api.v1.cards.reading_card import reading_card
from gwansang.api.v1.error_responses import PARAMETERS, SIGNED_IN
from gwansang.dependencies.callers import HistoryReader
from gwansang.dependencies.params import RequestedLocale
from gwansang.dependencies.services import History, Pngs
from gwansang.drawing.png_renderer import DrawingUnavailableError
from gwansang.drawing.story_card import story_card
from gwansang.reading.model import Reading
from gwansang.services.readings.history_service import AnalysisNotFoundError

router = APIRouter(prefix="/api/v1/analysis", tags=["kept readings"])
AnalysisId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])]
CardFormat = Annotated[
    Literal["story", "square", "og", "portrait"],
    Query(
        alias="format",
        description="`story` (1080 by 1920), `square` (1080 by 1080) and `og` (1200 by 630, for previews of links) "
        "show title, story, element and energies; `portrait` (1080 by 1350) shows the archetypes.",
        examples=["square"],
    ),
]
_SVG, _PNG = "image/svg+xml", "image/png"


def _card_responses(media_type: str, schema: dict[str, str], *errors: type[DrawingUnavailableError]) -> Responses:
    card = {"description": "The card.", "content": {media_type: {"schema": schema}}}
    return {200: card, **problem_responses(AnalysisNotFoundError, *errors, *SIGNED_IN, *PARAMETERS)}


@router.get(
    "/{analysis_id:uuid}/card.svg",
    response_class=Response,
    responses=_card_responses(_SVG, {"type": "string", "example": "<svg …></svg>"}),
)
async def read_reading_card(
    analysis_id: AnalysisId,
    caller: HistoryReader,
    history: History,
    locale: RequestedLocale,
    card_format: CardFormat = "story",
) -> Response:
    """Draw a card to share, in the language of `?locale=` or of the reading, with the notice; no photo, points or
    measures."""
    reading = (await history.get(caller.user_id, analysis_id, locale)).reading
    return Response(await asyncio.to_thread(_draw, reading, card_format), media_type=_SVG)


@router.get(
    "/{analysis_id:uuid}/card.png",
    response_class=Response,
    responses=_card_responses(
        _PNG, {"type": "string", "format": "binary", "example": "(PNG)"}, DrawingUnavailableError
    ),
)
async def read_reading_card_png(
    analysis_id: AnalysisId,
    caller: HistoryReader,
    history: History,
    pngs: Pngs,
    locale: RequestedLocale,
    card_format: CardFormat = "story",
) -> Response:
    """Draw a card as PNG; otherwise as `GET /analysis/{analysis_id}/card.svg`."""
    reading = (await history.get(caller.user_id, analysis_id, locale)).reading
    drawing = await asyncio.to_thread(_draw, reading, card_format)
    return Response(await pngs.render(drawing), media_type=_PNG)


def _draw(reading: Reading, card_format: Literal["story", "square", "og", "portrait"]) -> str:
    return reading_card(reading) if card_format == "portrait" else story_card(reading, card_format)
