"""What the service promises about data, for everybody to read."""

from fastapi import APIRouter

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import PARAMETERS, PUBLIC
from gwansang.dependencies.callers import AddressLimit
from gwansang.dependencies.params import ChosenLocale
from gwansang.dependencies.services import Retention
from gwansang.schemas.privacy import KeptForOut, NoticeOut, RetentionOut
from gwansang.services.protection.privacy_notice import privacy_notice

router = APIRouter(
    prefix="/api/v1/privacy",
    tags=["consent and privacy"],
    dependencies=[AddressLimit],
    responses=problem_responses(*PUBLIC, *PARAMETERS),
)


@router.get("/notice")
async def read_notice(locale: ChosenLocale) -> NoticeOut:
    """What to tell people before they use it: for fun, what AI does and does not, what is kept, from which age on."""
    return NoticeOut.model_validate(privacy_notice(locale), from_attributes=True)


@router.get("/retention")
async def read_retention(locale: ChosenLocale, retention: Retention) -> RetentionOut:
    """What is kept how long, as the daily run deletes it."""
    items = [KeptForOut.model_validate(one, from_attributes=True) for one in retention.schedule(locale)]
    return RetentionOut(locale=locale, items=items)
