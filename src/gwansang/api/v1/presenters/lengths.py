"""The three lengths of a reading."""

from collections.abc import Mapping

from gwansang.dependencies.params import Detail

_ALWAYS = frozenset({"analysis_id", "created_at", "locale", "content_version", "title", "disclaimer", "kept"})
_FIELDS: Mapping[Detail, frozenset[str]] = {
    "short": _ALWAYS | {"overall_score", "energy_scores", "energy_values"},
    "story": _ALWAYS | {"story", "topics"},
}


def fields_of_length(detail: Detail) -> frozenset[str] | None:
    """Return the fields that an answer of this length has, None for all."""
    return _FIELDS.get(detail)
