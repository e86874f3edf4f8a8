"""The tables; importing this package registers all of them, for migrations."""

from gwansang.models.account import ApiKey, Consent, MailToken, SocketTicket, TokenFamily, User
from gwansang.models.analysis import StoredAnalysis
from gwansang.models.base import Base
from gwansang.models.celebrity import Celebrity, CelebrityPhoto, GalleryVersion
from gwansang.models.feedback import FeedbackAnswer, FeedbackCount
from gwansang.models.idempotency import IdempotencyRecord
from gwansang.models.identity import Identity, ProviderSignIn
from gwansang.models.invitation import Invitation
from gwansang.models.photo import Photo, PhotoObject
from gwansang.models.privacy import AuditEntry, AuditHead, Erasure, ScheduledRun, UserKey
from gwansang.models.profile import UserProfile
from gwansang.models.schema import SchemaSupport
from gwansang.models.share import Share
from gwansang.models.task import Task, TaskItem, Worker
from gwansang.models.usage import MonthlyUsage
from gwansang.models.webhook import Webhook, WebhookAttempt, WebhookDelivery

__all__ = [
    "ApiKey",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Celebrity",
    "CelebrityPhoto",
    "Consent",
    "Erasure",
    "FeedbackAnswer",
    "FeedbackCount",
    "GalleryVersion",
    "IdempotencyRecord",
    "Identity",
    "Invitation",
    "MailToken",
    "MonthlyUsage",
    "Photo",
    "PhotoObject",
    "ProviderSignIn",
    "ScheduledRun",
    "SchemaSupport",
    "Share",
    "SocketTicket",
    "StoredAnalysis",
    "Task",
    "TaskItem",
    "TokenFamily",
    "User",
    "UserKey",
    "UserProfile",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "Worker",
]
