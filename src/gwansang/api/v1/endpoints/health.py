"""Whether the process lives and whether it can work."""

from fastapi import APIRouter

from gwansang.api.documented import problems
from gwansang.dependencies import Pool
from gwansang.schemas.health import Health, Readiness
from gwansang.services.ml.inference_pool import NotReadyError, QueueFullError

router = APIRouter(tags=["health"])


@router.get("/health")
@router.get("/health/live")
async def live() -> Health:
    """The process answers; nothing is computed for it."""
    return Health()


@router.get("/health/ready", responses=problems(NotReadyError, QueueFullError))
async def ready(pool: Pool) -> Readiness:
    """The models are loaded and another photo would be taken."""
    pool.check_ready()
    return Readiness()
