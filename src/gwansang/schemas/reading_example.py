"""The example of a reading in the OpenAPI document, loaded when the document is made."""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue


def load_examples() -> Mapping[str, JsonValue]:
    """Return examples by the name of their model."""
    reading: dict[str, JsonValue] = json.loads(Path(__file__).with_suffix(".json").read_bytes())
    return {"FaceReading": reading, "FortuneOut": reading["fortune"]}
