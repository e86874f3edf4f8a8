"""Whether the process lives and whether it can work."""

from fastapi import APIRouter

from gwansang.api.openapi import problem_responses
from gwansang.dependencies.services import ReadyCheck
from gwansang.schemas.health import Health, Readiness
from gwansang.services.ml.inference_pool import NotReadyError, QueueFullError
from gwansang.services.operations.readiness_service import DatabaseUnavailableError

router = APIRouter(tags=["health"])


@router.get("/health", operation_id="health")
@router.get("/health/live")
async def live() -> Health:
    """The process answers; nothing is computed for it."""
    return Health()


@router.get("/health/ready", responses=problem_responses(NotReadyError, QueueFullError, DatabaseUnavailableError))
async def ready(readiness: ReadyCheck) -> Readiness:
    """The models are loaded, another photo would be taken, and the database answers."""
    await readiness.check()
    return Readiness()
