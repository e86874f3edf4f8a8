"""Readiness: whether this process can serve requests now."""

from gwansang.db.session import DatabaseUnavailableError
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.ml.face_analyzer import FaceVision
from gwansang.services.ml.inference_pool import InferencePool

__all__ = ["DatabaseUnavailableError", "ReadinessService"]


class ReadinessService:
    """Checks the models and the database."""

    def __init__(self, uow: UnitOfWork, pool: InferencePool[FaceVision]) -> None:
        self._uow = uow
        self._pool = pool

    async def check(self) -> None:
        """Raise NotReadyError, QueueFullError or DatabaseUnavailableError if requests can't be served."""
        self._pool.check_ready()
        await self._uow.check_ready()
