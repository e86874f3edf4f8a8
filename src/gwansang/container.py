"""The only place that knows concrete classes: builds everything once from the settings, closes it once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4
from zoneinfo import ZoneInfo

from gwansang.config import Settings
from gwansang.core.clock import Clock, utc_now
from gwansang.core.memory import memory_returner
from gwansang.services.analysis_service import AnalysisService
from gwansang.services.ml.face_analyzer import FaceAnalyzer, FaceVision, PhotoEngine
from gwansang.services.ml.inference_pool import InferencePool


@dataclass(frozen=True, slots=True)
class Container:
    """What an endpoint may be given."""

    analyses: AnalysisService
    pool: InferencePool[FaceVision]
    max_upload_bytes: int


@asynccontextmanager
async def open_container(settings: Settings) -> AsyncIterator[Container]:
    """Loads and tests the models, then hands out the services; raises where the service could not work."""
    pool = InferencePool[FaceVision](
        lambda: PhotoEngine(settings.model_path),
        workers=settings.inference_workers,
        queue=settings.inference_queue,
        timeout_s=settings.inference_timeout_s,
        when_idle=memory_returner(),
    )
    async with assembled(pool, settings, clock=utc_now) as container:
        yield container


@asynccontextmanager
async def assembled(pool: InferencePool[FaceVision], settings: Settings, *, clock: Clock) -> AsyncIterator[Container]:
    """The services around a pool, which is started here and in the end closed."""
    await pool.start()
    try:
        analyzer = FaceAnalyzer(pool)
        await analyzer.rehearse(clock().date())
        analyses = AnalysisService(analyzer, clock=clock, new_id=uuid4, timezone=ZoneInfo(settings.timezone))
        yield Container(analyses=analyses, pool=pool, max_upload_bytes=settings.max_upload_bytes)
    finally:
        await pool.close()
