"""The only place that knows concrete classes: builds everything once from the settings, closes it once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from gwansang.config import Settings
from gwansang.core.clock import Clock, utc_now
from gwansang.core.file_links import FileLinks
from gwansang.core.memory import keep_heap_small, memory_returner
from gwansang.core.meters import Meters
from gwansang.core.passwords import Passwords
from gwansang.core.places import Places, SocketRules
from gwansang.core.rate_limit import Bucket, Limit, RateLimiter, rate_limiter
from gwansang.core.tokens import Tokens, new_secret
from gwansang.db.init_db import prepare
from gwansang.db.session import Database
from gwansang.reading.norms import Norms, default_norms
from gwansang.reading.norms_file import load_norms
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.analysis_service import AnalysisService
from gwansang.services.auth_service import AuthService
from gwansang.services.caller_analyses import CallerAnalyses
from gwansang.services.celebrity_service import CelebrityService
from gwansang.services.consent_service import ConsentService
from gwansang.services.consent_texts import default_consent_texts
from gwansang.services.email_proof_service import EmailProofService
from gwansang.services.export_archive import ExportArchive
from gwansang.services.export_service import ExportService
from gwansang.services.file_service import FileService
from gwansang.services.gallery_search import GallerySearch
from gwansang.services.history_service import HistoryService
from gwansang.services.housekeeping import housekeeping
from gwansang.services.import_service import ImportService
from gwansang.services.jobs.batch_job import BatchJob
from gwansang.services.jobs.face_job import FaceJob
from gwansang.services.jobs.import_job import ImportJob
from gwansang.services.jobs.job import Job
from gwansang.services.jobs.runner import JobRules, Runner, working
from gwansang.services.jobs.vault import TaskVault
from gwansang.services.jobs.video_job import VideoJob
from gwansang.services.jobs.wakes import Wakes
from gwansang.services.jobs.work import Places as JobPlaces
from gwansang.services.key_service import KeyService
from gwansang.services.live_service import LiveService
from gwansang.services.mail_carriers import Carrier, FolderCarrier, SmtpCarrier
from gwansang.services.mail_service import MailService
from gwansang.services.match_service import MatchService
from gwansang.services.metrics_service import MetricsService
from gwansang.services.ml.clip_reader import ClipReader
from gwansang.services.ml.embedding_service import EmbeddingService
from gwansang.services.ml.face_analyzer import FaceAnalyzer, FaceVision, PhotoEngine
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.ml.photo_copier import PhotoCopier
from gwansang.services.ml.timed_vision import TimedVision
from gwansang.services.photo_bin import PhotoBin
from gwansang.services.photo_service import PhotoService
from gwansang.services.privacy import Privacy, privacy_services
from gwansang.services.profile_service import ProfileService
from gwansang.services.readiness_service import ReadinessService
from gwansang.services.retention import RetentionRules, RetentionService
from gwansang.services.sealing import Sealer
from gwansang.services.storage_probe import StorageProbe
from gwansang.services.submission_service import SubmissionService
from gwansang.services.task_service import TaskService
from gwansang.services.ticket_service import TicketService
from gwansang.services.user_service import UserService
from gwansang.storage.base import ObjectStore

_MAILS_PER_HOUR = 3  # to one address
_EXPORTS_PER_DAY = 10  # of one user
_HOUSEKEEPING_S = 60.0


@dataclass(frozen=True, slots=True)
class Accounts:
    """The services that need the database and the file store, and no model."""

    uow: UnitOfWork
    sealer: Sealer
    store: ObjectStore
    links: FileLinks
    photo_bin: PhotoBin
    privacy: Privacy
    users: UserService
    auth: AuthService
    proofs: EmailProofService
    keys: KeyService
    consents: ConsentService
    history: HistoryService
    profiles: ProfileService
    exports: ExportService
    archives: ExportArchive
    tasks: TaskService
    job_places: JobPlaces


@dataclass(frozen=True, slots=True)
class EdgeRules:
    """What the edge has to know of the settings."""

    max_upload_bytes: int
    max_video_bytes: int
    allow_guests: bool
    api_key_in_query: bool
    trusted_proxies: int
    metrics_token: str | None
    sockets: SocketRules


@dataclass(frozen=True, slots=True)
class Container:
    """What an endpoint may be given."""

    meters: Meters
    metrics: MetricsService
    store: ObjectStore
    photos: PhotoService
    files: FileService
    analyses: AnalysisService
    caller_analyses: CallerAnalyses
    live: LiveService
    users: UserService
    auth: AuthService
    proofs: EmailProofService
    keys: KeyService
    consents: ConsentService
    history: HistoryService
    profiles: ProfileService
    exports: ExportService
    archives: ExportArchive
    tasks: TaskService
    worker: Runner | None
    celebrities: CelebrityService
    imports: ImportService
    matches: MatchService
    submissions: SubmissionService
    retention: RetentionService
    readiness: ReadinessService
    mails: MailService
    limits: RateLimiter
    pool: InferencePool[FaceVision]
    tickets: TicketService
    sockets: Places
    edge: EdgeRules


@asynccontextmanager
async def open_container(settings: Settings, *, worker: bool = False) -> AsyncIterator[Container]:
    """Loads and tests the models, then hands out the services; raises where the service could not work. A `worker` is
    ready for long work at once, where others begin with it when there is some."""
    keep_heap_small()
    meters = Meters()
    pool = _photo_pool(settings, meters)
    async with assembled(pool, settings, clock=utc_now, worker=worker, meters=meters) as container:
        yield container


@asynccontextmanager
async def open_analyses(settings: Settings) -> AsyncIterator[AnalysisService]:
    """Readings alone, for whoever keeps nothing and so needs no database."""
    meters = Meters()
    async with _analyses(_photo_pool(settings, meters), settings, utc_now, meters) as analyses:
        yield analyses


@asynccontextmanager
async def open_gallery(settings: Settings) -> AsyncIterator[tuple[CelebrityService, GallerySearch, EmbeddingService]]:
    """The gallery alone, for the command line: its people, its search, and what looks at pictures."""
    pool = _photo_pool(settings, Meters())
    async with open_accounts(settings) as accounts:
        await pool.start()
        try:
            search = GallerySearch(accounts.uow, _norms(settings))
            embeddings = EmbeddingService(pool)
            yield CelebrityService(accounts.uow, embeddings, search, clock=utc_now, new_id=uuid4), search, embeddings
        finally:
            await pool.close()


@asynccontextmanager
async def assembled(
    pool: InferencePool[FaceVision],
    settings: Settings,
    *,
    clock: Clock,
    worker: bool = False,
    meters: Meters | None = None,
) -> AsyncIterator[Container]:
    """The services around a pool, which is started here and in the end closed with everything else."""
    meters = meters or Meters()
    async with AsyncExitStack() as stack:
        accounts = await stack.enter_async_context(open_accounts(settings, clock=clock))
        mails = MailService(_carrier(settings), sender=settings.mail_from, link=settings.mail_link)
        stack.push_async_callback(mails.close)
        redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
        limits = await stack.enter_async_context(rate_limiter(_limits(settings), redis_url))
        analyses = await stack.enter_async_context(_analyses(pool, settings, clock, meters))
        photos = PhotoService(
            accounts.uow,
            accounts.store,
            accounts.consents,
            accounts.photo_bin,
            PhotoCopier(pool),
            clock=clock,
            new_id=uuid4,
        )
        probe = StorageProbe(accounts.store, new_id=uuid4)
        chores = {
            "storage": probe.check,
            "photos": accounts.photo_bin.sweep,
            "unfinished files": accounts.store.sweep,
            "erasures": accounts.privacy.erasures.sweep,
            "retention": accounts.privacy.retention.run_if_due,
        }
        await stack.enter_async_context(housekeeping(chores, _HOUSEKEEPING_S))
        readings = CallerAnalyses(analyses, accounts.consents, accounts.history, accounts.profiles, photos)
        search = GallerySearch(accounts.uow, _norms(settings))
        await stack.enter_async_context(search.watching())
        embeddings = EmbeddingService(pool)
        celebrities = CelebrityService(accounts.uow, embeddings, search, clock=clock, new_id=uuid4)
        video = VideoJob(ClipReader(pool), readings, accounts.consents, clock=clock)
        jobs = _jobs(FaceJob(readings), BatchJob(readings), video, ImportJob(celebrities))
        runner = None
        if settings.jobs_concurrency:
            work = working(accounts.job_places, jobs, job_rules(settings), at_once=worker)
            runner = await stack.enter_async_context(work)
        yield Container(
            meters=meters,
            metrics=MetricsService(meters, accounts.uow, pool, accounts.store, probe, clock=clock),
            store=accounts.store,
            photos=photos,
            files=FileService(accounts.store, accounts.links),
            analyses=analyses,
            caller_analyses=readings,
            live=LiveService(pool, analyses, readings, accounts.consents),
            users=accounts.users,
            auth=accounts.auth,
            proofs=accounts.proofs,
            keys=accounts.keys,
            consents=accounts.consents,
            history=accounts.history,
            profiles=accounts.profiles,
            exports=accounts.exports,
            archives=accounts.archives,
            retention=accounts.privacy.retention,
            tasks=accounts.tasks,
            worker=runner,
            celebrities=celebrities,
            imports=ImportService(accounts.tasks),
            matches=MatchService(
                embeddings, search, accounts.consents, clock=clock, timezone=ZoneInfo(settings.timezone)
            ),
            submissions=SubmissionService(accounts.tasks, accounts.consents, analyses),
            readiness=ReadinessService(accounts.uow, pool),
            mails=mails,
            limits=limits,
            pool=pool,
            tickets=TicketService(accounts.uow, accounts.auth, accounts.keys, clock=clock, new_secret=new_secret),
            sockets=Places(),
            edge=_edge(settings),
        )


def _jobs(*known: Job) -> dict[str, Job]:
    return {job.kind: job for job in known}


@asynccontextmanager
async def open_accounts(settings: Settings, *, clock: Clock = utc_now) -> AsyncIterator[Accounts]:
    """The database with the schema of this release, and what needs nothing else."""
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    passwords = Passwords(
        settings.password_scheme, bcrypt_rounds=settings.password_bcrypt_rounds, threads=settings.password_threads
    )
    try:
        await prepare(database)
        accounts = _accounts(UnitOfWork(database), passwords, settings, clock)
        await accounts.privacy.old_rows.run()
        yield accounts
    finally:
        passwords.close()
        await database.close()


def _accounts(uow: UnitOfWork, passwords: Passwords, settings: Settings, clock: Clock) -> Accounts:
    texts = default_consent_texts()
    sealer = Sealer(settings.master_keys, clock=clock, new_id=uuid4)
    links = FileLinks(settings.secret_key.get_secret_value(), clock=clock)
    store = open_store(settings, links, clock)
    photo_bin = PhotoBin(uow, store, clock=clock)
    vault = TaskVault(store, sealer)
    rules = _retention(settings)
    mails = _carrier(settings).forget
    privacy = privacy_services(uow, sealer, vault.forget, mails, photo_bin, rules, clock=clock, new_id=uuid4)
    consents = ConsentService(uow, texts, privacy.audit, photo_bin, clock=clock)
    profiles = ProfileService(uow, sealer, consents)
    history = HistoryService(uow, sealer, consents, profiles, photo_bin, clock=clock)
    exports = ExportService(uow, sealer, history, profiles, privacy.audit, clock=clock)
    job_places = JobPlaces(uow, sealer, vault, Wakes(), clock)
    keep = timedelta(hours=settings.task_result_hours)
    tokens = Tokens(
        settings.secret_key.get_secret_value(),
        access_ttl=timedelta(minutes=settings.access_token_minutes),
        refresh_ttl=timedelta(days=settings.refresh_token_days),
        clock=clock,
    )
    return Accounts(
        uow=uow,
        store=store,
        links=links,
        photo_bin=photo_bin,
        privacy=privacy,
        sealer=sealer,
        users=UserService(uow, passwords, texts, sealer, privacy, clock=clock),
        auth=AuthService(uow, passwords, tokens, privacy.audit, clock=clock, new_id=uuid4),
        proofs=EmailProofService(
            uow,
            passwords,
            privacy.audit,
            clock=clock,
            new_id=uuid4,
            new_secret=new_secret,
            ttl=timedelta(minutes=settings.mail_token_minutes),
        ),
        keys=KeyService(
            uow,
            privacy.audit,
            clock=clock,
            new_id=uuid4,
            new_secret=new_secret,
            max_keys=settings.max_keys_per_user,
        ),
        consents=consents,
        history=history,
        profiles=profiles,
        exports=exports,
        archives=ExportArchive(exports, store),
        tasks=TaskService(job_places, new_id=uuid4, max_unfinished=settings.max_unfinished_tasks, keep=keep),
        job_places=job_places,
    )


def open_store(settings: Settings, links: FileLinks, clock: Clock) -> ObjectStore:
    """obstore and what it brings are loaded here, where something will be kept."""
    if settings.s3_bucket is None:
        from gwansang.storage.local import LocalObjects  # noqa: PLC0415 - see above

        return LocalObjects(settings.storage_folder, links)
    from gwansang.storage.s3 import Bucket, S3Objects  # noqa: PLC0415 - see above

    key, secret = settings.s3_access_key_id, settings.s3_secret_access_key
    bucket = Bucket(
        name=settings.s3_bucket,
        region=settings.s3_region,
        endpoint=settings.s3_endpoint,
        public_endpoint=settings.s3_public_endpoint,
        access_key_id=key.get_secret_value() if key else None,
        secret_access_key=secret.get_secret_value() if secret else None,
    )
    return S3Objects(bucket, clock=clock)


@asynccontextmanager
async def _analyses(
    pool: InferencePool[FaceVision], settings: Settings, clock: Clock, meters: Meters
) -> AsyncIterator[AnalysisService]:
    await pool.start()
    try:
        analyzer = FaceAnalyzer(pool, _norms(settings), partial(meters.inference, "reading"))
        await analyzer.rehearse(clock().date())
        yield AnalysisService(analyzer, clock=clock, new_id=uuid4, timezone=ZoneInfo(settings.timezone))
    finally:
        await pool.close()


def _norms(settings: Settings) -> Norms:
    return load_norms(settings.norms_path) if settings.norms_path else default_norms()


def _photo_pool(settings: Settings, meters: Meters) -> InferencePool[FaceVision]:
    return InferencePool[FaceVision](
        lambda: TimedVision(PhotoEngine(settings.model_path), partial(meters.inference, "vision")),
        workers=settings.inference_workers,
        queue=settings.inference_queue,
        timeout_s=settings.inference_timeout_s,
        when_idle=memory_returner(),
        note_wait=partial(meters.inference, "queue"),
    )


def job_rules(settings: Settings) -> JobRules:
    """How long work is done here."""
    return JobRules(
        database_url=settings.database_url.get_secret_value(),
        slots=settings.worker_folder,
        concurrency=settings.jobs_concurrency,
        keep=timedelta(hours=settings.task_result_hours),
    )


def _edge(settings: Settings) -> EdgeRules:
    return EdgeRules(
        max_upload_bytes=settings.max_upload_bytes,
        max_video_bytes=settings.max_video_bytes,
        allow_guests=settings.guests_allowed,
        api_key_in_query=settings.api_key_in_query,
        trusted_proxies=settings.trusted_proxies,
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
        sockets=SocketRules(
            origins=settings.cors_origins,
            per_user=settings.sockets_per_user,
            per_address=settings.sockets_per_address,
            recheck_s=settings.socket_recheck_s,
        ),
    )


def _retention(settings: Settings) -> RetentionRules:
    return RetentionRules(
        inactive_months=settings.inactive_months,
        task_hours=settings.task_result_hours,
        sign_in_days=settings.refresh_token_days,
        mail_minutes=settings.mail_token_minutes,
    )


def _limits(settings: Settings) -> dict[Bucket, Limit]:
    logins = settings.logins_per_minute
    return {
        Bucket.CALLER: Limit(settings.caller_points_per_minute, 60),
        Bucket.ADDRESS: Limit(settings.address_calls_per_minute, 60),
        Bucket.GUEST_READINGS: Limit(settings.guest_readings_per_hour, 3600),
        Bucket.LOGIN_ACCOUNT: Limit(logins, 60, guarding=True),
        Bucket.LOGIN_ADDRESS: Limit(3 * logins, 60, guarding=True),
        Bucket.EXPORTS: Limit(_EXPORTS_PER_DAY, 24 * 3600),
        Bucket.MAIL_ACCOUNT: Limit(_MAILS_PER_HOUR, 3600),
    }


def _carrier(settings: Settings) -> Carrier:
    if settings.smtp_host is None:
        return FolderCarrier(settings.mail_folder)
    return SmtpCarrier(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        security=settings.smtp_security,
    )
