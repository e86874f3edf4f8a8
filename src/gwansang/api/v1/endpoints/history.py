"""Kept readings of the caller."""

import datetime as dt
import re
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BeforeValidator

from gwansang.api.answers import answer_from_thread
from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import BODY, PARAMETERS, SIGNED_IN
from gwansang.api.v1.presenters.lengths import fields_of_length
from gwansang.api.v1.presenters.memory import present_comparison
from gwansang.api.v1.presenters.readings import present_fortune, present_kept
from gwansang.dependencies.callers import HistoryReader, HistoryWriter
from gwansang.dependencies.params import ChosenDetail, ChosenLocale, PageParams, RequestedLocale
from gwansang.dependencies.services import History, Photos, Profiles
from gwansang.schemas.analysis import FaceReading
from gwansang.schemas.comparison import CompareRequest, ComparisonOut
from gwansang.schemas.fortune import FortuneOut
from gwansang.schemas.history import KeptReadingOut, PhotoOut
from gwansang.schemas.paging import PageOut
from gwansang.services.readings.comparison import compare
from gwansang.services.readings.history_service import AnalysisNotFoundError
from gwansang.services.readings.photo_service import PhotoNotFoundError, StorageUnavailableError

router = APIRouter(prefix="/api/v1/analysis", tags=["kept readings"])
AnalysisId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _require_iso_day(text: object) -> object:
    """Raise ValueError for anything else that Pydantic takes for a day, such as seconds since 1970."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise ValueError("a day is written YYYY-MM-DD")
    return text


Day = Annotated[dt.date, BeforeValidator(_require_iso_day), Query(alias="date", examples=["2026-11-23"])]


@router.get("", responses=problem_responses(*SIGNED_IN, *PARAMETERS))
async def list_readings(caller: HistoryReader, history: History, params: PageParams) -> PageOut[KeptReadingOut]:
    """List one's own readings, newest first; they are kept with the consent to `history`."""
    page = await history.page(caller.user_id, params)
    return PageOut[KeptReadingOut].model_validate(page, from_attributes=True)


@router.post("/compare", responses=problem_responses(AnalysisNotFoundError, *SIGNED_IN, *BODY))
async def compare_readings(
    body: CompareRequest, caller: HistoryReader, history: History, locale: ChosenLocale
) -> ComparisonOut:
    """Compare two of one's own kept readings; changes within the noise of photos are marked."""
    a, b = await history.get(caller.user_id, body.a), await history.get(caller.user_id, body.b)
    return present_comparison(compare(a, b), locale)


@router.delete("/profile", status_code=204, responses=problem_responses(*SIGNED_IN))
async def forget_profile(caller: HistoryWriter, profiles: Profiles) -> None:
    """Delete the remembered face; kept readings stay."""
    await profiles.delete(caller.user_id)


@router.get(
    "/{analysis_id:uuid}",
    response_model=FaceReading,
    responses=problem_responses(AnalysisNotFoundError, *SIGNED_IN, *PARAMETERS),
)
async def read_reading(
    request: Request,
    analysis_id: AnalysisId,
    caller: HistoryReader,
    history: History,
    locale: RequestedLocale,
    detail: ChosenDetail = "full",
) -> Response:
    """Return a kept reading, without lines to draw: neither photo nor points are kept.

    Shapes and scores are those that were decided (`engine_version`), the texts are today's (`content_version`), in the
    language that it was read in, or in `locale`.
    """
    kept = await history.get(caller.user_id, analysis_id, locale)
    return await answer_from_thread(request, partial(present_kept, kept), fields_of_length(detail))


@router.delete(
    "/{analysis_id:uuid}", status_code=204, responses=problem_responses(AnalysisNotFoundError, *SIGNED_IN, *PARAMETERS)
)
async def delete_reading(analysis_id: AnalysisId, caller: HistoryWriter, history: History) -> None:
    """Delete a kept reading, and its photo if there is one."""
    await history.delete(caller.user_id, analysis_id)


@router.get("/{analysis_id:uuid}/fortune", responses=problem_responses(AnalysisNotFoundError, *SIGNED_IN, *PARAMETERS))
async def read_fortune(
    analysis_id: AnalysisId, day: Day, caller: HistoryReader, history: History, locale: ChosenLocale
) -> FortuneOut:
    """Return the fortune of any day for the face of a kept reading."""
    return present_fortune(await history.fortune(caller.user_id, analysis_id, day, locale))


@router.get("/{analysis_id:uuid}/fortunes", responses=problem_responses(AnalysisNotFoundError, *SIGNED_IN, *PARAMETERS))
async def list_fortunes(
    analysis_id: AnalysisId,
    day: Day,
    caller: HistoryReader,
    history: History,
    locale: ChosenLocale,
    days: Annotated[int, Query(ge=1, le=31, examples=[7])] = 7,
) -> list[FortuneOut]:
    """List the fortunes of a week, or of up to 31 days, for the face of a kept reading."""
    fortunes = await history.fortunes(caller.user_id, analysis_id, day, days, locale)
    return [present_fortune(fortune) for fortune in fortunes]


@router.get(
    "/{analysis_id:uuid}/photo",
    responses=problem_responses(PhotoNotFoundError, StorageUnavailableError, *SIGNED_IN, *PARAMETERS),
)
async def read_photo_link(analysis_id: AnalysisId, caller: HistoryReader, photos: Photos) -> PhotoOut:
    """Return a URL of the photo of a kept reading, valid for five minutes and without signing in; photos are kept with
    the consents to `history` and `retain_photo`."""
    return PhotoOut.model_validate(await photos.link(caller.user_id, analysis_id), from_attributes=True)
