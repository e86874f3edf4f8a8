"""The services that need the database and the file store, and no model."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from gwansang.config import Settings
from gwansang.container.backends import mail_transport, open_store
from gwansang.container.policies import plan_policy, retention_policy
from gwansang.container.providers import open_providers
from gwansang.core.clock import Clock, utc_now
from gwansang.core.device_tokens import DeviceTokens
from gwansang.core.file_links import FileLinks
from gwansang.core.passwords import PasswordHasher
from gwansang.core.tokens import TokenSigner, generate_secret
from gwansang.db.init_db import ensure_schema
from gwansang.db.session import Database
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.accounts.account_creator import AccountCreator
from gwansang.services.accounts.address_change import AddressChangeService
from gwansang.services.accounts.admin_sessions import AdminSessionService
from gwansang.services.accounts.app_sign_in import AppSignInService
from gwansang.services.accounts.auth_service import AuthService
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.accounts.credentials import Credentials
from gwansang.services.accounts.email_proof_service import CodeIssuer, EmailProofService
from gwansang.services.accounts.idempotency_service import IdempotencyService
from gwansang.services.accounts.identity_service import IdentityService
from gwansang.services.accounts.key_service import KeyService
from gwansang.services.accounts.provider_sign_in import ProviderSignInService
from gwansang.services.accounts.providers.provider import Provider, ProviderName
from gwansang.services.accounts.reauthentication import Reauthentication
from gwansang.services.accounts.sessions import SessionService
from gwansang.services.accounts.sign_in_starter import SignInStarter
from gwansang.services.accounts.usage_service import UsageService
from gwansang.services.accounts.user_service import UserService
from gwansang.services.accounts.webhook_service import WebhookPolicy, WebhookService
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.consent_texts import default_consent_texts
from gwansang.services.protection.erasure import ErasureService
from gwansang.services.protection.key_rotation import KeyRotation
from gwansang.services.protection.photo_cleaner import PhotoCleaner
from gwansang.services.protection.retention import RetentionService
from gwansang.services.protection.sealed_faces import LegacyRowSealer
from gwansang.services.protection.sealing import Sealer
from gwansang.services.readings.feedback_service import FeedbackService
from gwansang.services.readings.history_service import HistoryService
from gwansang.services.readings.invitation_service import InvitationService
from gwansang.services.readings.profile_service import ProfileService
from gwansang.services.readings.share_service import ShareService
from gwansang.services.takeout.export_archive import ExportArchive
from gwansang.services.takeout.export_service import ExportService
from gwansang.services.tasks.kinds import JOB_KINDS, JobKinds
from gwansang.services.tasks.notifier import Notifier
from gwansang.services.tasks.run import JobResources
from gwansang.services.tasks.task_operations import TaskOperations
from gwansang.services.tasks.task_service import TaskService
from gwansang.services.tasks.vault import TaskVault
from gwansang.services.webhooks.delivery_service import DeliveryService
from gwansang.services.webhooks.outbox import WebhookOutbox
from gwansang.storage.base import ObjectStore


@dataclass(frozen=True, slots=True)
class Accounts:
    """The services that need the database and the file store, and no model."""

    uow: UnitOfWork
    sealer: Sealer
    store: ObjectStore
    links: FileLinks
    photo_cleaner: PhotoCleaner
    audit: AuditLog
    erasures: ErasureService
    key_rotation: KeyRotation
    legacy_sealer: LegacyRowSealer
    retention: RetentionService
    users: UserService
    auth: AuthService
    admin_sessions: AdminSessionService
    proofs: EmailProofService
    address_changes: AddressChangeService
    reauthentication: Reauthentication
    sessions: SessionService
    identities: IdentityService
    provider_sign_ins: ProviderSignInService
    app_sign_ins: AppSignInService
    keys: KeyService
    consents: ConsentService
    usage: UsageService
    idempotency: IdempotencyService
    history: HistoryService
    feedback: FeedbackService
    invitations: InvitationService
    profiles: ProfileService
    shares: ShareService
    exports: ExportService
    archives: ExportArchive
    tasks: TaskService
    webhooks: WebhookService
    webhook_deliveries: DeliveryService
    task_operations: TaskOperations
    job_resources: JobResources


@asynccontextmanager
async def open_accounts(
    settings: Settings, *, clock: Clock = utc_now, kinds: JobKinds = JOB_KINDS
) -> AsyncIterator[Accounts]:
    """Open the database, bring it to the schema of this release, and yield the services that need nothing else."""
    database = Database(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_max_overflow,
    )
    passwords = PasswordHasher(
        settings.password_scheme, bcrypt_rounds=settings.password_bcrypt_rounds, threads=settings.password_threads
    )
    try:
        await ensure_schema(database)
        async with open_providers(settings, clock) as providers:
            accounts = _accounts(UnitOfWork(database), passwords, providers, settings, clock, kinds)
            await accounts.legacy_sealer.run()
            yield accounts
    finally:
        passwords.close()
        await database.close()


def _accounts(
    uow: UnitOfWork,
    passwords: PasswordHasher,
    providers: Mapping[ProviderName, Provider],
    settings: Settings,
    clock: Clock,
    kinds: JobKinds,
) -> Accounts:
    texts = default_consent_texts()
    sealer = Sealer(settings.master_keys, clock=clock, new_id=uuid4)
    links = FileLinks(settings.secret_key.get_secret_value(), clock=clock)
    store = open_store(settings, links, clock)
    photo_cleaner = PhotoCleaner(uow, store, clock=clock)
    vault = TaskVault(store, sealer)
    audit = AuditLog(uow, sealer, clock=clock)
    outbox = WebhookOutbox(sealer, clock=clock, new_id=uuid4)
    erasures = ErasureService(
        uow,
        audit,
        vault.delete,
        mail_transport(settings).delete_mails,
        photo_cleaner,
        outbox.add_account_erased,
        clock=clock,
        new_id=uuid4,
    )
    legacy_sealer = LegacyRowSealer(uow, sealer)
    consents = ConsentService(uow, texts, audit, erasures, photo_cleaner, kinds.names_for_purpose, outbox, clock=clock)
    profiles = ProfileService(uow, sealer, consents)
    history = HistoryService(uow, sealer, consents, profiles, photo_cleaner, clock=clock)
    usage = UsageService(uow, audit, plan_policy(settings), clock=clock)
    exports = ExportService(uow, sealer, history, profiles, audit, clock=clock)
    job_resources = JobResources(
        uow, sealer, consents, vault, Notifier(), clock, timedelta(hours=settings.task_result_hours), outbox
    )
    tokens = TokenSigner(
        settings.secret_key.get_secret_value(),
        access_ttl=timedelta(minutes=settings.access_token_minutes),
        refresh_ttl=timedelta(days=settings.refresh_token_days),
        clock=clock,
    )
    devices = DeviceTokens(settings.secret_key.get_secret_value(), clock)
    starter = SignInStarter(
        uow, tokens, devices, audit, clock=clock, new_id=uuid4, max_sign_ins=settings.max_sign_ins_per_user
    )
    creator = AccountCreator(texts, sealer, audit, clock=clock)
    identities = IdentityService(uow, creator, audit, clock=clock, new_id=uuid4)
    credentials = Credentials(uow, passwords)
    auth = AuthService(uow, credentials, tokens, devices, starter, clock=clock, new_id=uuid4)
    codes = CodeIssuer(clock, uuid4, generate_secret, timedelta(minutes=settings.mail_token_minutes))
    return Accounts(
        uow=uow,
        store=store,
        links=links,
        photo_cleaner=photo_cleaner,
        audit=audit,
        erasures=erasures,
        key_rotation=KeyRotation(uow, sealer, audit),
        legacy_sealer=legacy_sealer,
        retention=RetentionService(
            uow,
            audit,
            erasures,
            photo_cleaner,
            legacy_sealer,
            retention_policy(settings),
            outbox.add_history_erased,
            clock=clock,
        ),
        sealer=sealer,
        users=UserService(uow, passwords, creator, audit, erasures, clock=clock),
        auth=auth,
        admin_sessions=AdminSessionService(
            uow, credentials, auth, starter, clock=clock, new_id=uuid4, new_secret=generate_secret
        ),
        proofs=EmailProofService(uow, passwords, audit, codes),
        address_changes=AddressChangeService(uow, audit, codes),
        reauthentication=Reauthentication(uow, passwords, clock=clock),
        sessions=SessionService(uow, audit, clock=clock),
        identities=identities,
        provider_sign_ins=ProviderSignInService(
            uow, providers, identities, starter, clock=clock, new_id=uuid4, new_secret=generate_secret
        ),
        app_sign_ins=AppSignInService(uow, providers, identities, starter, clock=clock, new_id=uuid4),
        keys=KeyService(
            uow,
            audit,
            clock=clock,
            new_id=uuid4,
            new_secret=generate_secret,
            max_keys=settings.max_keys_per_user,
        ),
        consents=consents,
        usage=usage,
        idempotency=IdempotencyService(uow, clock=clock, new_id=uuid4),
        history=history,
        feedback=FeedbackService(uow, history, consents),
        invitations=InvitationService(uow, clock=clock, new_id=uuid4, new_secret=generate_secret),
        profiles=profiles,
        shares=ShareService(uow, history, clock=clock, new_id=uuid4, new_secret=generate_secret),
        exports=exports,
        archives=ExportArchive(exports, store),
        tasks=TaskService(
            job_resources,
            kinds,
            usage,
            audit,
            new_id=uuid4,
            max_unfinished=settings.max_unfinished_tasks,
        ),
        task_operations=TaskOperations(job_resources, kinds, audit),
        webhooks=WebhookService(
            uow,
            sealer,
            audit,
            WebhookPolicy(settings.max_webhooks_per_user, settings.webhook_local_targets),
            clock=clock,
            new_id=uuid4,
        ),
        webhook_deliveries=DeliveryService(uow, outbox, clock=clock, new_id=uuid4),
        job_resources=job_resources,
    )
