"""Outcomes of steps as they are stored: strict, because a release must not go on with what another one measured."""

from collections.abc import Callable
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, ValidationError

from gwansang.reading.measurements import MEASURE_VERSION


class Strict(BaseModel):
    """Refuses unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _check_measuring(version: int) -> int:
    if version != MEASURE_VERSION:
        raise ValueError(f"these measures are of version {version}, not {MEASURE_VERSION}")
    return version


MeasureVersion: TypeAlias = Annotated[int, AfterValidator(_check_measuring)]
"""Of stored measures; only those of this release's version are valid."""


def can_load(load: Callable[[JsonValue], object], data: JsonValue) -> bool:
    """Return whether a function that raises ValidationError decodes the data."""
    try:
        load(data)
    except ValidationError:
        return False
    return True
