"""Readings of the month, and the plans that limit them."""

from typing import Annotated

from fastapi import APIRouter, Path

from gwansang.api.openapi import problem_responses
from gwansang.api.v1.error_responses import ADMIN, BODY, PARAMETERS, SIGNED_IN
from gwansang.api.v1.paths import NUMBER
from gwansang.dependencies.callers import AdminUser, TaskCaller
from gwansang.dependencies.services import Usage
from gwansang.schemas.usage import PlanChange, UsageOut
from gwansang.services.accounts.usage_service import UnknownPlanError
from gwansang.services.accounts.user_service import UserNotFoundError

router = APIRouter(prefix="/api/v1", tags=["usage"])
UserId = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
_USER = f"/users/{{user_id:{NUMBER}}}"


@router.get("/usage", responses=problem_responses(*SIGNED_IN))
async def read_usage(caller: TaskCaller, usage: Usage) -> UsageOut:
    """Return how many readings the caller has had this month, the limit of the plan, and when the month ends."""
    return UsageOut.model_validate(await usage.info(caller.user_id), from_attributes=True)


@router.get(f"{_USER}/usage", responses=problem_responses(UserNotFoundError, *ADMIN, *PARAMETERS))
async def read_usage_of_user(user_id: UserId, admin: AdminUser, usage: Usage) -> UsageOut:
    """Return the plan and the readings of any user this month. The access is noted in the audit log."""
    return UsageOut.model_validate(await usage.view(user_id, admin.user_id), from_attributes=True)


@router.put(f"{_USER}/plan", responses=problem_responses(UserNotFoundError, UnknownPlanError, *ADMIN, *BODY))
async def change_plan(user_id: UserId, body: PlanChange, admin: AdminUser, usage: Usage) -> UsageOut:
    """Give a user a plan; readings of this month count against it at once. The change is noted in the audit log."""
    return UsageOut.model_validate(await usage.set_plan(user_id, body.plan, admin.user_id), from_attributes=True)
