"""The three lengths of a reading."""

from collections.abc import Mapping

from gwansang.dependencies.params import Detail
from gwansang.schemas.lengths import ALWAYS_SENT

_FIELDS: Mapping[Detail, frozenset[str]] = {
    "short": ALWAYS_SENT | {"overall_score", "energy_scores", "energy_values"},
    "story": ALWAYS_SENT | {"story", "topics"},
}


def fields_of_length(detail: Detail) -> frozenset[str] | None:
    """Return the fields that an answer of this length has, None for all."""
    return _FIELDS.get(detail)
