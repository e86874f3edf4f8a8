"""What an error carries, as JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real

from pydantic import JsonValue


def jsonable(value: object) -> JsonValue:
    """A value that may be a number of a library; what JSON has no word for is told as text."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return round(float(value), 4) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): jsonable(one) for name, one in value.items()}
    return [jsonable(one) for one in value] if isinstance(value, Sequence) else json.dumps(str(value))
