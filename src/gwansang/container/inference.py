"""Inference: the pool of threads with networks, and the service that reads faces with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from gwansang.config import InferenceSettings
from gwansang.core.clock import Clock, utc_now
from gwansang.core.memory import malloc_trimmer, settle_garbage_collector
from gwansang.core.meters import Meters
from gwansang.core.tracing import NO_TRACER, Tracer
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.norms_file import load_norms
from gwansang.services.ml.face_analyzer import FaceVision
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.ml.network_vision import NetworkVision
from gwansang.services.readings.analysis_service import AnalysisService
from gwansang.services.readings.clip_analyses import ClipAnalyses
from gwansang.services.readings.clip_reader import ClipReader


@asynccontextmanager
async def open_analysis_service(settings: InferenceSettings) -> AsyncIterator[AnalysisService]:
    """Yield the readings alone, for callers that store nothing and so need no database."""
    meters = Meters()
    async with start_analysis_service(create_inference_pool(settings, meters), settings, utc_now, meters) as analyses:
        yield analyses


@asynccontextmanager
async def open_file_analyses(settings: InferenceSettings) -> AsyncIterator[tuple[AnalysisService, ClipAnalyses]]:
    """Yield the readings of photos and of clips, for callers that store nothing."""
    meters = Meters()
    pool = create_inference_pool(settings, meters)
    async with start_analysis_service(pool, settings, utc_now, meters) as analyses:
        yield analyses, ClipAnalyses(ClipReader(pool), analyses, clock=utc_now, new_id=uuid4)


@asynccontextmanager
async def start_analysis_service(
    pool: InferencePool[FaceVision], settings: InferenceSettings, clock: Clock, meters: Meters
) -> AsyncIterator[AnalysisService]:
    """Start the pool, compose one reading, and yield the service; the pool is closed with the block."""
    await pool.start()
    try:
        analyses = AnalysisService(
            pool,
            load_configured_norms(settings),
            clock=clock,
            new_id=uuid4,
            timezone=ZoneInfo(settings.timezone),
            record_time=partial(meters.observe_inference, "reading"),
        )
        await analyses.warm_up()
        yield analyses
    finally:
        await pool.close()


def create_inference_pool(
    settings: InferenceSettings, meters: Meters, tracer: Tracer = NO_TRACER
) -> InferencePool[FaceVision]:
    settle_garbage_collector()
    return InferencePool[FaceVision](
        lambda: NetworkVision(settings.model_path, partial(meters.observe_inference, "vision")),
        workers=settings.inference_workers,
        queue=settings.inference_queue,
        timeout_s=settings.inference_timeout_s,
        when_idle=malloc_trimmer(),
        record_wait=partial(meters.observe_inference, "queue"),
        record_queue=meters.observe_queue,
        tracer=tracer,
    )


def load_configured_norms(settings: InferenceSettings) -> Norms:
    return load_norms(settings.norms_path) if settings.norms_path else default_norms()
