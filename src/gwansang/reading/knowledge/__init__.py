"""The numbers and rules that a reading rests on, as JSON files; each names its source."""

import json
from pathlib import Path
from typing import TypeVar, cast

T = TypeVar("T")


def load_knowledge(name: str, form: type[T]) -> T:
    """Return the content of the file `name`, such as "norms"; form: its type, for the type checker."""
    return cast(T, json.loads(Path(__file__).with_name(f"{name}.json").read_bytes()))
