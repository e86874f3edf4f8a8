"""Log events in source code, and in the table of them in docs/operations.md."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error"}
_LOGGERS = ("_log", "log")
_ROW = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \| ([a-z, ]+) \|", re.MULTILINE)


class UnlistableEventError(Exception):
    """An event is not a plain string such as "task.retry", so that it can be neither listed nor searched for."""


def logged_events(sources: Iterable[str]) -> dict[str, set[str]]:
    """Return the events that source texts log, with their levels; raises UnlistableEventError."""
    events: dict[str, set[str]] = defaultdict(set)
    for text in sources:
        for event, level in _calls(text):
            events[event].add(level)
    return dict(events)


def _calls(text: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=logger), attr=level), args=[event, *_]) if (
                logger in _LOGGERS and level in LEVELS
            ):
                name = event.value if isinstance(event, ast.Constant) else None
                if not isinstance(name, str) or not re.fullmatch(r"[a-z_]+\.[a-z_]+", name):
                    raise UnlistableEventError(ast.unparse(node))
                yield name, LEVELS[level]


def documented_events(page: str) -> dict[str, set[str]]:
    """Return the events of the page's table, with their levels."""
    return {event: set(levels.split(", ")) for event, levels in _ROW.findall(page)}
