"""JSON values: the context of an error as one, and objects of stored data."""

import json
import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Final

from pydantic import JsonValue, TypeAdapter

JsonObject = dict[str, JsonValue]
JSON_OBJECT: Final[TypeAdapter[JsonObject]] = TypeAdapter(JsonObject)


def jsonable(value: object) -> JsonValue:
    """Return `value` as a JSON value: NumPy numbers as plain ones, rounded to 4 digits; unknown types as text."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return round(float(value), 4) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): jsonable(item) for name, item in value.items()}
    return [jsonable(item) for item in value] if isinstance(value, Sequence) else json.dumps(str(value))
