"""Presenters: results of the services as API models."""

from dataclasses import fields
from typing import Any


def fields_of(instance: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """Return the fields of a dataclass by name; nested dataclasses stay as they are."""
    return {field.name: getattr(instance, field.name) for field in fields(instance)}
