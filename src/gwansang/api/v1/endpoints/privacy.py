"""The privacy notice and the retention schedule."""

from fastapi import APIRouter

from gwansang.api.openapi import problem_responses
from gwansang.api.public_answers import PublicRoute
from gwansang.api.v1.error_responses import PARAMETERS, PUBLIC
from gwansang.dependencies.callers import AddressLimit
from gwansang.dependencies.params import ChosenLocale
from gwansang.dependencies.services import Retention
from gwansang.schemas.privacy import KeptForOut, NoticeOut, RetentionOut
from gwansang.services.protection.privacy_notice import privacy_notice

router = APIRouter(
    prefix="/api/v1/privacy",
    tags=["consent and privacy"],
    route_class=PublicRoute,
    dependencies=[AddressLimit],
    responses=problem_responses(*PUBLIC, *PARAMETERS),
)


@router.get("/notice")
async def read_notice(locale: ChosenLocale) -> NoticeOut:
    """Return the notice to show before use: entertainment, the role of AI, data that is kept, minimum age."""
    return NoticeOut.model_validate(privacy_notice(locale), from_attributes=True)


@router.get("/retention")
async def read_retention(locale: ChosenLocale, retention: Retention) -> RetentionOut:
    """Return the retention of each kind of data, as the daily run deletes it."""
    items = [KeptForOut.model_validate(item, from_attributes=True) for item in retention.schedule(locale)]
    return RetentionOut(locale=locale, items=items)
