"""Structured logs: one event is one line, with fields; JSON in production, coloured columns for people."""

import hmac
import logging
import secrets
import sys
from typing import Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_OF_SOMEBODY: Final = frozenset({"user_id", "caller", "analysis_id", "task_id", "key_id", "family"})


def configure_logging(level: str, *, json: bool, names_key: bytes | None = None) -> None:
    """Sends structlog and the standard library's loggers to stderr in one format. What names somebody is written as a
    digest that tells lines of one from those of another and leads back to nobody; with the same key it is the same in
    every process."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _Veil(names_key or secrets.token_bytes(32)),
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


class _Veil:
    """Logs outlive accounts and can't be erased: ids go into them as digests only."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        for name in _OF_SOMEBODY & event.keys():
            if event[name] is not None:
                event[name] = self._veiled(str(event[name]))
        return event

    def _veiled(self, value: str) -> str:
        kind, colon, own = value.rpartition(":")
        return kind + colon + hmac.digest(self._key, own.encode(), "sha256").hex()[:12]


def _harmless(record: logging.LogRecord) -> bool:
    """The server tells the whole address of every WebSocket, with the ticket in it; the access log tells its route."""
    return not str(record.msg).startswith(('%s - "WebSocket', "connection open"))


def _replace_handlers(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel("WARNING")  # below it libraries tell what they were given; a database driver all parameters
    for name in ("gwansang", "uvicorn"):
        logging.getLogger(name).setLevel(level)
    logging.getLogger("uvicorn.error").setLevel(max(logging.INFO, logging.getLevelName(level)))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.addFilter(_harmless)  # adding it again changes nothing
        logger.propagate = name != "uvicorn.access"  # our access log knows the route template and no query
