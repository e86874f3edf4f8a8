"""The compatibility of two faces, and invitations to it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from gwansang.api.body_limits import body_limit
from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import BODY, PARAMETERS, READING_OF_FORM, READING_OF_JSON, SHOWN_ONCE, SIGNED_IN
from gwansang.api.v1.inputs.pairs import FormPair, FormRedemption, JsonPair, JsonRedemption
from gwansang.api.v1.openapi_bodies import PAIR_BODY, PAIR_FORM_BODY, REDEMPTION_BODY, REDEMPTION_FORM_BODY
from gwansang.api.v1.presenters import fields_of
from gwansang.dependencies.callers import FaceCallerOrGuest, HistoryReader, HistoryWriter, PairCallerOrGuest
from gwansang.dependencies.idempotency import OnceOnly
from gwansang.dependencies.params import PublicAddress
from gwansang.dependencies.services import Compatibilities, InvitationsOfCaller
from gwansang.drawing.qr_code import qr_code
from gwansang.reading.errors import ReadingOutdatedError
from gwansang.schemas.compatibility import CompatibilityOut, InvitationOut, InvitationRequest, NewInvitationOut
from gwansang.schemas.paging import PageOut
from gwansang.services.accounts.idempotency_service import RecordCreation, refuse_second_secret
from gwansang.services.readings.compatibility_service import OtherConsentRequiredError, TwoFacesRequiredError
from gwansang.services.readings.history_service import AnalysisNotFoundError
from gwansang.services.readings.invitation_service import (
    InvitationNotFoundError,
    NewInvitation,
    TooManyInvitationsError,
)

router = APIRouter(prefix="/api/v1/analysis", tags=["compatibility"])
AnalysisId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])]
InvitationId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a11"])]


@router.post(
    "/compatibility",
    openapi_extra=PAIR_BODY,
    responses=problem_responses(
        OtherConsentRequiredError, AnalysisNotFoundError, ReadingOutdatedError, *READING_OF_JSON
    ),
)
@body_limit("max_json_bytes")
async def compare_faces(
    caller: PairCallerOrGuest, load: JsonPair, compatibilities: Compatibilities
) -> CompatibilityOut:
    """Tell what tradition says of two faces together (궁합), without a grade; nothing is kept.

    Each face is a photo, landmarks or a kept reading of the caller. The caller states in `other_agrees` that the other
    person agrees.
    """
    match = await compatibilities.match_pair(load, caller.user_id if caller else None)
    return CompatibilityOut.model_validate(match, from_attributes=True)


@router.post(
    "/compatibility/upload",
    openapi_extra=PAIR_FORM_BODY,
    responses=problem_responses(OtherConsentRequiredError, TwoFacesRequiredError, *READING_OF_FORM),
)
@body_limit("max_upload_bytes", "max_form_bytes", form=True)
async def compare_uploaded_faces(
    caller: PairCallerOrGuest, load: FormPair, compatibilities: Compatibilities
) -> CompatibilityOut:
    """Compare the faces on two uploaded photos; otherwise as `POST /analysis/compatibility`."""
    match = await compatibilities.match_pair(load, caller.user_id if caller else None)
    return CompatibilityOut.model_validate(match, from_attributes=True)


@router.post(
    "/compatibility/invitation",
    openapi_extra=REDEMPTION_BODY,
    responses=problem_responses(InvitationNotFoundError, AnalysisNotFoundError, ReadingOutdatedError, *READING_OF_JSON),
)
@body_limit("max_json_bytes")
async def redeem_invitation(
    caller: FaceCallerOrGuest, load: JsonRedemption, compatibilities: Compatibilities
) -> CompatibilityOut:
    """Compare one's own face with that of the person who sent the code. Neither sees the other's photo or reading, and
    nothing of this face is kept; a photo that can't be read does not use up the code."""
    match = await compatibilities.redeem(load, caller.user_id if caller else None)
    return CompatibilityOut.model_validate(match, from_attributes=True)


@router.post(
    "/compatibility/invitation/upload",
    openapi_extra=REDEMPTION_FORM_BODY,
    responses=problem_responses(InvitationNotFoundError, ReadingOutdatedError, *READING_OF_FORM),
)
@body_limit("max_upload_bytes", "max_form_bytes", form=True)
async def redeem_invitation_with_upload(
    caller: FaceCallerOrGuest, load: FormRedemption, compatibilities: Compatibilities
) -> CompatibilityOut:
    """Redeem a code with an uploaded photo; otherwise as `POST /analysis/compatibility/invitation`."""
    match = await compatibilities.redeem(load, caller.user_id if caller else None)
    return CompatibilityOut.model_validate(match, from_attributes=True)


@router.post(
    "/{analysis_id:uuid}/invitations",
    status_code=201,
    responses=problem_responses(AnalysisNotFoundError, TooManyInvitationsError, *SHOWN_ONCE, *SIGNED_IN, *BODY),
)
async def make_invitation(
    analysis_id: AnalysisId,
    caller: HistoryWriter,
    invitations: InvitationsOfCaller,
    once: OnceOnly,
    address: PublicAddress,
    body: InvitationRequest | None = None,
) -> NewInvitationOut:
    """Create an invitation: a code with which another person compares their face with that of a kept reading."""
    asked = body or InvitationRequest()

    async def create(record: RecordCreation | None) -> NewInvitation:
        return await invitations.create(caller.user_id, analysis_id, asked.days, asked.uses, record)

    content = asked.model_dump_json().encode()
    made = await once.run(caller.user_id, lambda: (content,), create, refuse_second_secret)
    url = f"{address}/#/match/{made.code}"
    return NewInvitationOut(**fields_of(made), url=url, qr_svg=qr_code(url))


@router.get("/invitations", responses=problem_responses(*SIGNED_IN))
async def list_invitations(caller: HistoryReader, invitations: InvitationsOfCaller) -> PageOut[InvitationOut]:
    """List one's own invitations that still work, newest first; always on one page."""
    rows = await invitations.list_valid(caller.user_id)
    items = [InvitationOut.model_validate(row, from_attributes=True) for row in rows]
    return PageOut[InvitationOut].of_all(items)


@router.delete(
    "/invitations/{invitation_id:uuid}",
    status_code=204,
    responses=problem_responses(InvitationNotFoundError, *SIGNED_IN, *PARAMETERS),
)
async def end_invitation(invitation_id: InvitationId, caller: HistoryWriter, invitations: InvitationsOfCaller) -> None:
    """End an invitation at once."""
    await invitations.end(caller.user_id, invitation_id)
