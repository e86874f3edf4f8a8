"""Structured logging: one event per line, JSON in production, coloured columns in development."""

import hmac
import logging
import secrets
import sys
from typing import Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_PERSONAL_FIELDS: Final = frozenset(
    ("user_id", "caller", "analysis_id", "task_id", "key_id", "family", "webhook_id", "delivery_id")
)


def configure_logging(level: str, *, json: bool, pseudonym_key: bytes | None = None) -> None:
    """Send structlog and the standard library's loggers to stderr in one format.

    Ids of users and their data are replaced by keyed digests: lines about one user can be matched, but the user can't
    be identified. Processes with the same `pseudonym_key` write the same digests; without one it is random.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _Pseudonymizer(pseudonym_key or secrets.token_bytes(32)),
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=True)]
        if json
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    _replace_handlers(handler, level)


class _Pseudonymizer:
    """Replaces personal ids in log events by digests: logs outlive accounts and can't be erased."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        for name in _PERSONAL_FIELDS & event.keys():
            if event[name] is not None:
                event[name] = self._pseudonym(str(event[name]))
        return event

    def _pseudonym(self, value: str) -> str:
        kind, colon, own_id = value.rpartition(":")
        return kind + colon + hmac.digest(self._key, own_id.encode(), "sha256").hex()[:12]


def _has_no_ticket(record: logging.LogRecord) -> bool:
    """Drop uvicorn's lines with the URL of a WebSocket, as it contains the ticket; the access log has its route."""
    return not str(record.msg).startswith(('%s - "WebSocket', "connection open"))


def _replace_handlers(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel("WARNING")  # below it libraries log their input; a database driver all parameters
    for name in ("gwansang", "uvicorn"):
        logging.getLogger(name).setLevel(level)
    logging.getLogger("uvicorn.error").setLevel(max(logging.INFO, logging.getLevelName(level)))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.addFilter(_has_no_ticket)  # adding it again changes nothing
        logger.propagate = name != "uvicorn.access"  # our access log knows the route template and no query
