"""The services, as an endpoint may ask for them."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from gwansang.container import Container
from gwansang.services.accounts.auth_service import AuthService
from gwansang.services.accounts.consent_service import ConsentService
from gwansang.services.accounts.email_proof_service import EmailProofService
from gwansang.services.accounts.key_service import KeyService
from gwansang.services.accounts.mail_service import MailService
from gwansang.services.accounts.ticket_service import TicketService
from gwansang.services.accounts.user_service import UserService
from gwansang.services.jobs.import_service import ImportService
from gwansang.services.jobs.submission_service import SubmissionService
from gwansang.services.lookalike.celebrity_service import CelebrityService
from gwansang.services.lookalike.match_service import MatchService
from gwansang.services.operations.metrics_service import MetricsService
from gwansang.services.operations.readiness_service import ReadinessService
from gwansang.services.protection.retention import RetentionService
from gwansang.services.readings.caller_analyses import CallerAnalyses
from gwansang.services.readings.file_service import FileService
from gwansang.services.readings.history_service import HistoryService
from gwansang.services.readings.live_service import LiveService
from gwansang.services.readings.photo_service import PhotoService
from gwansang.services.readings.profile_service import ProfileService
from gwansang.services.takeout.export_archive import ExportArchive
from gwansang.services.takeout.export_service import ExportService
from gwansang.services.tasks.task_service import TaskService


def container_of(connection: HTTPConnection) -> Container:
    """What the lifespan opened."""
    container: Container = connection.state.container  # put there by the lifespan
    return container


Services = Annotated[Container, Depends(container_of)]


def _analyses(services: Services) -> CallerAnalyses:
    return services.caller_analyses


def _users(services: Services) -> UserService:
    return services.users


def _auth(services: Services) -> AuthService:
    return services.auth


def _proofs(services: Services) -> EmailProofService:
    return services.proofs


def _keys(services: Services) -> KeyService:
    return services.keys


def _consents(services: Services) -> ConsentService:
    return services.consents


def _history(services: Services) -> HistoryService:
    return services.history


def _profiles(services: Services) -> ProfileService:
    return services.profiles


def _measurements(services: Services) -> MetricsService:
    return services.metrics


def _photos(services: Services) -> PhotoService:
    return services.photos


def _files(services: Services) -> FileService:
    return services.files


def _mails(services: Services) -> MailService:
    return services.mails


def _exports(services: Services) -> ExportService:
    return services.exports


def _archives(services: Services) -> ExportArchive:
    return services.archives


def _retention(services: Services) -> RetentionService:
    return services.retention


def _readiness(services: Services) -> ReadinessService:
    return services.readiness


def _live(services: Services) -> LiveService:
    return services.live


def _tickets(services: Services) -> TicketService:
    return services.tickets


def _tasks(services: Services) -> TaskService:
    return services.tasks


def _submissions(services: Services) -> SubmissionService:
    return services.submissions


def _celebrities(services: Services) -> CelebrityService:
    return services.celebrities


def _imports(services: Services) -> ImportService:
    return services.imports


def _matches(services: Services) -> MatchService:
    return services.matches


def _max_upload_bytes(services: Services) -> int:
    return services.edge.max_upload_bytes


def _max_video_bytes(services: Services) -> int:
    return services.edge.max_video_bytes


Analyses = Annotated[CallerAnalyses, Depends(_analyses)]
Users = Annotated[UserService, Depends(_users)]
Auth = Annotated[AuthService, Depends(_auth)]
Proofs = Annotated[EmailProofService, Depends(_proofs)]
Keys = Annotated[KeyService, Depends(_keys)]
Consents = Annotated[ConsentService, Depends(_consents)]
History = Annotated[HistoryService, Depends(_history)]
Profiles = Annotated[ProfileService, Depends(_profiles)]
Metrics = Annotated[MetricsService, Depends(_measurements)]
Photos = Annotated[PhotoService, Depends(_photos)]
Files = Annotated[FileService, Depends(_files)]
Mails = Annotated[MailService, Depends(_mails)]
Archives = Annotated[ExportArchive, Depends(_archives)]
Exports = Annotated[ExportService, Depends(_exports)]
Retention = Annotated[RetentionService, Depends(_retention)]
ReadyCheck = Annotated[ReadinessService, Depends(_readiness)]
Live = Annotated[LiveService, Depends(_live)]
Tickets = Annotated[TicketService, Depends(_tickets)]
Tasks = Annotated[TaskService, Depends(_tasks)]
Submissions = Annotated[SubmissionService, Depends(_submissions)]
Celebrities = Annotated[CelebrityService, Depends(_celebrities)]
Imports = Annotated[ImportService, Depends(_imports)]
Matches = Annotated[MatchService, Depends(_matches)]
UploadLimit = Annotated[int, Depends(_max_upload_bytes)]
VideoLimit = Annotated[int, Depends(_max_video_bytes)]
