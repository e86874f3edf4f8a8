"""The numbers and rules that a reading rests on, as JSON files; each names its source."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


def load_knowledge(name: str, key: str, form: type[_T]) -> _T:
    """Return the content under `key` of the file `name`, such as "taxonomy"; form: its type, for the type checker."""
    return cast(_T, _read(name)[key])


def load_records(name: str, key: str, record: Callable[..., _T]) -> tuple[_T, ...]:
    """Return the rows under `key` of the file `name` as records, made from the row's fields with lists as tuples."""
    return tuple(
        record(**{field: tuple(value) if isinstance(value, list) else value for field, value in row.items()})
        for row in _read(name)[key]
    )


@cache
def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(__file__).with_name(f"{name}.json").read_bytes())
    return content
