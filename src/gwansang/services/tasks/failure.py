"""Why work failed: the error as the same request would have answered it at once, told later in any language."""

from dataclasses import dataclass

from pydantic import JsonValue

from gwansang.core.exceptions import AppError
from gwansang.core.jsonable import jsonable


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as plain data."""

    code: str
    message: str
    details: dict[str, JsonValue]


def failure_of(error: AppError) -> Failure:
    """What is kept of an error."""
    return Failure(error.code, error.message, {name: jsonable(value) for name, value in error.context.items()})
