"""The example of a reading in the OpenAPI document, loaded when the document is made."""

import json
from functools import cache
from pathlib import Path

from pydantic import JsonValue


def add_reading_example(schema: dict[str, JsonValue]) -> None:
    schema["examples"] = [_example()]


def add_fortune_example(schema: dict[str, JsonValue]) -> None:
    schema["examples"] = [_example()["fortune"]]


@cache
def _example() -> dict[str, JsonValue]:
    example: dict[str, JsonValue] = json.loads(Path(__file__).with_suffix(".json").read_bytes())
    return example
