"""Kept readings as cards to share."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from gwansang.api.openapi import Responses, problem_responses
from gwansang.api.v1.cards.reading_card import reading_card
from gwansang.api.v1.error_responses import PARAMETERS, SIGNED_IN
from gwansang.dependencies.callers import HistoryReader
from gwansang.dependencies.services import History
from gwansang.services.readings.history_service import AnalysisNotFoundError

router = APIRouter(prefix="/api/v1/analysis", tags=["kept readings"])
_SVG = "image/svg+xml"
_CARD: Responses = {
    200: {"description": "The card.", "content": {_SVG: {"schema": {"type": "string", "example": "<svg …></svg>"}}}},
    **problem_responses(AnalysisNotFoundError, *SIGNED_IN, *PARAMETERS),
}


@router.get("/{analysis_id:uuid}/card.svg", response_class=Response, responses=_CARD)
async def read_reading_card(
    analysis_id: Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])],
    caller: HistoryReader,
    history: History,
) -> Response:
    """Draw a card to share, 1080 by 1350: archetypes, element and energies, without photo, points and measures."""
    return Response(reading_card((await history.get(caller.user_id, analysis_id)).reading), media_type=_SVG)
