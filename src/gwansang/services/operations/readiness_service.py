"""Whether the service could do its work now."""

from gwansang.db.session import DatabaseUnavailableError
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.ml.face_analyzer import FaceVision
from gwansang.services.ml.inference_pool import InferencePool

__all__ = ["DatabaseUnavailableError", "ReadinessService"]


class ReadinessService:
    """Asks the models and the database."""

    def __init__(self, uow: UnitOfWork, pool: InferencePool[FaceVision]) -> None:
        self._uow = uow
        self._pool = pool

    async def check(self) -> None:
        """Raises NotReadyError, QueueFullError or DatabaseUnavailableError."""
        self._pool.check_ready()
        await self._uow.check_ready()
