"""The only place that knows concrete classes: builds everything once from the settings, closes it once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from gwansang.config import Settings
from gwansang.core.clock import Clock, utc_now
from gwansang.core.memory import memory_returner
from gwansang.core.passwords import Passwords
from gwansang.core.tokens import Tokens, new_secret
from gwansang.db.init_db import prepare
from gwansang.db.session import Database
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.analysis_service import AnalysisService
from gwansang.services.auth_service import AuthService
from gwansang.services.consent_service import ConsentService
from gwansang.services.consent_texts import default_consent_texts
from gwansang.services.email_proof_service import EmailProofService
from gwansang.services.export_service import ExportService
from gwansang.services.history_service import HistoryService
from gwansang.services.key_service import KeyService
from gwansang.services.ml.face_analyzer import FaceAnalyzer, FaceVision, PhotoEngine
from gwansang.services.ml.inference_pool import InferencePool
from gwansang.services.readiness_service import ReadinessService
from gwansang.services.user_service import UserService


@dataclass(frozen=True, slots=True)
class Accounts:
    """The services that need the database and no model."""

    uow: UnitOfWork
    users: UserService
    auth: AuthService
    proofs: EmailProofService
    keys: KeyService
    consents: ConsentService
    history: HistoryService
    exports: ExportService


@dataclass(frozen=True, slots=True)
class Container:
    """What an endpoint may be given."""

    analyses: AnalysisService
    users: UserService
    auth: AuthService
    proofs: EmailProofService
    keys: KeyService
    consents: ConsentService
    history: HistoryService
    exports: ExportService
    readiness: ReadinessService
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
    async with open_accounts(settings, clock=clock) as accounts:
        await pool.start()
        try:
            analyzer = FaceAnalyzer(pool)
            await analyzer.rehearse(clock().date())
            yield Container(
                analyses=AnalysisService(analyzer, clock=clock, new_id=uuid4, timezone=ZoneInfo(settings.timezone)),
                users=accounts.users,
                auth=accounts.auth,
                proofs=accounts.proofs,
                keys=accounts.keys,
                consents=accounts.consents,
                history=accounts.history,
                exports=accounts.exports,
                readiness=ReadinessService(accounts.uow, pool),
                pool=pool,
                max_upload_bytes=settings.max_upload_bytes,
            )
        finally:
            await pool.close()


@asynccontextmanager
async def open_accounts(settings: Settings, *, clock: Clock = utc_now) -> AsyncIterator[Accounts]:
    """The database with the schema of this release, and what needs nothing else."""
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    passwords = Passwords(
        settings.password_scheme, bcrypt_rounds=settings.password_bcrypt_rounds, threads=settings.password_threads
    )
    try:
        await prepare(database)
        yield _accounts(UnitOfWork(database), passwords, settings, clock)
    finally:
        passwords.close()
        await database.close()


def _accounts(uow: UnitOfWork, passwords: Passwords, settings: Settings, clock: Clock) -> Accounts:
    texts = default_consent_texts()
    consents = ConsentService(uow, texts, clock=clock)
    tokens = Tokens(
        settings.secret_key.get_secret_value(),
        access_ttl=timedelta(minutes=settings.access_token_minutes),
        refresh_ttl=timedelta(days=settings.refresh_token_days),
        clock=clock,
    )
    return Accounts(
        uow=uow,
        users=UserService(uow, passwords, texts, clock=clock),
        auth=AuthService(uow, passwords, tokens, clock=clock, new_id=uuid4),
        proofs=EmailProofService(
            uow,
            passwords,
            clock=clock,
            new_id=uuid4,
            new_secret=new_secret,
            ttl=timedelta(minutes=settings.mail_token_minutes),
        ),
        keys=KeyService(uow, clock=clock, new_id=uuid4, new_secret=new_secret, max_keys=settings.max_keys_per_user),
        consents=consents,
        history=HistoryService(uow, consents),
        exports=ExportService(uow, clock=clock),
    )
