"""The whole program: every service, built in the order of their dependencies."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, fields
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from gwansang.config import Settings
from gwansang.container.accounts import Accounts, open_accounts
from gwansang.container.backends import open_mails
from gwansang.container.inference import create_inference_pool, load_configured_norms, start_analysis_service
from gwansang.container.policies import EdgePolicy, edge_policy, job_policy, rate_limits, warn_of_unknown_names
from gwansang.container.tracing import open_tracer
from gwansang.core.clock import Clock, utc_now
from gwansang.core.connection_slots import ConnectionSlots
from gwansang.core.memory import limit_malloc_arenas
from gwansang.core.meters import Meters
from gwansang.core.rate_limit import RateLimiter, open_rate_limiter
from gwansang.core.tokens import generate_secret
from gwansang.core.tracing import NO_TRACER, Tracer
from gwansang.drawing.png_renderer import PngRenderer, open_png_renderer
from gwansang.services.accounts.mail_service import MailService
from gwansang.services.accounts.ticket_service import TicketService
from gwansang.services.accounts.webhook_notices import WebhookNotices
from gwansang.services.jobs.batch_job import BatchJob
from gwansang.services.jobs.face_job import FaceJob
from gwansang.services.jobs.import_job import ImportJob
from gwansang.services.jobs.submission_service import SubmissionService
from gwansang.services.jobs.video_job import VideoJob
from gwansang.services.lookalike.celebrity_service import CelebrityService
from gwansang.services.lookalike.gallery_search import GallerySearch
from gwansang.services.lookalike.match_service import MatchService
from gwansang.services.ml.embedding_service import EmbeddingService
from gwansang.services.ml.face_analyzer import FaceVision
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.operations.housekeeping import run_housekeeping
from gwansang.services.operations.metrics_service import MetricsService
from gwansang.services.operations.readiness_service import ReadinessService
from gwansang.services.operations.storage_probe import StorageProbe
from gwansang.services.readings.analysis_service import AnalysisService
from gwansang.services.readings.caller_analyses import CallerAnalyses
from gwansang.services.readings.clip_reader import ClipReader
from gwansang.services.readings.compatibility_service import CompatibilityService
from gwansang.services.readings.file_service import FileService
from gwansang.services.readings.live_service import LiveService
from gwansang.services.readings.overlay_service import OverlayService
from gwansang.services.readings.photo_service import PhotoService
from gwansang.services.tasks.job import Job
from gwansang.services.tasks.kinds import JOB_KINDS
from gwansang.services.tasks.worker import TaskWorker, open_worker
from gwansang.services.webhooks.delivery_executor import DeliveryExecutor, DeliveryResources
from gwansang.services.webhooks.sender import WebhookSender
from gwansang.vision.copying import PhotoCopy, copy_photo

_HOUSEKEEPING_S = 60.0


@dataclass(frozen=True, slots=True)
class Container(Accounts):
    """All services, and what the edge needs beside them."""

    meters: Meters
    tracer: Tracer
    metrics: MetricsService
    photos: PhotoService
    files: FileService
    analyses: AnalysisService
    caller_analyses: CallerAnalyses
    compatibility: CompatibilityService
    overlays: OverlayService
    live: LiveService
    worker: TaskWorker | None
    celebrities: CelebrityService
    matches: MatchService
    submissions: SubmissionService
    readiness: ReadinessService
    mails: MailService
    pngs: PngRenderer
    limits: RateLimiter
    pool: InferencePool[FaceVision]
    tickets: TicketService
    sockets: ConnectionSlots
    edge: EdgePolicy


@asynccontextmanager
async def open_container(settings: Settings, *, worker: bool = False) -> AsyncIterator[Container]:
    """Load and test the models, then yield the services; raises if the service could not work.

    worker: start the engine of tasks at once; otherwise it starts with the first task.
    """
    limit_malloc_arenas()
    warn_of_unknown_names()
    meters = Meters()
    async with open_tracer(settings) as tracer:
        pool = create_inference_pool(settings, meters, tracer)
        assembly = assemble_container(pool, settings, clock=utc_now, worker=worker, meters=meters, tracer=tracer)
        async with assembly as container:
            yield container


@asynccontextmanager
async def open_gallery(settings: Settings) -> AsyncIterator[tuple[CelebrityService, GallerySearch, EmbeddingService]]:
    """Yield the services of the gallery alone, for the command line."""
    pool = create_inference_pool(settings, Meters())
    async with open_accounts(settings) as accounts:
        await pool.start()
        try:
            search = GallerySearch(accounts.uow, load_configured_norms(settings))
            embeddings = EmbeddingService(pool)
            celebrities = CelebrityService(
                accounts.uow, embeddings, search, accounts.audit, clock=utc_now, new_id=uuid4
            )
            yield celebrities, search, embeddings
        finally:
            await pool.close()


@asynccontextmanager
async def assemble_container(
    pool: InferencePool[FaceVision],
    settings: Settings,
    *,
    clock: Clock,
    worker: bool = False,
    meters: Meters | None = None,
    tracer: Tracer = NO_TRACER,
) -> AsyncIterator[Container]:
    """Start the pool and every service around it; all of them are closed with the block."""
    meters = meters or Meters()
    async with open_png_renderer() as pngs, AsyncExitStack() as stack:
        accounts = await stack.enter_async_context(open_accounts(settings, clock=clock))
        accounts.store.record_failure = meters.storage_errors.inc
        redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
        limits = await stack.enter_async_context(open_rate_limiter(rate_limits(settings), redis_url))
        mails = await stack.enter_async_context(open_mails(settings, limits))
        analyses = await stack.enter_async_context(start_analysis_service(pool, settings, clock, meters))
        photos = PhotoService(
            accounts.uow,
            accounts.store,
            accounts.consents,
            accounts.photo_cleaner,
            partial(_copy_in_pool, pool),
            clock=clock,
            new_id=uuid4,
        )
        probe = StorageProbe(accounts.store, new_id=uuid4)
        chores = {
            "storage": probe.check,
            "photos": accounts.photo_cleaner.sweep,
            "unfinished files": accounts.store.sweep,
            "erasures": accounts.erasures.sweep,
            "tasks": accounts.tasks.delete_expired,
            "retention": accounts.retention.run_if_due,
        }
        await stack.enter_async_context(run_housekeeping(chores, _HOUSEKEEPING_S))
        readings = CallerAnalyses(
            analyses, accounts.consents, accounts.history, accounts.profiles, photos, accounts.usage
        )
        search = GallerySearch(accounts.uow, load_configured_norms(settings))
        await stack.enter_async_context(search.polling())
        embeddings = EmbeddingService(pool)
        celebrities = CelebrityService(accounts.uow, embeddings, search, accounts.audit, clock=clock, new_id=uuid4)
        jobs: tuple[Job, ...] = (
            FaceJob(readings),
            BatchJob(readings),
            VideoJob(ClipReader(pool), readings, clock=clock),
            ImportJob(celebrities),
        )
        JOB_KINDS.check_complete(job.kind for job in jobs)
        task_worker = None
        if settings.jobs_concurrency:
            opening = open_worker(
                accounts.job_resources,
                jobs,
                job_policy(settings),
                tracer=tracer,
                eager=worker,
                deliveries=_deliveries(accounts, settings, clock, mails, meters, stack),
            )
            task_worker = await stack.enter_async_context(opening)
        yield Container(
            **{field.name: getattr(accounts, field.name) for field in fields(accounts)},
            meters=meters,
            tracer=tracer,
            metrics=MetricsService(meters, accounts.uow, probe, job_kinds=JOB_KINDS.by_name, clock=clock),
            photos=photos,
            files=FileService(accounts.store, accounts.links),
            analyses=analyses,
            caller_analyses=readings,
            compatibility=CompatibilityService(
                pool, analyses, accounts.history, accounts.invitations, accounts.consents, accounts.usage
            ),
            overlays=OverlayService(analyses, accounts.consents, accounts.usage, partial(_copy_in_pool, pool)),
            live=LiveService(pool, analyses, readings, accounts.consents),
            worker=task_worker,
            celebrities=celebrities,
            matches=MatchService(
                embeddings, search, accounts.consents, accounts.usage, clock=clock, timezone=ZoneInfo(settings.timezone)
            ),
            submissions=SubmissionService(accounts.tasks, analyses),
            readiness=ReadinessService(accounts.uow, pool),
            mails=mails,
            pngs=pngs,
            limits=limits,
            pool=pool,
            tickets=TicketService(accounts.uow, accounts.auth, accounts.keys, clock=clock, new_secret=generate_secret),
            sockets=ConnectionSlots(),
            edge=edge_policy(settings),
        )


async def _copy_in_pool(pool: InferencePool[FaceVision], photo: bytes) -> PhotoCopy:
    return await pool.run(lambda _: copy_photo(photo))


def _deliveries(
    accounts: Accounts, settings: Settings, clock: Clock, mails: MailService, meters: Meters, stack: AsyncExitStack
) -> DeliveryExecutor:
    return DeliveryExecutor(
        DeliveryResources(
            uow=accounts.uow,
            sealer=accounts.sealer,
            sender=stack.enter_context(closing(WebhookSender())),
            clock=clock,
            new_id=uuid4,
            local_targets=settings.webhook_local_targets,
            notify=WebhookNotices(accounts.uow, mails).send,
            observe=meters.observe_webhook,
        )
    )
