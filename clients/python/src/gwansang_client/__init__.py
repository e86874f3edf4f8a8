"""Client of GwanSang-AI, traditional Korean face reading as a service; with and without asyncio."""

from gwansang_client._version import __version__
from gwansang_client.async_client import AsyncGwansangClient
from gwansang_client.calls import Call
from gwansang_client.client import GwansangClient
from gwansang_client.decoding import encode
from gwansang_client.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    FieldFault,
    GwansangError,
    InvalidRequestError,
    NoReadingError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceError,
    SignInEndedError,
    SocketClosedError,
    TaskFailedError,
    UnexpectedAnswerError,
    WaitTimeoutError,
)
from gwansang_client.generated import models
from gwansang_client.generated.models import ErrorCode, FaceReading
from gwansang_client.live import Guidance, Hello, LiveMessage, LiveProblem, LiveReading, SlowDown
from gwansang_client.live_session import AsyncLiveSession, LiveSession
from gwansang_client.retries import RetryPolicy
from gwansang_client.sign_in import FileTokenStore, MemoryTokenStore, Tokens, TokenStore
from gwansang_client.tasks import TaskEvent
from gwansang_client.uploads import NamedContent, Upload

__all__ = [
    "ApiError",
    "AsyncGwansangClient",
    "AsyncLiveSession",
    "AuthenticationError",
    "Call",
    "ConflictError",
    "ConnectionFailedError",
    "ErrorCode",
    "FaceReading",
    "FieldFault",
    "FileTokenStore",
    "Guidance",
    "GwansangClient",
    "GwansangError",
    "Hello",
    "InvalidRequestError",
    "LiveMessage",
    "LiveProblem",
    "LiveReading",
    "LiveSession",
    "MemoryTokenStore",
    "NamedContent",
    "NoReadingError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitedError",
    "RetryPolicy",
    "ServiceError",
    "SignInEndedError",
    "SlowDown",
    "SocketClosedError",
    "TaskEvent",
    "TaskFailedError",
    "TokenStore",
    "Tokens",
    "UnexpectedAnswerError",
    "Upload",
    "WaitTimeoutError",
    "__version__",
    "encode",
    "models",
]
