"""Strict parsing of a request's JSON: UTF-8, no duplicate keys, no NaN, and bounded structure."""

import json
from typing import NoReturn

from gwansang.core.exceptions import InvalidInput, Malformed

MAX_VALUES = 10_000
MAX_NESTED = 2_000


class InvalidJsonError(Malformed):
    code = "INVALID_JSON"
    title = "The body is not valid JSON"


class JsonTooComplexError(InvalidInput):
    """Carries `max_values` in its context."""

    code = "JSON_TOO_COMPLEX"
    title = "The JSON has too many values"


def parse_object(body: bytes | bytearray) -> dict[str, object]:
    """Return the body as one JSON object; its structure is counted before any of it is built."""
    if too_complex(body):
        raise JsonTooComplexError("The JSON holds more values than any request here needs.", max_values=MAX_VALUES)
    try:
        parsed = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise InvalidJsonError("The body must be one JSON object in UTF-8, without duplicate keys or NaN.") from None
    if not isinstance(parsed, dict):
        raise InvalidJsonError("The body must be a JSON object.")
    return parsed


def too_complex(body: bytes | bytearray) -> bool:
    """Return whether there are more commas or brackets than any request needs; those inside strings count too."""
    return body.count(b",") > MAX_VALUES or body.count(b"[") + body.count(b"{") > MAX_NESTED


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("duplicate keys")
    return unique


def _no_constant(_: str) -> NoReturn:
    raise ValueError("not a JSON number")
