"""Fields of a reading that every length of it has."""

from pydantic import JsonValue

ALWAYS_SENT = frozenset({"analysis_id", "created_at", "locale", "content_version", "title", "disclaimer", "kept"})


def require_what_every_length_has(schema: dict[str, JsonValue]) -> None:
    """Make the other fields optional in the schema of a reading: shorter answers leave them out."""
    required = schema["required"]
    if isinstance(required, list):
        schema["required"] = [name for name in required if name in ALWAYS_SENT]
