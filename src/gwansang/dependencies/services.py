"""Services as dependencies of endpoints. A new service is one line here: a field of the container, and its type."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from gwansang.container import Container
from gwansang.drawing.png_renderer import PngRenderer
from gwansang.services.accounts.address_change import AddressChangeService
from gwansang.services.accounts.admin_sessions import AdminSessionService
from gwansang.services.accounts.app_sign_in import AppSignInService
from gwansang.services.accounts.auth_service import AuthService
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.accounts.email_proof_service import EmailProofService
from gwansang.services.accounts.identity_service import IdentityService
from gwansang.services.accounts.key_service import KeyService
from gwansang.services.accounts.mail_service import MailService
from gwansang.services.accounts.provider_sign_in import ProviderSignInService
from gwansang.services.accounts.sessions import SessionService
from gwansang.services.accounts.ticket_service import TicketService
from gwansang.services.accounts.usage_service import UsageService
from gwansang.services.accounts.user_service import UserService
from gwansang.services.accounts.webhook_service import WebhookService
from gwansang.services.jobs.submission_service import SubmissionService
from gwansang.services.lookalike.celebrity_service import CelebrityService
from gwansang.services.lookalike.match_service import MatchService
from gwansang.services.operations.metrics_service import MetricsService
from gwansang.services.operations.readiness_service import ReadinessService
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.key_rotation import KeyRotation
from gwansang.services.protection.retention import RetentionService
from gwansang.services.readings.caller_analyses import CallerAnalyses
from gwansang.services.readings.compatibility_service import CompatibilityService
from gwansang.services.readings.feedback_service import FeedbackService
from gwansang.services.readings.file_service import FileService
from gwansang.services.readings.history_service import HistoryService
from gwansang.services.readings.invitation_service import InvitationService
from gwansang.services.readings.live_service import LiveService
from gwansang.services.readings.overlay_service import OverlayService
from gwansang.services.readings.photo_service import PhotoService
from gwansang.services.readings.profile_service import ProfileService
from gwansang.services.readings.share_service import ShareService
from gwansang.services.takeout.export_archive import ExportArchive
from gwansang.services.takeout.export_service import ExportService
from gwansang.services.tasks.task_operations import TaskOperations
from gwansang.services.tasks.task_service import TaskService
from gwansang.services.webhooks.delivery_service import DeliveryService


def container_of(connection: HTTPConnection) -> Container:
    """Return the container that the lifespan opened."""
    container: Container = connection.state.container
    return container


def upload_limit(connection: HTTPConnection) -> int:
    """Return the largest size of a photo."""
    limit: int = container_of(connection).edge.max_upload_bytes
    return limit


@dataclass(frozen=True)
class Provided:
    """Callable that FastAPI resolves to an attribute of the container, such as `users`."""

    path: str

    async def __call__(self, connection: HTTPConnection) -> object:
        return attrgetter(self.path)(container_of(connection))


def provided(path: str) -> Any:  # noqa: ANN401 - what FastAPI's Depends returns
    """Return the dependency on an attribute of the container; a test compares its type with the annotation."""
    return Depends(Provided(path))


Analyses = Annotated[CallerAnalyses, provided("caller_analyses")]
Overlays = Annotated[OverlayService, provided("overlays")]
Users = Annotated[UserService, provided("users")]
Auth = Annotated[AuthService, provided("auth")]
AdminSessions = Annotated[AdminSessionService, provided("admin_sessions")]
Proofs = Annotated[EmailProofService, provided("proofs")]
ProviderSignIns = Annotated[ProviderSignInService, provided("provider_sign_ins")]
AppSignIns = Annotated[AppSignInService, provided("app_sign_ins")]
IdentitiesOfCaller = Annotated[IdentityService, provided("identities")]
Sessions = Annotated[SessionService, provided("sessions")]
AddressChanges = Annotated[AddressChangeService, provided("address_changes")]
Keys = Annotated[KeyService, provided("keys")]
Usage = Annotated[UsageService, provided("usage")]
Consents = Annotated[ConsentService, provided("consents")]
History = Annotated[HistoryService, provided("history")]
Compatibilities = Annotated[CompatibilityService, provided("compatibility")]
InvitationsOfCaller = Annotated[InvitationService, provided("invitations")]
Feedback = Annotated[FeedbackService, provided("feedback")]
Profiles = Annotated[ProfileService, provided("profiles")]
Shares = Annotated[ShareService, provided("shares")]
Metrics = Annotated[MetricsService, provided("metrics")]
Photos = Annotated[PhotoService, provided("photos")]
Files = Annotated[FileService, provided("files")]
Pngs = Annotated[PngRenderer, provided("pngs")]
Mails = Annotated[MailService, provided("mails")]
Archives = Annotated[ExportArchive, provided("archives")]
Exports = Annotated[ExportService, provided("exports")]
Rotation = Annotated[KeyRotation, provided("key_rotation")]
Audit = Annotated[AuditLog, provided("audit")]
Retention = Annotated[RetentionService, provided("retention")]
ReadyCheck = Annotated[ReadinessService, provided("readiness")]
Live = Annotated[LiveService, provided("live")]
Tickets = Annotated[TicketService, provided("tickets")]
Tasks = Annotated[TaskService, provided("tasks")]
Webhooks = Annotated[WebhookService, provided("webhooks")]
WebhookDeliveries = Annotated[DeliveryService, provided("webhook_deliveries")]
AllTasks = Annotated[TaskOperations, provided("task_operations")]
Submissions = Annotated[SubmissionService, provided("submissions")]
Celebrities = Annotated[CelebrityService, provided("celebrities")]
Matches = Annotated[MatchService, provided("matches")]
