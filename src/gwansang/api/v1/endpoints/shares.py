"""Links by which callers share kept readings."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import BODY, PARAMETERS, SHOWN_ONCE, SIGNED_IN
from gwansang.api.v1.presenters import fields_of
from gwansang.dependencies.callers import CurrentUser
from gwansang.dependencies.idempotency import OnceOnly
from gwansang.dependencies.params import ChosenLocale, PageParams, PublicAddress
from gwansang.dependencies.services import Shares
from gwansang.schemas.paging import PageOut
from gwansang.schemas.shares import NewShareOut, ShareOut, ShareRequest
from gwansang.services.accounts.idempotency_service import RecordCreation, refuse_second_secret
from gwansang.services.readings.history_service import AnalysisNotFoundError
from gwansang.services.readings.share_service import NewShare, ShareLimitError, ShareNotFoundError

router = APIRouter(prefix="/api/v1/analysis/{analysis_id:uuid}/shares", tags=["kept readings"])
AnalysisId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])]
ShareId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a12"])]


@router.post(
    "",
    status_code=201,
    responses=problem_responses(AnalysisNotFoundError, ShareLimitError, *SHOWN_ONCE, *SIGNED_IN, *BODY),
)
async def share_reading(
    analysis_id: AnalysisId,
    caller: CurrentUser,
    shares: Shares,
    locale: ChosenLocale,
    address: PublicAddress,
    once: OnceOnly,
    body: ShareRequest | None = None,
) -> NewShareOut:
    """Create a link that shows the words of a kept reading to anyone who has its URL: no photo, no measure, no name.

    It ends by itself after `expires_in_hours`, when it is deleted, and with the reading. The page is in the language of
    `?locale=`; search engines are asked to leave it out. No later answer shows the URL.
    """
    hours = (body or ShareRequest.model_validate({})).expires_in_hours

    async def create(record: RecordCreation | None) -> NewShare:
        return await shares.create(caller.user_id, analysis_id, hours, locale, record)

    created = await once.run(caller.user_id, lambda: (str(hours).encode(),), create, refuse_second_secret)
    url = f"{address}/s/{created.token}"
    return NewShareOut(**fields_of(created.info), url=url, qr_url=f"{url}/qr.svg", card_url=f"{url}/card.png")


@router.get("", responses=problem_responses(AnalysisNotFoundError, *SIGNED_IN, *PARAMETERS))
async def list_shares(
    analysis_id: AnalysisId, caller: CurrentUser, shares: Shares, params: PageParams
) -> PageOut[ShareOut]:
    """List the links to a kept reading that have not ended, newest first."""
    page = await shares.page(caller.user_id, analysis_id, params)
    return PageOut[ShareOut].model_validate(page, from_attributes=True)


@router.delete(
    "/{share_id:uuid}", status_code=204, responses=problem_responses(ShareNotFoundError, *SIGNED_IN, *PARAMETERS)
)
async def end_share(analysis_id: AnalysisId, share_id: ShareId, caller: CurrentUser, shares: Shares) -> None:
    """End a link at once."""
    await shares.end(caller.user_id, analysis_id, share_id)
