"""Consents: their purposes and texts, granting and withdrawing."""

from typing import Annotated

from fastapi import APIRouter, Path

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import BODY, PARAMETERS, SIGNED_IN
from gwansang.dependencies.callers import CurrentUser
from gwansang.dependencies.params import ChosenLocale
from gwansang.dependencies.services import Consents
from gwansang.schemas.consents import ConsentOut, ConsentRequest, PurposeName
from gwansang.schemas.paging import PageOut
from gwansang.services.accounts.consent_service import ConsentVersionError
from gwansang.services.accounts.user_service import EmailUnverifiedError

router = APIRouter(prefix="/api/v1/consents", tags=["consent and privacy"])
PurposePath = Annotated[PurposeName, Path(examples=["history"])]


@router.get("", responses=problem_responses(*SIGNED_IN, *PARAMETERS))
async def list_consents(caller: CurrentUser, consents: Consents, locale: ChosenLocale) -> PageOut[ConsentOut]:
    """List every purpose with its text and one's own consent; always on one page."""
    states = await consents.states(caller.user_id, locale)
    items = [ConsentOut.model_validate(state, from_attributes=True) for state in states]
    return PageOut[ConsentOut].of_all(items)


@router.put("/{purpose}", responses=problem_responses(ConsentVersionError, EmailUnverifiedError, *SIGNED_IN, *BODY))
async def grant_consent(
    purpose: PurposePath,
    caller: CurrentUser,
    consents: Consents,
    locale: ChosenLocale,
    body: ConsentRequest | None = None,
) -> ConsentOut:
    """Agree to the text in force; send the version that was shown, so that no other one is agreed to."""
    state = await consents.grant(caller.user_id, purpose, locale, body.version if body else None)
    return ConsentOut.model_validate(state, from_attributes=True)


@router.delete("/{purpose}", responses=problem_responses(*SIGNED_IN, *PARAMETERS))
async def withdraw_consent(
    purpose: PurposePath, caller: CurrentUser, consents: Consents, locale: ChosenLocale
) -> ConsentOut:
    """Withdraw a consent; data that depends on it is deleted at once."""
    return ConsentOut.model_validate(await consents.withdraw(caller.user_id, purpose, locale), from_attributes=True)
