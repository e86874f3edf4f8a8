"""Liveness and readiness."""

from fastapi import APIRouter

from gwansang.api.openapi import problem_responses
from gwansang.dependencies.services import ReadyCheck
from gwansang.schemas.health import Health, Readiness
from gwansang.services.ml.inference_pool import NotReadyError, QueueFullError
from gwansang.services.operations.readiness_service import DatabaseUnavailableError

router = APIRouter(tags=["health"])


@router.get("/health", operation_id="check_health")
@router.get("/health/live")
async def check_liveness() -> Health:
    """Report that the process answers; nothing is checked."""
    return Health()


@router.get("/health/ready", responses=problem_responses(NotReadyError, QueueFullError, DatabaseUnavailableError))
async def check_readiness(readiness: ReadyCheck) -> Readiness:
    """Check that the models are loaded, the queue has room, and the database answers."""
    await readiness.check()
    return Readiness()
