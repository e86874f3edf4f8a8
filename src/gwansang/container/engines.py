"""What sees and reads faces, once it is loaded and tested."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from gwansang.config import Settings
from gwansang.core.clock import Clock, utc_now
from gwansang.core.memory import memory_returner
from gwansang.core.meters import Meters
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.norms_file import load_norms
from gwansang.services.ml.face_analyzer import FaceAnalyzer, FaceVision, PhotoEngine
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.ml.timed_vision import TimedVision
from gwansang.services.readings.analysis_service import AnalysisService


@asynccontextmanager
async def open_analyses(settings: Settings) -> AsyncIterator[AnalysisService]:
    """Readings alone, for whoever keeps nothing and so needs no database."""
    meters = Meters()
    async with analysing(photo_pool(settings, meters), settings, utc_now, meters) as analyses:
        yield analyses


@asynccontextmanager
async def analysing(
    pool: InferencePool[FaceVision], settings: Settings, clock: Clock, meters: Meters
) -> AsyncIterator[AnalysisService]:
    await pool.start()
    try:
        analyzer = FaceAnalyzer(pool, norms_of(settings), partial(meters.inference, "reading"))
        await analyzer.rehearse(clock().date())
        yield AnalysisService(analyzer, clock=clock, new_id=uuid4, timezone=ZoneInfo(settings.timezone))
    finally:
        await pool.close()


def photo_pool(settings: Settings, meters: Meters) -> InferencePool[FaceVision]:
    return InferencePool[FaceVision](
        lambda: TimedVision(PhotoEngine(settings.model_path), partial(meters.inference, "vision")),
        workers=settings.inference_workers,
        queue=settings.inference_queue,
        timeout_s=settings.inference_timeout_s,
        when_idle=memory_returner(),
        note_wait=partial(meters.inference, "queue"),
    )


def norms_of(settings: Settings) -> Norms:
    return load_norms(settings.norms_path) if settings.norms_path else default_norms()
