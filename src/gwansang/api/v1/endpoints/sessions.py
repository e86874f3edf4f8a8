"""Sign-ins of the caller."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import PARAMETERS, SIGNED_IN
from gwansang.dependencies.callers import CurrentUser
from gwansang.dependencies.params import PageParams
from gwansang.dependencies.services import Sessions
from gwansang.schemas.paging import PageOut
from gwansang.schemas.sessions import SessionOut
from gwansang.services.accounts.sessions import SessionNotFoundError

router = APIRouter(prefix="/api/v1/users/me/sessions", tags=["signing in"])
SessionId = Annotated[UUID, Path(examples=["0193a6f0-7b7a-4a3c-9d65-3f6c1c2b7a10"])]


@router.get("", responses=problem_responses(*SIGNED_IN, *PARAMETERS))
async def list_sessions(caller: CurrentUser, sessions: Sessions, params: PageParams) -> PageOut[SessionOut]:
    """List one's own sign-ins with their devices, the last used first."""
    page = await sessions.page(caller.user_id, caller.family, params)
    return PageOut[SessionOut].model_validate(page, from_attributes=True)


@router.delete(
    "/{session_id:uuid}", status_code=204, responses=problem_responses(SessionNotFoundError, *SIGNED_IN, *PARAMETERS)
)
async def end_session(session_id: SessionId, caller: CurrentUser, sessions: Sessions) -> None:
    """End a sign-in with all its tokens, at once."""
    await sessions.end(caller.user_id, session_id)
