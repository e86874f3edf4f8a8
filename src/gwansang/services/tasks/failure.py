"""Errors as plain data: stored when a task fails, shown later in any language."""

from dataclasses import dataclass
from typing import Self

from pydantic import JsonValue

from gwansang.core.exceptions import AppError
from gwansang.core.jsonable import jsonable


@dataclass(frozen=True, slots=True)
class Failure:
    """The error that the same request would have got if it had been answered at once."""

    code: str
    message: str
    details: dict[str, JsonValue]

    @classmethod
    def from_error(cls, error: AppError) -> Self:
        """Return the storable part of an error."""
        return cls(error.code, error.message, {name: jsonable(value) for name, value in error.context.items()})
